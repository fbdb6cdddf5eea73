//! Moves money: a payment intent and the charges made on it.

use crate::refusal::Refusal;
use crate::state::{Charge, ChargeStatus, Metadata, Method, PaymentIntent, PaymentStatus, World};

/// What is to be paid, by whom and how.
pub(super) struct Payment {
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) customer: Option<String>,
    pub(super) email: Option<String>,
    pub(super) method: Method,
    pub(super) metadata: Metadata,
}

impl World {
    pub(super) fn open_payment(&mut self, payment: Payment) -> Result<String, Refusal> {
        let id = self.ids.next("pi_");
        let intent = PaymentIntent {
            id: id.clone(),
            amount: payment.amount,
            currency: payment.currency,
            customer: payment.customer,
            email: payment.email,
            status: PaymentStatus::RequiresPaymentMethod,
            method: payment.method,
            latest_charge: None,
            created: self.now(),
            metadata: payment.metadata,
        };
        self.payment_intents.insert(intent);
        self.tell::<PaymentIntent>("payment_intent.created", &id)?;
        Ok(id)
    }

    /// The money comes. Gives the charge.
    pub(super) fn settle_payment(&mut self, intent: &str) -> Result<String, Refusal> {
        let charge = self.charge_for(intent, ChargeStatus::Succeeded, PaymentStatus::Succeeded)?;
        self.tell::<Charge>("charge.succeeded", &charge)?;
        self.tell::<PaymentIntent>("payment_intent.succeeded", intent)?;
        Ok(charge)
    }

    /// The card is declined, or a delayed payment does not come.
    pub(super) fn decline_payment(&mut self, intent: &str) -> Result<String, Refusal> {
        let declined = PaymentStatus::RequiresPaymentMethod;
        let charge = self.charge_for(intent, ChargeStatus::Failed, declined)?;
        self.tell::<Charge>("charge.failed", &charge)?;
        self.tell::<PaymentIntent>("payment_intent.payment_failed", intent)?;
        Ok(charge)
    }

    /// A delayed payment is on its way.
    pub(super) fn begin_payment(&mut self, intent: &str) -> Result<String, Refusal> {
        let charge = self.charge_for(intent, ChargeStatus::Pending, PaymentStatus::Processing)?;
        self.tell::<Charge>("charge.pending", &charge)?;
        self.tell::<PaymentIntent>("payment_intent.processing", intent)?;
        Ok(charge)
    }

    pub(super) fn cancel_payment(&mut self, intent: &str) -> Result<(), Refusal> {
        self.payment_intents.get_mut(intent)?.status = PaymentStatus::Canceled;
        self.tell::<PaymentIntent>("payment_intent.canceled", intent)
    }

    pub(super) fn settled(&self, intent: &str) -> bool {
        let intent = self.payment_intents.get(intent);
        intent.is_ok_and(|it| it.status == PaymentStatus::Succeeded)
    }

    pub(super) fn processing(&self, intent: &str) -> bool {
        let intent = self.payment_intents.get(intent);
        intent.is_ok_and(|it| it.status == PaymentStatus::Processing)
    }

    // A charge that is pending becomes what it becomes; else each try is a charge
    // of its own. It copies the intent's metadata as it is now.
    fn charge_for(
        &mut self,
        intent: &str,
        status: ChargeStatus,
        becomes: PaymentStatus,
    ) -> Result<String, Refusal> {
        let now = self.now();
        let id = self.ids.next("ch_");
        let intent = self.payment_intents.get_mut(intent)?;
        let processing = intent.status == PaymentStatus::Processing;
        intent.status = becomes;
        if let Some(charge) = intent.latest_charge.clone().filter(|_| processing) {
            self.charges.get_mut(&charge)?.status = status;
            return Ok(charge);
        }
        intent.latest_charge = Some(id.clone());
        let charge = Charge {
            id: id.clone(),
            payment_intent: intent.id.clone(),
            amount: intent.amount,
            amount_refunded: 0,
            currency: intent.currency.clone(),
            customer: intent.customer.clone(),
            email: intent.email.clone(),
            status,
            method: intent.method,
            disputed: false,
            created: now,
            metadata: intent.metadata.clone(),
        };
        self.charges.insert(charge);
        Ok(id)
    }
}
