//! What a paid checkout session makes: a payment, or a subscription.

use super::checkout::Receipt;
use super::payment::Payment;
use super::subscription::NewSubscription;
use crate::refusal::Refusal;
use crate::state::{Checkout, Method, SubscriptionStatus, World};

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
        receipt.charge = Some(self.pay(&intent, offer.method)?);
        receipt.payment_intent = Some(intent);
        Ok(())
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
