//! What customers pay with: kinds of payment methods, and the test ones whose
//! payments end in ways of their own.

use serde_json::{Value, json};

use super::{Metadata, Resource, World, add_field};

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

    pub(super) fn render(self) -> Value {
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

/// What becomes of payments by a test payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeeds,
    Declined,
    /// The customer's bank wants to hear from the customer.
    NeedsAction,
    Disputed,
    Inquired,
    /// Paid, and a refund of it does not reach the customer.
    RefundFails,
    /// Under way until a test settles or fails it.
    StaysUnderWay,
    /// Under way, and fails.
    Bounces,
}

impl Fate {
    /// The fate that Stripe documents for a test card, named by its payment
    /// method (`pm_card_visa`) or by its token (`tok_visa`).
    pub(crate) fn of_card(token: &str) -> Option<Self> {
        let name = token
            .strip_prefix("pm_card_")
            .or_else(|| token.strip_prefix("tok_"))?;
        Some(match name.strip_prefix("visa_").unwrap_or(name) {
            "chargeDeclined" | "chargeCustomerFail" | "chargeDeclinedInsufficientFunds" => {
                Self::Declined
            }
            "authenticationRequired" | "threeDSecure2Required" | "threeDSecureRequired" => {
                Self::NeedsAction
            }
            "createDispute" => Self::Disputed,
            "createDisputeInquiry" => Self::Inquired,
            "refundFail" => Self::RefundFails,
            _ => Self::Succeeds,
        })
    }

    /// The fate of a test bank account.
    pub(crate) fn of_account(iban: &str) -> Self {
        match iban {
            "AT321904300235473204" => Self::StaysUnderWay,
            "AT861904300235473202" | "IT60X0542811101000000123456" => Self::Bounces,
            _ => Self::Succeeds,
        }
    }

    /// Whether a card of this fate pays when nobody is there to answer its bank.
    pub(crate) fn pays(self) -> bool {
        !matches!(self, Self::Declined | Self::NeedsAction | Self::Bounces)
    }
}

/// Something of a customer's to pay with.
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) fate: Fate,
    pub(crate) customer: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl Resource for PaymentMethod {
    const KIND: &'static str = "payment_method";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let kind = self.method.as_str();
        let mut shown = json!({
            "id": self.id,
            "object": Self::KIND,
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": null,
                "email": self.email,
                "name": self.name,
                "phone": null,
                "tax_id": null,
            },
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "livemode": world.livemode,
            "metadata": self.metadata,
            "type": kind,
        });
        if let Some(details) = self.method.render().get_mut(kind) {
            add_field(&mut shown, kind, details.take());
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_card_goes_by_its_payment_method_and_by_its_token() {
        assert_eq!(Fate::of_card("pm_card_visa"), Some(Fate::Succeeds));
        assert_eq!(
            Fate::of_card("tok_chargeCustomerFail"),
            Some(Fate::Declined)
        );
        assert_eq!(
            Fate::of_card("pm_card_visa_chargeDeclined"),
            Some(Fate::Declined)
        );
        assert_eq!(Fate::of_card("pm_1Abc"), None);
    }
}
