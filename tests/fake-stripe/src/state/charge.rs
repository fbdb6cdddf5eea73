//! What a payment took, or failed to take, from the customer.

use serde_json::{Value, json};

use super::payment::DECLINED;
use super::{Metadata, Method, Resource, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed,
}

impl ChargeStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) payment_intent: String,
    pub(crate) payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) amount: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) status: ChargeStatus,
    pub(crate) method: Method,
    pub(crate) disputed: bool,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl Charge {
    pub(crate) fn is_refunded(&self) -> bool {
        self.amount_refunded >= self.amount
    }

    pub(super) fn failure(&self) -> Option<&'static str> {
        (self.status == ChargeStatus::Failed).then_some("card_declined")
    }

    fn render_outcome(&self) -> Value {
        let failed = self.status == ChargeStatus::Failed;
        json!({
            "advice_code": failed.then_some("try_again_later"),
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": if failed { "declined_by_network" } else { "approved_by_network" },
            "reason": failed.then_some("generic_decline"),
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": if failed {
                "The bank did not return any further details with this decline."
            } else {
                "Payment complete."
            },
            "type": if failed { "issuer_declined" } else { "authorized" },
        })
    }
}

impl Resource for Charge {
    const KIND: &'static str = "charge";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let captured = self.status == ChargeStatus::Succeeded;
        json!({
            "id": self.id,
            "object": Self::KIND,
            "amount": self.amount,
            "amount_captured": if captured { self.amount } else { 0 },
            "amount_refunded": self.amount_refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": captured.then(|| self.id.replacen("ch_", "txn_", 1)),
            "billing_details": {
                "address": {
                    "city": null,
                    "country": null,
                    "line1": null,
                    "line2": null,
                    "postal_code": null,
                    "state": null,
                },
                "email": self.email,
                "name": null,
                "phone": null,
                "tax_id": null,
            },
            "calculated_statement_descriptor": "FAKE STRIPE",
            "captured": captured,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "disputed": self.disputed,
            "failure_balance_transaction": null,
            "failure_code": self.failure(),
            "failure_message": self.failure().map(|_| DECLINED),
            "fraud_details": {},
            "livemode": world.livemode,
            "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": self.render_outcome(),
            "paid": captured,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method,
            "payment_method_details": self.method.render(),
            "receipt_email": null,
            "receipt_number": null,
            "receipt_url": captured.then(|| format!("{}/_fake/receipt/{}", world.base_url, self.id)),
            "refunded": captured && self.is_refunded(),
            "review": null,
            "shipping": null,
            "source": null,
            "source_transfer": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}
