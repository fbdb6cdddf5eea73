//! What a paid checkout session makes: a payment, or a subscription.

use super::checkout::Receipt;
use super::draft::NewInvoice;
use super::payment::Payment;
use super::subscription::NewSubscription;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, Checkout, Invoice, Item, Metadata, Method, Period, SubscriptionStatus, World,
};

impl World {
    pub(super) fn buy_once(
        &mut self,
        receipt: &mut Receipt,
        offer: Checkout,
        email: Option<String>,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get(&receipt.session)?;
        let payment = Payment {
            amount: session.total(self),
            currency: session.currency.clone(),
            customer: receipt.customer.clone(),
            email,
            method: offer.method,
            payment_method: offer.payment_method,
            description: None,
            metadata: offer.payment_metadata,
        };
        if payment.amount == 0 {
            return Ok(());
        }
        let intent = self.open_payment(payment)?;
        if offer.creates_invoice {
            receipt.invoice = Some(self.invoice_for(receipt, &intent)?);
        }
        receipt.charge = Some(self.pay(&intent, offer.method)?);
        receipt.payment_intent = Some(intent);
        if let (Method::Card, Some(invoice)) = (offer.method, &receipt.invoice) {
            self.mark_paid(invoice)?;
        }
        Ok(())
    }

    /// The invoice of a single purchase, which its payment intent pays.
    fn invoice_for(&mut self, receipt: &Receipt, intent: &str) -> Result<String, Refusal> {
        let param = "customer";
        let customer = receipt.customer.clone();
        let customer = customer.ok_or(Refusal::MissingParameter { param })?;
        let session = self.sessions.get(&receipt.session)?;
        let currency = session.currency.clone();
        let bought: Vec<(String, i64)> = session
            .lines
            .iter()
            .map(|line| (line.price.clone(), line.quantity))
            .collect();
        let now = self.now();
        let today = Period {
            start: now,
            end: now,
        };
        let mut lines = Vec::new();
        for (price, quantity) in bought {
            let item = Item {
                id: self.ids.next("si_"),
                price,
                quantity,
                usage: 0,
                period: today,
                created: now,
                metadata: Metadata::new(),
            };
            lines.push(self.line_for(&item, false)?);
        }
        let id = self.ids.next("in_");
        self.draft(NewInvoice {
            id: id.clone(),
            customer,
            subscription: None,
            billing_reason: BillingReason::Manual,
            description: None,
            currency,
            lines,
            days_until_due: None,
            period: today,
            metadata: Metadata::new(),
        })?;
        self.tell::<Invoice>("invoice.created", &id)?;
        self.finalize_for(&id, intent)?;
        Ok(id)
    }

    pub(super) fn buy_subscription(
        &mut self,
        receipt: &mut Receipt,
        offer: Checkout,
    ) -> Result<(), Refusal> {
        let Some(customer) = receipt.customer.clone() else {
            return Err(Refusal::MissingParameter { param: "customer" });
        };
        let new = NewSubscription {
            customer,
            lines: offer.lines,
            trial_days: offer.trial_days,
            metadata: offer.subscription_metadata,
            method: offer.method,
            start_date: None,
            days_until_due: None,
        };
        let (subscription, invoice) = self.start_subscription(new, SubscriptionStatus::Active)?;
        receipt.payment_intent = self.payment_intent_of(&invoice);
        if let Some(intent) = receipt.payment_intent.clone() {
            if let Some(payment_method) = &offer.payment_method {
                self.pay_with(&intent, payment_method)?;
            }
            receipt.charge = Some(self.pay(&intent, offer.method)?);
        }
        if offer.method == Method::Card || receipt.payment_intent.is_none() {
            self.mark_paid(&invoice)?;
        }
        receipt.subscription = Some(subscription);
        receipt.invoice = Some(invoice);
        Ok(())
    }

    fn pay(&mut self, intent: &str, method: Method) -> Result<String, Refusal> {
        match method {
            Method::Card => self.settle_payment(intent),
            Method::DirectDebit => self.begin_payment(intent),
        }
    }
}
