//! Charges: how much was paid, and how much of it went back.

use paidup_lifecycle::{Charge, Object};

use super::FactError;
use crate::probe::Probe;

pub(super) fn read(charge: Probe<'_>) -> Result<Option<Object>, FactError> {
    // A failed attempt moved no money.
    if charge.str("status") == Some("failed") {
        return Ok(None);
    }
    let amount = charge
        .amount("amount")
        .ok_or(FactError::Missing("amount"))?;
    Ok(Some(Object::Charge(Charge {
        id: charge.id()?,
        customer: charge.reference("customer")?,
        payment: charge.reference("payment_intent")?,
        // Gone since 2025-03-31.
        invoice: charge.reference("invoice")?,
        amount,
        amount_refunded: charge.amount("amount_refunded").unwrap_or_default(),
    })))
}
