//! Money given back.

use serde_json::{Value, json};

use super::{Metadata, Resource, World, add_field};

pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) payment_intent: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) failed: bool,
    pub(crate) reason: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl Resource for Refund {
    const KIND: &'static str = "refund";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let charge = world.charges.get(&self.charge).ok();
        let customer = charge.and_then(|it| it.customer.as_deref());
        let payment_method = charge.and_then(|it| it.payment_method.as_deref());
        let mut refund = json!({
            "id": self.id,
            "object": Self::KIND,
            "amount": self.amount,
            "balance_transaction": self.id.replacen("re_", "txn_", 1),
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "customer": customer,
            "customer_account": null,
            "destination_details": {
                "card": { "reference_status": "pending", "type": "refund" },
                "type": "card",
            },
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "payment_method": payment_method,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": if self.failed { "failed" } else { "succeeded" },
            "transfer_reversal": null,
        });
        if self.failed {
            let transaction = self.id.replacen("re_", "txn_f", 1);
            add_field(&mut refund, "failure_balance_transaction", transaction);
            add_field(&mut refund, "failure_reason", "expired_or_canceled_card");
        }
        refund
    }
}
