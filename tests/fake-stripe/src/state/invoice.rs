//! Invoices: what a customer owes, and the payments made on it.

use serde_json::{Value, json};

use super::subscription::collection_method;
use super::{Metadata, Period, Resource, World, list};
use crate::refusal::Refusal;

const DAY: i64 = 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvoiceStatus {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl InvoiceStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

/// Why an invoice was drawn up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BillingReason {
    Create,
    Cycle,
    Update,
    /// The vendor drew it up; no subscription's cycle did.
    Manual,
}

impl BillingReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "subscription_create",
            Self::Cycle => "subscription_cycle",
            Self::Update => "subscription_update",
            Self::Manual => "manual",
        }
    }
}

#[derive(Clone)]
pub(crate) struct InvoiceLine {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) description: String,
    /// The subscription item it bills; none for a single purchase beside it.
    pub(crate) item: Option<String>,
    /// The invoice item it bills, where it bills no subscription item.
    pub(crate) invoice_item: Option<String>,
    /// The price; none for an amount that the vendor named.
    pub(crate) price: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    pub(crate) period: Period,
    pub(crate) proration: bool,
}

#[derive(Clone)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) number: Option<String>,
    pub(crate) customer: String,
    pub(crate) customer_email: Option<String>,
    pub(crate) subscription: Option<String>,
    /// The subscription's metadata when the invoice was drawn up.
    pub(crate) subscription_metadata: Metadata,
    pub(crate) billing_reason: BillingReason,
    pub(crate) status: InvoiceStatus,
    pub(crate) description: Option<String>,
    pub(crate) currency: String,
    pub(crate) lines: Vec<InvoiceLine>,
    pub(crate) amount_paid: i64,
    pub(crate) attempt_count: u32,
    pub(crate) next_payment_attempt: Option<i64>,
    /// It is sent, and to be paid within so many days; else collected at once.
    pub(crate) days_until_due: Option<u32>,
    pub(crate) period: Period,
    pub(crate) created: i64,
    pub(crate) finalized_at: Option<i64>,
    pub(crate) paid_at: Option<i64>,
    pub(crate) voided_at: Option<i64>,
    pub(crate) uncollectible_at: Option<i64>,
    pub(crate) metadata: Metadata,
}

impl Invoice {
    fn due_date(&self) -> Option<i64> {
        let days = i64::from(self.days_until_due?);
        Some(self.finalized_at?.saturating_add(days.saturating_mul(DAY)))
    }

    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// What the customer has to pay: never less than nothing.
    pub(crate) fn amount_due(&self) -> i64 {
        self.total().max(0)
    }

    pub(crate) fn amount_remaining(&self) -> i64 {
        match self.status {
            InvoiceStatus::Void => 0,
            _ => self.amount_due() - self.amount_paid,
        }
    }

    /// Refuses unless the status is one of `allowed`.
    pub(crate) fn require(
        &self,
        allowed: &[InvoiceStatus],
        verb: &'static str,
    ) -> Result<(), Refusal> {
        if allowed.contains(&self.status) {
            return Ok(());
        }
        Err(Refusal::WrongState {
            object: Self::KIND,
            status: self.status.as_str(),
            verb,
        })
    }

    fn render_line(&self, line: &InvoiceLine, world: &World) -> Value {
        let subscription = json!({
            "invoice_item": null,
            "proration": line.proration,
            "proration_details": { "credited_items": null },
            "subscription": self.subscription,
            "subscription_item": line.item,
        });
        let invoice_item = json!({
            "invoice_item": line.invoice_item,
            "proration": line.proration,
            "proration_details": { "credited_items": null },
            "subscription": self.subscription,
        });
        let parent = match line.item {
            Some(_) => json!({
                "invoice_item_details": null,
                "subscription_item_details": subscription,
                "type": "subscription_item_details",
            }),
            None => json!({
                "invoice_item_details": invoice_item,
                "subscription_item_details": null,
                "type": "invoice_item_details",
            }),
        };
        json!({
            "id": line.id,
            "object": "line_item",
            "amount": line.amount,
            "currency": self.currency,
            "description": line.description,
            "discount_amounts": [],
            "discountable": !line.proration,
            "discounts": [],
            "invoice": self.id,
            "livemode": world.livemode,
            "metadata": {},
            "parent": parent,
            "period": { "end": line.period.end, "start": line.period.start },
            "pretax_credit_amounts": [],
            "pricing": line.price.as_ref().map(|price| json!({
                "price_details": { "price": price, "product": line.product },
                "type": "price_details",
                "unit_amount_decimal": line.unit_amount.to_string(),
            })),
            "quantity": line.quantity,
            "quantity_decimal": line.quantity.to_string(),
            "subtotal": line.amount,
            "taxes": [],
        })
    }
}

