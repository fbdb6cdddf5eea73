//! An invoice from its drawing up to its payment.

use super::Outcome;
use super::draft::NewInvoice;
use super::payment::Payment;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, Charging, Invoice, InvoiceLine, InvoicePayment, InvoiceStatus, Item, Metadata,
    Method, Period, Stored, World,
};

const DAY: i64 = 86_400;

/// How often Stripe retries by default before it gives up.
pub(super) const RETRIES: u32 = 8;

impl World {
    /// Draws up an invoice, silently: its caller tells when, since a new
    /// subscription is announced before its first invoice.
    pub(super) fn draw_up(
        &mut self,
        subscription: &str,
        billing_reason: BillingReason,
        lines: Vec<InvoiceLine>,
        period: Period,
    ) -> Result<String, Refusal> {
        let id = self.ids.next("in_");
        let subscription = self.subscriptions.get(subscription)?;
        let new = NewInvoice {
            id: id.clone(),
            customer: subscription.customer.clone(),
            subscription: Some(subscription.id.clone()),
            billing_reason,
            description: None,
            currency: subscription.currency.clone(),
            lines,
            days_until_due: subscription.days_until_due,
            period,
            metadata: Metadata::new(),
        };
        self.draft(new)?;
        Ok(id)
    }

    /// One line for an item's current period; free of charge in a trial.
    pub(super) fn line_for(&mut self, item: &Item, free: bool) -> Result<InvoiceLine, Refusal> {
        let id = self.ids.next("il_");
        let price = self.prices.get(&item.price)?;
        let product = self.products.get(&price.product)?;
        let metered = price.charging == Charging::Metered;
        let unit_amount = if free { 0 } else { price.unit_amount };
        let quantity = if metered { item.usage } else { item.quantity };
        let description = if free {
            format!("Free trial for {} × {}", item.quantity, product.name)
        } else {
            let (whole, cents) = (unit_amount / 100, unit_amount % 100);
            let every = price
                .recurring
                .map_or("once", |recurring| recurring.interval.as_str());
            format!(
                "{quantity} × {} (at ${whole}.{cents:02} / {every})",
                product.name
            )
        };
        Ok(InvoiceLine {
            id,
            amount: unit_amount.saturating_mul(quantity),
            description,
            item: price.recurring.is_some().then(|| item.id.clone()),
            invoice_item: price
                .recurring
                .is_none()
                .then(|| item.id.replacen("si_", "ii_", 1)),
            price: Some(price.id.clone()),
            product: Some(price.product.clone()),
            unit_amount,
            quantity,
            period: item.period,
            proration: false,
        })
    }

    /// The invoice becomes final, and payable where anything is due.
    pub(super) fn finalize(&mut self, id: &str, method: Method) -> Result<(), Refusal> {
        let number = self.next_number(id)?;
        let invoice = self.invoices.get(id)?;
        let payment = Payment {
            amount: invoice.amount_due(),
            currency: invoice.currency.clone(),
            customer: Some(invoice.customer.clone()),
            email: invoice.customer_email.clone(),
            method,
            payment_method: self.default_payment_method(&invoice.customer),
            description: invoice.description.clone(),
            metadata: Metadata::new(),
        };
        self.number(id, number)?;
        if payment.amount == 0 {
            return Ok(());
        }
        let payment_intent = self.open_payment(payment)?;
        self.pays_for(&payment_intent, id)
    }

    /// The invoice becomes final, and this payment intent pays it.
    pub(super) fn finalize_for(&mut self, id: &str, payment_intent: &str) -> Result<(), Refusal> {
        let number = self.next_number(id)?;
        self.number(id, number)?;
        self.pays_for(payment_intent, id)
    }

    fn number(&mut self, id: &str, number: String) -> Result<(), Refusal> {
        let now = self.now();
        let invoice = self.invoices.get_mut(id)?;
        invoice.number = Some(number);
        invoice.status = InvoiceStatus::Open;
        invoice.finalized_at = Some(now);
        self.tell::<Invoice>("invoice.finalized", id)
    }

    fn next_number(&self, id: &str) -> Result<String, Refusal> {
        let invoice = self.invoices.get(id)?;
        let sequence = Invoice::table(self)
            .oldest_first()
            .filter(|it| it.customer == invoice.customer && it.number.is_some())
            .count();
        let prefix = self.invoice_prefix(&invoice.customer);
        Ok(format!("{prefix}-{:04}", sequence + 1))
    }

    fn pays_for(&mut self, payment_intent: &str, invoice: &str) -> Result<(), Refusal> {
        let intent = self.payment_intents.get(payment_intent)?;
        let (amount, currency) = (intent.amount, intent.currency.clone());
        let invoice_payment = InvoicePayment {
            id: self.ids.next("inpay_"),
            invoice: invoice.to_owned(),
            payment_intent: payment_intent.to_owned(),
            is_default: true,
            currency,
            amount,
            created: self.now(),
            paid_at: None,
            canceled_at: None,
        };
        self.invoice_payments.insert(invoice_payment);
        Ok(())
    }

