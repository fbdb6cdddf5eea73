//! Checkout sessions: who bought, how, and whether the money has settled.

use paidup_lifecycle::{Checkout, CheckoutLines, CheckoutMode, CheckoutPayment, Line, Object};

use super::FactError;
use crate::probe::Probe;

pub(super) fn read(session: Probe<'_>) -> Result<Vec<Object>, FactError> {
    let id = session.id()?;
    let detail = |name| {
        session
            .path(&["customer_details"])
            .and_then(|it| it.text(name))
    };
    let mut objects = vec![Object::Checkout(Checkout {
        id: id.clone(),
        created: session.time("created"),
        mode: match session.str("mode") {
            Some("payment") => CheckoutMode::Payment,
            Some("subscription") => CheckoutMode::Subscription,
            _ => CheckoutMode::Other,
        },
        payment_status: payment_status(session),
        customer: session.reference("customer")?,
        email: detail("email").or_else(|| session.text("customer_email")),
        name: detail("name"),
        subscription: session.reference("subscription")?,
        payment: session.reference("payment_intent")?,
        invoice: session.reference("invoice")?,
        reference: session.text("client_reference_id"),
        metadata: session.texts("metadata"),
    })];
    // Only a reply that was asked to carries the lines, and they never change.
    if session.member("line_items").is_some() && !session.is_truncated("line_items") {
        let lines = session
            .list("line_items")
            .map(line)
            .collect::<Result<_, _>>()?;
        objects.push(Object::CheckoutLines(CheckoutLines {
            checkout: id,
            lines,
        }));
    }
    Ok(objects)
}

fn payment_status(session: Probe<'_>) -> CheckoutPayment {
    // `status` is younger than sessions are; an event that says "completed"
    // without it carries `payment_status` all the same.
    if matches!(session.str("status"), Some("open" | "expired")) {
        return CheckoutPayment::Open;
    }
    match session.str("payment_status") {
        Some("paid" | "no_payment_required") => CheckoutPayment::Settled,
        _ => CheckoutPayment::Unpaid,
    }
}

fn line(line: Probe<'_>) -> Result<Line, FactError> {
    let price = line.member("price").ok_or(FactError::Missing("price"))?;
    Ok(Line {
        id: line.id()?,
        price: line
            .reference("price")?
            .ok_or(FactError::Missing("price"))?,
        product: price.reference("product")?,
        quantity: line.amount("quantity").unwrap_or(1),
        one_time: price.str("type") == Some("one_time"),
    })
}
