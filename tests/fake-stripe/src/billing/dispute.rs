//! Disputes: the customer's bank takes the money back, and may return it.

use crate::refusal::Refusal;
use crate::state::{Charge, Dispute, DisputeStatus, Metadata, World};

impl World {
    pub(crate) fn open_dispute(
        &mut self,
        payment: &str,
        status: DisputeStatus,
    ) -> Result<String, Refusal> {
        let charge = self.charges.get(&self.charge_of(payment)?)?;
        if charge.disputed {
            let verb = "be disputed again";
            return Err(Refusal::WrongState {
                object: "charge",
                status: "disputed",
                verb,
            });
        }
        let dispute = Dispute {
            id: String::new(),
            charge: charge.id.clone(),
            payment_intent: charge.payment_intent.clone(),
            amount: charge.amount,
            currency: charge.currency.clone(),
            status,
            created: self.now(),
            metadata: Metadata::new(),
        };
        let id = self.ids.next("dp_");
        let charge: &mut Charge = self.charges.get_mut(&dispute.charge)?;
        charge.disputed = true;
        self.disputes.insert(Dispute {
            id: id.clone(),
            ..dispute
        });
        self.tell::<Dispute>("charge.dispute.created", &id)?;
        if !status.is_inquiry() {
            self.tell::<Dispute>("charge.dispute.funds_withdrawn", &id)?;
        }
        Ok(id)
    }

    /// An inquiry becomes a dispute in which money moves.
    pub(crate) fn escalate_dispute(&mut self, id: &str) -> Result<(), Refusal> {
        self.disputes.get(id)?.require_inquiry("be escalated")?;
        self.change::<Dispute>("charge.dispute.updated", id, |dispute| {
            dispute.status = DisputeStatus::NeedsResponse;
        })?;
        self.tell::<Dispute>("charge.dispute.funds_withdrawn", id)
    }

    /// The vendor adds what is to be said, and may send it to the bank.
    pub(crate) fn answer_dispute(
        &mut self,
        id: &str,
        submitted: bool,
        metadata: Metadata,
    ) -> Result<(), Refusal> {
        self.change::<Dispute>("charge.dispute.updated", id, |dispute| {
            dispute.metadata.extend(metadata);
            if submitted && dispute.status == DisputeStatus::NeedsResponse {
                dispute.status = DisputeStatus::UnderReview;
            }
        })
    }

    pub(crate) fn close_dispute(&mut self, id: &str, status: DisputeStatus) -> Result<(), Refusal> {
        if !status.is_closed() {
            let problem = "not an end of a dispute";
            return Err(Refusal::InvalidParameter {
                param: "status",
                problem,
            });
        }
        let dispute = self.disputes.get_mut(id)?;
        if dispute.status.is_closed() {
            let (status, verb) = (dispute.status.as_str(), "be closed");
            return Err(Refusal::WrongState {
                object: "dispute",
                status,
                verb,
            });
        }
        dispute.status = status;
        self.tell::<Dispute>("charge.dispute.closed", id)?;
        if status == DisputeStatus::Won {
            self.tell::<Dispute>("charge.dispute.funds_reinstated", id)?;
        }
        Ok(())
    }
}

impl Dispute {
    fn require_inquiry(&self, verb: &'static str) -> Result<(), Refusal> {
        if self.status == DisputeStatus::WarningNeedsResponse {
            return Ok(());
        }
        Err(Refusal::WrongState {
            object: "dispute",
            status: self.status.as_str(),
            verb,
        })
    }
}
