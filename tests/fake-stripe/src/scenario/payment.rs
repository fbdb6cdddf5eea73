//! Money that moves after the purchase: invoices, refunds, disputes.

use crate::billing::Outcome;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::{DisputeStatus, Metadata};

impl FakeStripe {
    /// The customer pays an open invoice.
    ///
    /// # Errors
    /// Where the invoice is missing or not open.
    pub async fn pay_invoice(&self, invoice: &str) -> Result<(), Refusal> {
        self.act(|world| world.collect(invoice, Outcome::Succeeds))
            .await
    }

    /// The customer pays the subscription's newest open invoice. Gives its id.
    ///
    /// # Errors
    /// Where nothing is open.
    pub async fn pay_latest_invoice(&self, subscription: &str) -> Result<String, Refusal> {
        self.retry_payment(subscription, Outcome::Succeeds).await
    }

    /// Stripe tries to collect the subscription's newest open invoice again. Gives
    /// its id.
    ///
    /// # Errors
    /// Where nothing is open.
    pub async fn retry_payment(
        &self,
        subscription: &str,
        outcome: Outcome,
    ) -> Result<String, Refusal> {
        self.act(|world| {
            let invoice = world.open_invoice(subscription)?;
            world.collect(&invoice, outcome)?;
            Ok(invoice)
        })
        .await
    }

    /// The vendor marks an invoice as paid in some other way.
    ///
    /// # Errors
    /// Where the invoice is missing or not open.
    pub async fn pay_out_of_band(&self, invoice: &str) -> Result<(), Refusal> {
        self.act(|world| world.pay_out_of_band(invoice)).await
    }

    /// The vendor voids an invoice.
    ///
    /// # Errors
    /// Where the invoice is missing or not open.
    pub async fn void_invoice(&self, invoice: &str) -> Result<(), Refusal> {
        self.act(|world| world.void(invoice)).await
    }

    /// The vendor gives up on an invoice.
    ///
    /// # Errors
    /// Where the invoice is missing or not open.
    pub async fn mark_uncollectible(&self, invoice: &str) -> Result<(), Refusal> {
        self.act(|world| world.mark_uncollectible(invoice)).await
    }

    /// The vendor refunds a charge or a payment intent; without an amount, all
    /// that is left of it. Gives the refund.
    ///
    /// # Errors
    /// Where there is no such payment, or less is left.
    pub async fn refund(&self, payment: &str, amount: Option<i64>) -> Result<String, Refusal> {
        self.act(|world| world.refund(payment, amount, None, Metadata::new()))
            .await
    }

    /// The customer's bank sends a refund back: the money is the vendor's again.
    ///
    /// # Errors
    /// Where the refund is missing or has failed already.
    pub async fn fail_refund(&self, refund: &str) -> Result<(), Refusal> {
        self.act(|world| world.fail_refund(refund)).await
    }

    /// The customer's bank disputes a charge or a payment intent: the money is
    /// gone until the dispute is closed. Gives the dispute.
    ///
    /// # Errors
    /// Where there is no such payment, or it is disputed already.
    pub async fn open_dispute(&self, payment: &str) -> Result<String, Refusal> {
        self.act(|world| world.open_dispute(payment, DisputeStatus::NeedsResponse))
            .await
    }

    /// The customer's bank asks about a payment; no money moves. Gives the dispute.
    ///
    /// # Errors
    /// Where there is no such payment, or it is disputed already.
    pub async fn open_inquiry(&self, payment: &str) -> Result<String, Refusal> {
        self.act(|world| world.open_dispute(payment, DisputeStatus::WarningNeedsResponse))
            .await
    }

    /// An inquiry becomes a dispute: the money is gone until it is closed.
    ///
    /// # Errors
    /// Where there is no such inquiry.
    pub async fn escalate_inquiry(&self, dispute: &str) -> Result<(), Refusal> {
        self.act(|world| world.escalate_dispute(dispute)).await
    }

    /// A dispute ends: won, lost or, for an inquiry, closed.
    ///
    /// # Errors
    /// Where the dispute is missing or over, or the status is no end.
    pub async fn close_dispute(&self, dispute: &str, status: DisputeStatus) -> Result<(), Refusal> {
        self.act(|world| world.close_dispute(dispute, status)).await
    }
}
