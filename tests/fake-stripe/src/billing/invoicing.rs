//! An invoice from its drawing up to its payment.

use super::Outcome;
use super::payment::Payment;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, Invoice, InvoiceLine, InvoicePayment, InvoiceStatus, Item, Metadata, Method,
    Period, Stored, Subscription, SubscriptionStatus, World,
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
        let customer = self.customers.get(&subscription.customer)?;
        let invoice = Invoice {
            id: id.clone(),
            number: None,
            customer: customer.id.clone(),
            customer_email: customer.email.clone(),
            subscription: Some(subscription.id.clone()),
            subscription_metadata: subscription.metadata.clone(),
            billing_reason,
            status: InvoiceStatus::Draft,
            description: None,
            currency: subscription.currency.clone(),
            lines,
            amount_paid: 0,
            attempt_count: 0,
            next_payment_attempt: None,
            period,
            created: self.now(),
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            uncollectible_at: None,
            metadata: Metadata::new(),
        };
        self.invoices.insert(invoice);
        Ok(id)
    }

    /// One line for an item's current period; free of charge in a trial.
    pub(super) fn line_for(&mut self, item: &Item, free: bool) -> Result<InvoiceLine, Refusal> {
        let id = self.ids.next("il_");
        let price = self.prices.get(&item.price)?;
        let product = self.products.get(&price.product)?;
        let unit_amount = if free { 0 } else { price.unit_amount };
        let description = if free {
            format!("Free trial for {} × {}", item.quantity, product.name)
        } else {
            let (whole, cents) = (unit_amount / 100, unit_amount % 100);
            let every = price
                .recurring
                .map_or("once", |recurring| recurring.interval.as_str());
            format!(
                "{} × {} (at ${whole}.{cents:02} / {every})",
                item.quantity, product.name
            )
        };
        Ok(InvoiceLine {
            id,
            amount: unit_amount.saturating_mul(item.quantity),
            description,
            item: price.recurring.is_some().then(|| item.id.clone()),
            invoice_item: price
                .recurring
                .is_none()
                .then(|| item.id.replacen("si_", "ii_", 1)),
            price: Some(price.id.clone()),
            product: Some(price.product.clone()),
            unit_amount,
            quantity: item.quantity,
            period: item.period,
            proration: false,
        })
    }

    /// The invoice becomes final, and payable where anything is due.
    pub(super) fn finalize(&mut self, id: &str, method: Method) -> Result<(), Refusal> {
        let now = self.now();
        let invoice = self.invoices.get(id)?;
        let sequence = Invoice::table(self)
            .oldest_first()
            .filter(|it| it.customer == invoice.customer && it.number.is_some())
            .count();
        let number = format!(
            "{}-{:04}",
            self.invoice_prefix(&invoice.customer),
            sequence + 1
        );
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
        let invoice = self.invoices.get_mut(id)?;
        invoice.number = Some(number);
        invoice.status = InvoiceStatus::Open;
        invoice.finalized_at = Some(now);
        self.tell::<Invoice>("invoice.finalized", id)?;
        if payment.amount == 0 {
            return Ok(());
        }
        let (amount, currency) = (payment.amount, payment.currency.clone());
        let payment_intent = self.open_payment(payment)?;
        let invoice_payment = InvoicePayment {
            id: self.ids.next("inpay_"),
            invoice: id.to_owned(),
            payment_intent,
            currency,
            amount,
            created: now,
            paid_at: None,
            canceled_at: None,
        };
        self.invoice_payments.insert(invoice_payment);
        Ok(())
    }

    /// Tries to collect what an open invoice asks for.
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

    /// The invoice is paid, be it by its payment intent or outside of Stripe.
    pub(super) fn mark_paid(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let payment = self
            .invoice_payments
            .oldest_first()
            .find(|it| it.invoice == id);
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
        if let Some((payment, _)) = payment.filter(|_| settled) {
            self.invoice_payments.get_mut(&payment)?.paid_at = Some(now);
            self.tell::<InvoicePayment>("invoice_payment.paid", &payment)?;
        }
        self.tell::<Invoice>("invoice.paid", id)?;
        // Paid outside of Stripe, there was no payment that could succeed.
        if settled || self.invoices.get(id)?.amount_due() == 0 {
            self.tell::<Invoice>("invoice.payment_succeeded", id)?;
        }
        self.recover(id)
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
        let payment = self
            .invoice_payments
            .oldest_first()
            .find(|it| it.invoice == id);
        if let Some((id, intent)) = payment.map(|it| (it.id.clone(), it.payment_intent.clone())) {
            self.invoice_payments.get_mut(&id)?.canceled_at = Some(now);
            self.cancel_payment(&intent)?;
        }
        self.tell::<Invoice>("invoice.voided", id)
    }

    pub(crate) fn mark_uncollectible(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let invoice = self.invoices.get_mut(id)?;
        invoice.require(&[InvoiceStatus::Open], "be marked uncollectible")?;
        invoice.status = InvoiceStatus::Uncollectible;
        invoice.uncollectible_at = Some(now);
        invoice.next_payment_attempt = None;
        self.tell::<Invoice>("invoice.marked_uncollectible", id)
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
        let payment = self
            .invoice_payments
            .oldest_first()
            .find(|it| it.invoice == invoice)?;
        Some(payment.payment_intent.clone())
    }

    /// The invoice of a subscription that is still to be paid.
    pub(crate) fn open_invoice(&self, subscription: &str) -> Result<String, Refusal> {
        self.subscriptions.get(subscription)?;
        let open = |it: &&Invoice| {
            it.subscription.as_deref() == Some(subscription) && it.status == InvoiceStatus::Open
        };
        let invoice = self.invoices.newest_first().find(open);
        invoice
            .map(|it| it.id.clone())
            .ok_or_else(|| Refusal::Missing {
                object: "open invoice",
                id: subscription.to_owned(),
            })
    }

    // Only the latest invoice brings a subscription back.
    fn recover(&mut self, invoice: &str) -> Result<(), Refusal> {
        let Some(subscription) = self.invoices.get(invoice)?.subscription.clone() else {
            return Ok(());
        };
        let owing = self.subscriptions.get(&subscription)?;
        let latest = owing.latest_invoice.as_deref() == Some(invoice);
        let unpaid = matches!(
            owing.status,
            SubscriptionStatus::Incomplete
                | SubscriptionStatus::PastDue
                | SubscriptionStatus::Unpaid
        );
        if !latest || !unpaid {
            return Ok(());
        }
        self.change::<Subscription>("customer.subscription.updated", &subscription, |it| {
            it.status = SubscriptionStatus::Active;
        })
    }
}
