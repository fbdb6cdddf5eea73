//! Refunds and disputes: money on its way back.

use paidup_lifecycle::{Dispute, DisputeStatus, Object, Refund};

use super::FactError;
use crate::probe::Probe;

pub(super) fn refund(refund: Probe<'_>) -> Result<Object, FactError> {
    let amount = refund.amount("amount");
    Ok(Object::Refund(Refund {
        id: refund.id()?,
        charge: refund.reference("charge")?,
        payment: refund.reference("payment_intent")?,
        amount: amount.ok_or(FactError::Missing("amount"))?,
        failed: matches!(refund.str("status"), Some("failed" | "canceled")),
        created: refund.time("created"),
    }))
}

/// A dispute in a state we do not know is no reason to change anything.
pub(super) fn dispute(dispute: Probe<'_>) -> Result<Option<Object>, FactError> {
    let status = match dispute.str("status") {
        Some("warning_needs_response" | "warning_under_review") => DisputeStatus::Inquiry,
        Some("warning_closed" | "prevented") => DisputeStatus::Dropped,
        Some(
            "needs_response" | "under_review" | "appeal_needs_response" | "appeal_under_review",
        ) => DisputeStatus::Open,
        Some("won") => DisputeStatus::Won,
        Some("lost") => DisputeStatus::Lost,
        Some(_) => return Ok(None),
        None => return Err(FactError::Missing("status")),
    };
    Ok(Some(Object::Dispute(Dispute {
        id: dispute.id()?,
        charge: dispute.reference("charge")?,
        payment: dispute.reference("payment_intent")?,
        status,
        amount: dispute.amount("amount"),
        created: dispute.time("created"),
    })))
}
