//! Money on its way.

use serde_json::{Value, json};

use super::{Charge, Metadata, Method, Resource, World};
use crate::refusal::Refusal;

pub(super) const DECLINED: &str = "Your card was declined.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentStatus {
    /// Not tried yet, or declined.
    RequiresPaymentMethod,
    /// There is something to pay with, and nobody has said yet that it shall.
    RequiresConfirmation,
    /// The customer's bank wants to hear from the customer.
    RequiresAction,
    /// A delayed method's money is under way.
    Processing,
    Succeeded,
    Canceled,
}

impl PaymentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) status: PaymentStatus,
    pub(crate) method: Method,
    pub(crate) payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl PaymentIntent {
    /// Refuses where the money has come, is under way or is wanted no more.
    pub(crate) fn require_unpaid(&self, verb: &'static str) -> Result<(), Refusal> {
        match self.status {
            PaymentStatus::Processing | PaymentStatus::Succeeded | PaymentStatus::Canceled => {
                Err(Refusal::WrongState {
                    object: Self::KIND,
                    status: self.status.as_str(),
                    verb,
                })
            }
            _ => Ok(()),
        }
    }

    fn render_last_error(&self, world: &World) -> Value {
        let failed = self.status == PaymentStatus::RequiresPaymentMethod;
        match &self.latest_charge {
            Some(charge) if failed => json!({
                "charge": charge,
                "code": world.charges.get(charge).ok().and_then(Charge::failure),
                "decline_code": "generic_decline",
                "message": DECLINED,
                "type": "card_error",
            }),
            _ => Value::Null,
        }
    }
}

impl Resource for PaymentIntent {
    const KIND: &'static str = "payment_intent";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let received = if self.status == PaymentStatus::Succeeded {
            self.amount
        } else {
            0
        };
        json!({
            "id": self.id,
            "object": Self::KIND,
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": null,
            "canceled_at": self.canceled_at,
            "cancellation_reason": null,
            "capture_method": "automatic",
            "client_secret": format!("{}_secret_fake", self.id),
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.render_last_error(world),
            "latest_charge": self.latest_charge,
            "livemode": world.livemode,
            "managed_payments": { "enabled": false },
            "metadata": self.metadata,
            "next_action": (self.status == PaymentStatus::RequiresAction).then(|| {
                json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} })
            }),
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": [self.method.as_str()],
            "processing": null,
            "receipt_email": null,
            "review": null,
            "setup_future_usage": null,
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}
