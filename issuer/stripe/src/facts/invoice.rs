//! Invoices: whether they are paid, what they bill, and by which payment.

use paidup_lifecycle::{Invoice, InvoiceLine, InvoiceStatus, Object};

use super::{FactError, settlement};
use crate::probe::Probe;

pub(super) fn read(invoice: Probe<'_>) -> Result<Vec<Object>, FactError> {
    let id = invoice.id()?;
    let lines = invoice
        .list("lines")
        .map(line)
        .collect::<Result<Vec<_>, _>>()?;
    let mut objects = vec![Object::Invoice(Invoice {
        id: id.clone(),
        customer: invoice.reference("customer")?,
        subscription: subscription(invoice)?,
        status: status(invoice)?,
        total: invoice.integer("total").unwrap_or_default(),
        amount_paid: invoice.amount("amount_paid"),
        created: invoice.time("created"),
        paid_at: invoice
            .path(&["status_transitions"])
            .and_then(|it| it.time("paid_at")),
        attempted: invoice.flag("attempted") || invoice.amount("attempt_count") > Some(0),
        off_cycle: !matches!(
            invoice.str("billing_reason"),
            None | Some(
                "subscription"
                    | "subscription_create"
                    | "subscription_cycle"
                    | "subscription_threshold"
            )
        ),
        finalized_at: invoice
            .path(&["status_transitions"])
            .and_then(|it| it.time("finalized_at"))
            .or_else(|| invoice.time("created")),
        due_date: invoice.time("due_date"),
        lines,
        truncated: invoice.is_truncated("lines"),
    })];
    // Before 2025-03-31 the invoice itself named what paid it.
    for payment in [
        invoice.reference("payment_intent")?,
        invoice.reference("charge")?,
    ] {
        objects.extend(payment.map(|payment| settlement(&id, payment)));
    }
    for payment in invoice.list("payments") {
        objects.extend(paying(payment)?.map(|payment| settlement(&id, payment)));
    }
    Ok(objects)
}

/// An invoice payment: which payment went towards which invoice.
pub(super) fn payment(payment: Probe<'_>) -> Result<Option<Object>, FactError> {
    let invoice = payment
        .reference("invoice")?
        .ok_or(FactError::Missing("invoice"))?;
    Ok(paying(payment)?.map(|payment| settlement(&invoice, payment)))
}

fn paying(payment: Probe<'_>) -> Result<Option<String>, FactError> {
    let Some(payment) = payment.member("payment") else {
        return Ok(None);
    };
    match payment.reference("payment_intent")? {
        Some(id) => Ok(Some(id)),
        None => payment.reference("charge"),
    }
}

fn status(invoice: Probe<'_>) -> Result<InvoiceStatus, FactError> {
    match invoice.str("status") {
        Some("draft") => Ok(InvoiceStatus::Draft),
        Some("open") => Ok(InvoiceStatus::Open),
        Some("paid") => Ok(InvoiceStatus::Paid),
        Some("uncollectible") => Ok(InvoiceStatus::Uncollectible),
        Some("void") => Ok(InvoiceStatus::Void),
        // A state we do not know, or an invoice older than `status`.
        _ if invoice.flag("paid") => Ok(InvoiceStatus::Paid),
        Some(_) => Ok(InvoiceStatus::Draft),
        None => Err(FactError::Missing("status")),
    }
}

pub(super) fn subscription(invoice: Probe<'_>) -> Result<Option<String>, FactError> {
    let parent = invoice.path(&["parent", "subscription_details"]);
    match parent
        .map(|it| it.reference("subscription"))
        .transpose()?
        .flatten()
    {
        Some(id) => Ok(Some(id)),
        None => invoice.reference("subscription"),
    }
}

fn line(line: Probe<'_>) -> Result<InvoiceLine, FactError> {
    let details = line
        .path(&["parent", "subscription_item_details"])
        .or_else(|| line.path(&["parent", "invoice_item_details"]));
    let item = match details
        .map(|it| it.reference("subscription_item"))
        .transpose()?
        .flatten()
    {
        Some(id) => Some(id),
        None => line.reference("subscription_item")?,
    };
    // Since 2025-03-31 a line names its price and product, and carries neither.
    let sold = line.path(&["pricing", "price_details"]);
    let old = line.member("price").or_else(|| line.member("plan"));
    let price = match sold.map(|it| it.reference("price")).transpose()?.flatten() {
        Some(id) => Some(id),
        None => match line.reference("price")? {
            Some(id) => Some(id),
            None => line.reference("plan")?,
        },
    };
    let product = match sold
        .map(|it| it.reference("product"))
        .transpose()?
        .flatten()
    {
        Some(id) => Some(id),
        None => old.map(|it| it.reference("product")).transpose()?.flatten(),
    };
    Ok(InvoiceLine {
        item,
        proration: details.is_some_and(|it| it.flag("proration")) || line.flag("proration"),
        period: line.period(),
        id: line.id().ok(),
        price,
        product,
        quantity: line.amount("quantity").unwrap_or(1),
        amount: line.integer("amount"),
    })
}
