//! Charges: how much was paid, and how much of it went back.

use paidup_lifecycle::{Charge, Object};

use super::{FactError, dispute};
use crate::probe::Probe;

pub(super) fn read(charge: Probe<'_>) -> Result<Vec<Object>, FactError> {
    // A failed attempt moved no money.
    if charge.str("status") == Some("failed") {
        return Ok(Vec::new());
    }
    let amount = charge
        .amount("amount")
        .ok_or(FactError::Missing("amount"))?;
    let mut objects = vec![Object::Charge(Charge {
        id: charge.id()?,
        customer: charge.reference("customer")?,
        payment: charge.reference("payment_intent")?,
        // Gone since 2025-03-31.
        invoice: charge.reference("invoice")?,
        amount,
        amount_refunded: charge.amount("amount_refunded").unwrap_or_default(),
    })];
    // Only a reply that was asked to carries them since 2022-11-15.
    for refund in charge.list("refunds") {
        objects.push(dispute::refund(refund)?);
    }
    Ok(objects)
}
