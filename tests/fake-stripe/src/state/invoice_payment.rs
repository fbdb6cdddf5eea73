//! The link between invoices and payment intents.

use serde_json::{Value, json};

use super::{Resource, World};

/// What joins an invoice and the payment intent that pays it: neither of the
/// two names the other.
pub(crate) struct InvoicePayment {
    pub(crate) id: String,
    pub(crate) invoice: String,
    pub(crate) payment_intent: String,
    /// The one that collects what is left; not a part that was paid otherwise.
    pub(crate) is_default: bool,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) created: i64,
    pub(crate) paid_at: Option<i64>,
    pub(crate) canceled_at: Option<i64>,
}

impl InvoicePayment {
    pub(crate) fn status(&self) -> &'static str {
        match (self.paid_at, self.canceled_at) {
            (Some(_), _) => "paid",
            (None, Some(_)) => "canceled",
            (None, None) => "open",
        }
    }
}

impl Resource for InvoicePayment {
    const KIND: &'static str = "invoice_payment";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "amount_paid": self.paid_at.map(|_| self.amount),
            "amount_requested": self.amount,
            "created": self.created,
            "currency": self.currency,
            "invoice": self.invoice,
            "is_default": self.is_default,
            "livemode": world.livemode,
            "payment": { "payment_intent": self.payment_intent, "type": "payment_intent" },
            "status": self.status(),
            "status_transitions": { "canceled_at": self.canceled_at, "paid_at": self.paid_at },
        })
    }
}
