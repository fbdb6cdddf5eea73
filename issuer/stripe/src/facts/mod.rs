//! Stripe's JSON, in the shape of any API version, as facts.
//!
//! Members move between versions and are back-filled into old ones, so each is
//! looked for wherever it has ever been, newest place first. A missing member
//! is an error only where the fact would mean nothing without it.

mod charge;
mod checkout;
mod dispute;
mod invoice;
mod subscription;

use paidup_lifecycle::{Customer, ItemSet, Object, Settlement};
use serde_json::Value;

use crate::probe::Probe;

/// Why an object cannot become a fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactError {
    /// A member is missing without which the object means nothing.
    #[error("the object has no `{0}`")]
    Missing(&'static str),
    /// A reference is not one of Stripe's identifiers.
    #[error("`{0}` is not an identifier")]
    NotAnIdentifier(&'static str),
}

/// Reads what one of Stripe's objects tells. An object of a kind that decides
/// nothing tells nothing.
///
/// # Errors
/// [`FactError`] where the object lacks what its fact needs.
pub fn facts_of(object: &Value) -> Result<Vec<Object>, FactError> {
    let object = Probe::new(object);
    match object.str("object") {
        Some("checkout.session") => checkout::read(object),
        Some("subscription") => subscription::read(object),
        Some("invoice") => invoice::read(object),
        Some("invoice_payment") => invoice::payment(object).map(|it| it.into_iter().collect()),
        Some("charge") => charge::read(object),
        Some("refund") => dispute::refund(object).map(|it| vec![it]),
        Some("dispute") => dispute::dispute(object).map(|it| it.into_iter().collect()),
        Some("customer") => customer(object).map(|it| vec![it]),
        _ => Ok(Vec::new()),
    }
}

/// What a subscription sold before an event, by the event's `previous_attributes`, where
/// that changed.
pub(crate) fn set_before(object: &Value, previous: &Value) -> Result<Option<ItemSet>, FactError> {
    let (object, previous) = (Probe::new(object), Probe::new(previous));
    match (object.str("object"), previous.member("items")) {
        (Some("subscription"), Some(_)) => subscription::set_before(object, previous),
        _ => Ok(None),
    }
}

/// Whether an invoice belongs to a subscription.
pub(crate) fn is_of_subscription(invoice: &Value) -> bool {
    !matches!(invoice::subscription(Probe::new(invoice)), Ok(None))
}

fn customer(object: Probe<'_>) -> Result<Object, FactError> {
    let deleted = object.flag("deleted");
    Ok(Object::Customer(Customer {
        id: object.id()?,
        email: object.text("email").filter(|_| !deleted),
        name: object.text("name").filter(|_| !deleted),
        deleted,
    }))
}

fn settlement(invoice: &str, payment: String) -> Object {
    Object::Settlement(Settlement {
        invoice: invoice.to_owned(),
        payment,
    })
}
