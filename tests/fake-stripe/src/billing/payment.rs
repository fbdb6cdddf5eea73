//! Moves money: a payment intent and the charges made on it.

use crate::refusal::Refusal;
use crate::state::{
    Charge, ChargeStatus, DisputeStatus, Fate, Metadata, Method, PaymentIntent, PaymentStatus,
    World,
};

/// What is to be paid, by whom and how.
pub(crate) struct Payment {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) method: Method,
    pub(crate) payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

impl World {
    pub(crate) fn open_payment(&mut self, payment: Payment) -> Result<String, Refusal> {
        let id = self.ids.next("pi_");
        let intent = PaymentIntent {
            id: id.clone(),
            amount: payment.amount,
            currency: payment.currency,
            customer: payment.customer,
            email: payment.email,
            status: match payment.payment_method {
                Some(_) => PaymentStatus::RequiresConfirmation,
                None => PaymentStatus::RequiresPaymentMethod,
            },
            method: payment.method,
            payment_method: payment.payment_method,
            description: payment.description,
            canceled_at: None,
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
        match self.fate_of(intent) {
            Fate::Disputed => self.open_dispute(&charge, DisputeStatus::NeedsResponse)?,
            Fate::Inquired => self.open_dispute(&charge, DisputeStatus::WarningNeedsResponse)?,
            _ => return Ok(charge),
        };
        Ok(charge)
    }

    /// Pays by the intent's own payment method, as well as that can.
    pub(crate) fn confirm_payment(&mut self, id: &str) -> Result<(), Refusal> {
        let intent = self.payment_intents.get(id)?;
        intent.require_unpaid("be confirmed")?;
        if intent.payment_method.is_none() {
            let param = "payment_method";
            return Err(Refusal::MissingParameter { param });
        }
        match (intent.method, self.fate_of(id)) {
            (Method::DirectDebit, fate) => {
                self.begin_payment(id)?;
                match fate {
                    Fate::StaysUnderWay => Ok(()),
                    Fate::Bounces => self.decline_payment(id).map(drop),
                    _ => self.settle_payment(id).map(drop),
                }
            }
            (Method::Card, Fate::NeedsAction) => self.ask_customer(id),
            (Method::Card, fate) if !fate.pays() => {
                let charge = Some(self.decline_payment(id)?);
                let code = "card_declined";
                Err(Refusal::Card { code, charge })
            }
            (Method::Card, _) => self.settle_payment(id).map(drop),
        }
    }

    /// The customer's bank wants to hear from the customer first.
    pub(super) fn ask_customer(&mut self, id: &str) -> Result<(), Refusal> {
        self.payment_intents.get_mut(id)?.status = PaymentStatus::RequiresAction;
        self.tell::<PaymentIntent>("payment_intent.requires_action", id)
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

    pub(crate) fn cancel_payment(&mut self, intent: &str) -> Result<(), Refusal> {
        let now = self.now();
        let canceled = self.payment_intents.get_mut(intent)?;
        canceled.status = PaymentStatus::Canceled;
        canceled.canceled_at = Some(now);
        self.tell::<PaymentIntent>("payment_intent.canceled", intent)
    }

    pub(crate) fn settled(&self, intent: &str) -> bool {
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
        self.provide_payment_method(intent)?;
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
            payment_method: intent.payment_method.clone(),
            description: intent.description.clone(),
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
