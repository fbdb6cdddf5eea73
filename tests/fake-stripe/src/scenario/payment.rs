//! Money that moves after the purchase: invoices, refunds, disputes.

use crate::billing::{BilledByHand, Outcome};
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

    /// The customer pays a part of an open invoice, by a payment of its own. Gives the
    /// payment intent.
    ///
    /// # Errors
    /// Where the invoice is not open, or less is left to pay.
    pub async fn pay_part(&self, invoice: &str, amount: i64) -> Result<String, Refusal> {
        self.act(|world| world.pay_part(invoice, amount)).await
    }

    /// The vendor bills an amount on a subscription, beside its own invoices. Gives the
    /// invoice, which is open.
    ///
    /// # Errors
    /// Where the subscription is missing.
    pub async fn bill_extra(&self, subscription: &str, amount: i64) -> Result<String, Refusal> {
        self.act(|world| {
            let customer = world.subscriptions.get(subscription)?.customer.clone();
            let items = vec![BilledByHand::Amount(amount)];
            world.bill_by_hand(&customer, Some(subscription), items)
        })
        .await
    }

    /// The vendor sells prices by an invoice, without a subscription and without a
    /// checkout. Gives the invoice, which is open.
    ///
    /// # Errors
    /// Where the customer or a price is missing.
    pub async fn sell_by_invoice(
        &self,
        customer: &str,
        lines: &[(&str, i64)],
    ) -> Result<String, Refusal> {
        let lines = lines
            .iter()
            .map(|(price, quantity)| BilledByHand::Price((*price).to_owned(), *quantity));
        let items = lines.collect();
        self.act(|world| world.bill_by_hand(customer, None, items))
            .await
    }

    /// The newest open invoice of a subscription's own.
    ///
    /// # Errors
    /// Where nothing is open.
    pub fn open_invoice(&self, subscription: &str) -> Result<String, Refusal> {
        self.look(|world| world.open_invoice(subscription))
    }

    /// The newest invoice that a subscription drew up itself.
    ///
    /// # Errors
    /// Where there is no such subscription, or none was drawn up.
    pub fn latest_invoice(&self, subscription: &str) -> Result<String, Refusal> {
        self.look(|world| {
            let invoice = world
                .subscriptions
                .get(subscription)?
                .latest_invoice
                .clone();
            invoice.ok_or_else(|| Refusal::Missing {
                object: "invoice",
                id: subscription.to_owned(),
            })
        })
    }

    /// The payment intents that an invoice was paid with, oldest first.
    #[must_use]
    pub fn payments_of(&self, invoice: &str) -> Vec<String> {
        self.look(|world| {
            let paid = world.invoice_payments.oldest_first();
            let paid = paid.filter(|it| it.invoice == invoice && it.paid_at.is_some());
            paid.map(|it| it.payment_intent.clone()).collect()
        })
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