impl Invoice {
    pub(crate) fn render_lines(&self, world: &World) -> Vec<Value> {
        let lines = self.lines.iter();
        lines.map(|line| self.render_line(line, world)).collect()
    }
}

impl Resource for Invoice {
    const KIND: &'static str = "invoice";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let lines = self.render_lines(world);
        let finalized = self.finalized_at.is_some();
        let hosted = format!("{}/_fake/invoice/{}", world.base_url, self.id);
        json!({
            "id": self.id,
            "object": Self::KIND,
            "account_country": "US",
            "account_name": "Fake account",
            "account_tax_ids": null,
            "amount_due": self.amount_due(),
            "amount_overpaid": 0,
            "amount_paid": self.amount_paid,
            "amount_remaining": self.amount_remaining(),
            "amount_shipping": 0,
            "application": null,
            "attempt_count": self.attempt_count,
            "attempted": self.attempt_count > 0,
            "auto_advance": matches!(self.status, InvoiceStatus::Draft | InvoiceStatus::Open),
            "automatic_tax": {
                "disabled_reason": null,
                "enabled": false,
                "liability": null,
                "provider": null,
                "status": null,
            },
            "automatically_finalizes_at": null,
            "billing_reason": self.billing_reason.as_str(),
            "collection_method": collection_method(self.days_until_due),
            "created": self.created,
            "currency": self.currency,
            "custom_fields": null,
            "customer": self.customer,
            "customer_account": null,
            "customer_address": null,
            "customer_email": self.customer_email,
            "customer_name": null,
            "customer_phone": null,
            "customer_shipping": null,
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "default_payment_method": null,
            "default_source": null,
            "default_tax_rates": [],
            "description": self.description,
            "discounts": [],
            "due_date": self.due_date(),
            "effective_at": self.finalized_at,
            "ending_balance": finalized.then_some(0),
            "footer": null,
            "from_invoice": null,
            "hosted_invoice_url": finalized.then_some(&hosted),
            "invoice_pdf": finalized.then(|| format!("{hosted}/pdf")),
            "issuer": { "type": "self" },
            "last_finalization_error": null,
            "latest_revision": null,
            "lines": list(&format!("/v1/invoices/{}/lines", self.id), lines),
            "livemode": world.livemode,
            "metadata": self.metadata,
            "next_payment_attempt": self.next_payment_attempt,
            "number": self.number,
            "on_behalf_of": null,
            "parent": self.subscription.as_ref().map(|subscription| json!({
                "quote_details": null,
                "subscription_details": {
                    "metadata": self.subscription_metadata,
                    "subscription": subscription,
                },
                "type": "subscription_details",
            })),
            "payment_settings": {
                "default_mandate": null,
                "payment_method_options": null,
                "payment_method_types": null,
            },
            "period_end": self.period.end,
            "period_start": self.period.start,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "receipt_number": null,
            "rendering": null,
            "shipping_cost": null,
            "shipping_details": null,
            "starting_balance": 0,
            "statement_descriptor": null,
            "status": self.status.as_str(),
            "status_transitions": {
                "finalized_at": self.finalized_at,
                "marked_uncollectible_at": self.uncollectible_at,
                "paid_at": self.paid_at,
                "voided_at": self.voided_at,
            },
            "subtotal": self.total(),
            "subtotal_excluding_tax": self.total(),
            "test_clock": null,
            "total": self.total(),
            "total_discount_amounts": [],
            "total_excluding_tax": self.total(),
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
            "webhooks_delivered_at": self.finalized_at,
        })
    }
}