    /// Tries to collect what is left of an open invoice.
    pub(crate) fn collect(&mut self, id: &str, outcome: Outcome) -> Result<(), Refusal> {
        let invoice = self.invoices.get(id)?;
        invoice.require(
            &[InvoiceStatus::Open, InvoiceStatus::Uncollectible],
            "be paid",
        )?;
        match (self.payment_intent_of(id), outcome) {
            (Some(intent), Outcome::Succeeds) => {
                self.settle_payment(&intent)?;
                self.mark_paid(id)
            }
            (Some(intent), Outcome::Fails) => {
                self.decline_payment(&intent)?;
                self.note_failure(id)
            }
            (None, _) => self.mark_paid(id),
        }
    }

    /// The invoice is paid, be it by its payment intents or outside of Stripe.
    pub(super) fn mark_paid(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let payment = self.collecting(id);
        let payment = payment.map(|it| (it.id.clone(), it.payment_intent.clone()));
        let settled = payment
            .as_ref()
            .is_some_and(|(_, intent)| self.settled(intent));
        self.change::<Invoice>("invoice.updated", id, |invoice| {
            invoice.status = InvoiceStatus::Paid;
            invoice.amount_paid = invoice.amount_due();
            invoice.paid_at = Some(now);
            invoice.next_payment_attempt = None;
            if settled {
                invoice.attempt_count += 1;
            }
        })?;
        match payment {
            Some((payment, _)) if settled => {
                self.invoice_payments.get_mut(&payment)?.paid_at = Some(now);
                self.tell::<InvoicePayment>("invoice_payment.paid", &payment)?;
            }
            Some((payment, intent)) => {
                self.invoice_payments.get_mut(&payment)?.canceled_at = Some(now);
                self.cancel_payment(&intent)?;
            }
            None => {}
        }
        self.tell::<Invoice>("invoice.paid", id)?;
        // Paid outside of Stripe, there was no payment that could succeed.
        if self.paid_by_stripe(id) || self.invoices.get(id)?.amount_due() == 0 {
            self.tell::<Invoice>("invoice.payment_succeeded", id)?;
        }
        self.recover(id)
    }

    /// The payment that collects what is left of an invoice.
    pub(super) fn collecting(&self, invoice: &str) -> Option<&InvoicePayment> {
        let mut payments = self.invoice_payments.oldest_first();
        payments.find(|it| it.invoice == invoice && it.is_default)
    }

    pub(crate) fn paid_by_stripe(&self, invoice: &str) -> bool {
        let mut payments = self.invoice_payments.oldest_first();
        payments.any(|it| it.invoice == invoice && self.settled(&it.payment_intent))
    }

    pub(crate) fn pay_out_of_band(&mut self, id: &str) -> Result<(), Refusal> {
        self.invoices
            .get(id)?
            .require(&[InvoiceStatus::Open], "be paid")?;
        self.mark_paid(id)
    }

    pub(crate) fn void(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let open = [InvoiceStatus::Open, InvoiceStatus::Uncollectible];
        self.invoices.get(id)?.require(&open, "be voided")?;
        let invoice = self.invoices.get_mut(id)?;
        invoice.status = InvoiceStatus::Void;
        invoice.voided_at = Some(now);
        invoice.next_payment_attempt = None;
        let payment = self.collecting(id);
        if let Some((payment, intent)) =
            payment.map(|it| (it.id.clone(), it.payment_intent.clone()))
        {
            self.invoice_payments.get_mut(&payment)?.canceled_at = Some(now);
            self.cancel_payment(&intent)?;
        }
        self.tell::<Invoice>("invoice.voided", id)?;
        self.forgive(id)
    }

    pub(crate) fn mark_uncollectible(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let invoice = self.invoices.get_mut(id)?;
        invoice.require(&[InvoiceStatus::Open], "be marked uncollectible")?;
        invoice.status = InvoiceStatus::Uncollectible;
        invoice.uncollectible_at = Some(now);
        invoice.next_payment_attempt = None;
        self.tell::<Invoice>("invoice.marked_uncollectible", id)?;
        self.forgive(id)
    }

    /// Counts a failed try; the first invoice of a subscription is not retried.
    pub(super) fn note_failure(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        self.change::<Invoice>("invoice.updated", id, |invoice| {
            invoice.attempt_count += 1;
            let retried = !matches!(
                invoice.billing_reason,
                BillingReason::Create | BillingReason::Manual
            );
            let again = retried && invoice.attempt_count < RETRIES;
            let days = i64::from(invoice.attempt_count.min(3));
            invoice.next_payment_attempt = again.then(|| now.saturating_add(days * DAY));
        })?;
        self.tell::<Invoice>("invoice.payment_failed", id)
    }

    pub(crate) fn payment_intent_of(&self, invoice: &str) -> Option<String> {
        let payment = self.collecting(invoice)?;
        Some(payment.payment_intent.clone())
    }

    /// The newest of a subscription's own invoices that is still to be paid; what the
    /// vendor billed besides is none of them.
    pub(crate) fn open_invoice(&self, subscription: &str) -> Result<String, Refusal> {
        self.subscriptions.get(subscription)?;
        let open = |it: &&Invoice| {
            it.subscription.as_deref() == Some(subscription)
                && it.status == InvoiceStatus::Open
                && it.billing_reason != BillingReason::Manual
        };
        let invoice = self.invoices.newest_first().find(open);
        invoice
            .map(|it| it.id.clone())
            .ok_or_else(|| Refusal::Missing {
                object: "open invoice",
                id: subscription.to_owned(),
            })
    }
}
