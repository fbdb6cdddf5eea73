//! What a key must be allowed to do, and whether it is.

use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::{Api, ApiError};

/// Something that the issuer asks of Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permission {
    /// What a restricted key's settings call it.
    pub name: &'static str,
    path: &'static str,
}

impl Permission {
    /// Everything that the issuer asks.
    pub const ALL: [Self; 13] = [
        Self::of("Webhook Endpoints (write)", "/webhook_endpoints"),
        Self::of("Events", "/events"),
        Self::of("Checkout Sessions", "/checkout/sessions"),
        Self::of("Customers", "/customers"),
        Self::of("Subscriptions", "/subscriptions"),
        Self::of("Invoices", "/invoices"),
        Self::of("Invoice Payments", "/invoice_payments"),
        Self::of("Payment Intents", "/payment_intents"),
        Self::of("Charges", "/charges"),
        Self::of("Refunds", "/refunds"),
        Self::of("Disputes", "/disputes"),
        Self::of("Products", "/products"),
        Self::of("Prices", "/prices"),
    ];

    const fn of(name: &'static str, path: &'static str) -> Self {
        Self { name, path }
    }
}

impl Api {
    /// Tries a permission out, by asking for one object; Stripe's own words where it
    /// is missing.
    ///
    /// # Errors
    /// [`ApiError`] for anything but a refusal.
    pub async fn may(&self, permission: Permission) -> Result<Result<(), String>, ApiError> {
        let mut request = RequestBuilder::new(StripeMethod::Get, permission.path);
        request.query = Some("limit=1".to_owned());
        match self.0.ask(request).await {
            Ok(_) => Ok(Ok(())),
            Err(ApiError::Refused {
                status: 403,
                message,
            }) => Ok(Err(message)),
            Err(error) => Err(error),
        }
    }

    /// The account that the key belongs to; a restricted key need not be allowed to
    /// know.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn account(&self) -> Result<Option<String>, ApiError> {
        let request = RequestBuilder::new(StripeMethod::Get, "/account");
        match self.0.ask(request).await {
            Ok(answer) => {
                let id = answer.body.get("id").and_then(Value::as_str);
                Ok(id.map(str::to_owned))
            }
            Err(ApiError::Refused { status: 403, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
