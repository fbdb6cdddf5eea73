//! Gives money back, in full or in part.

use crate::refusal::Refusal;
use crate::state::{Charge, ChargeStatus, Fate, Metadata, Refund, World};

impl World {
    /// The charge that an id names: its own, or its payment intent's.
    pub(crate) fn charge_of(&self, payment: &str) -> Result<String, Refusal> {
        let Ok(intent) = self.payment_intents.get(payment) else {
            return Ok(self.charges.get(payment)?.id.clone());
        };
        let charge = intent.latest_charge.clone();
        charge.ok_or_else(|| Refusal::Missing {
            object: "charge",
            id: payment.to_owned(),
        })
    }

    /// Refunds a charge, or a payment intent's; without an amount, what is left.
    pub(crate) fn refund(
        &mut self,
        payment: &str,
        amount: Option<i64>,
        reason: Option<String>,
        metadata: Metadata,
    ) -> Result<String, Refusal> {
        let charge = self.charges.get(&self.charge_of(payment)?)?;
        if charge.status != ChargeStatus::Succeeded {
            let (status, verb) = (charge.status.as_str(), "be refunded");
            return Err(Refusal::WrongState {
                object: "charge",
                status,
                verb,
            });
        }
        if charge.is_refunded() {
            return Err(Refusal::AlreadyRefunded {
                charge: charge.id.clone(),
            });
        }
        let left = charge.amount - charge.amount_refunded;
        let asked = amount.unwrap_or(left);
        if asked > left {
            return Err(Refusal::RefundTooLarge { asked, left });
        }
        if asked < 1 {
            let problem = "must be greater than 0";
            return Err(Refusal::InvalidParameter {
                param: "amount",
                problem,
            });
        }
        let refund = Refund {
            id: String::new(),
            charge: charge.id.clone(),
            payment_intent: charge.payment_intent.clone(),
            amount: asked,
            currency: charge.currency.clone(),
            failed: false,
            reason,
            created: self.now(),
            metadata,
        };
        let charge = charge.id.clone();
        let id = self.ids.next("re_");
        let intent = refund.payment_intent.clone();
        self.refunds.insert(Refund {
            id: id.clone(),
            ..refund
        });
        self.change::<Charge>("charge.refunded", &charge, |charge| {
            charge.amount_refunded += asked;
        })?;
        self.tell::<Refund>("refund.created", &id)?;
        if self.fate_of(&intent) == Fate::RefundFails {
            self.fail_refund(&id)?;
        }
        Ok(id)
    }

    /// The customer's bank sends the money back to the vendor.
    pub(crate) fn fail_refund(&mut self, id: &str) -> Result<(), Refusal> {
        let refund = self.refunds.get_mut(id)?;
        if refund.failed {
            let verb = "fail again";
            return Err(Refusal::WrongState {
                object: "refund",
                status: "failed",
                verb,
            });
        }
        let (charge, amount) = (refund.charge.clone(), refund.amount);
        self.change::<Refund>("refund.updated", id, |refund| refund.failed = true)?;
        self.charges.get_mut(&charge)?.amount_refunded -= amount;
        self.tell::<Refund>("refund.failed", id)?;
        self.tell::<Refund>("charge.refund.updated", id)
    }
}
