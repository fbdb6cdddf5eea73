//! Money on its way: payment intents and their charges.

use serde_json::{Value, json};

use super::{Metadata, Resource, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentStatus {
    /// Not tried yet, or declined.
    RequiresPaymentMethod,
    /// A delayed method's money is under way.
    Processing,
    Succeeded,
    Canceled,
}

impl PaymentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
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
    pub(crate) latest_charge: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

/// What the customer pays with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Settles at once.
    Card,
    /// Settles days later.
    DirectDebit,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::DirectDebit => "sepa_debit",
        }
    }

    fn render(self) -> Value {
        match self {
            Self::Card => json!({
                "card": {
                    "amount_authorized": null,
                    "authorization_code": null,
                    "brand": "visa",
                    "checks": {
                        "address_line1_check": null,
                        "address_postal_code_check": null,
                        "cvc_check": "pass",
                    },
                    "country": "US",
                    "exp_month": 8,
                    "exp_year": 2040,
                    "fingerprint": "fakefingerprint",
                    "funding": "credit",
                    "installments": null,
                    "last4": "4242",
                    "mandate": null,
                    "network": "visa",
                    "network_token": { "used": false },
                    "network_transaction_id": null,
                    "regulated_status": "unregulated",
                    "three_d_secure": null,
                    "wallet": null,
                },
                "type": "card",
            }),
            Self::DirectDebit => json!({
                "sepa_debit": {
                    "bank_code": "37040044",
                    "branch_code": null,
                    "country": "DE",
                    "fingerprint": "fakefingerprint",
                    "last4": "3000",
                    "mandate": null,
                },
                "type": "sepa_debit",
            }),
        }
    }
}

impl PaymentIntent {
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
            "canceled_at": null,
            "cancellation_reason": null,
            "capture_method": "automatic",
            "client_secret": format!("{}_secret_fake", self.id),
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": null,
            "excluded_payment_method_types": null,
            "last_payment_error": self.render_last_error(world),
            "latest_charge": self.latest_charge,
            "livemode": world.livemode,
            "managed_payments": { "enabled": false },
            "metadata": self.metadata,
            "next_action": null,
            "on_behalf_of": null,
            "payment_method": self.id.replacen("pi_", "pm_", 1),
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

const DECLINED: &str = "Your card was declined.";

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

    fn failure(&self) -> Option<&'static str> {
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
            "description": null,
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
            "payment_method": self.payment_intent.replacen("pi_", "pm_", 1),
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
