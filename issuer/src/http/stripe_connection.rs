//! `/api/v1/stripe/connection`: what `paidup stripe connect` and `paidup stripe status`
//! do, for the dashboard and for scripts.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::ApiProblem;
use super::access::admit;
use super::error::{Body, Data};
use crate::app::{App, ConnectError, Connected, Scope, StripeStatus};

/// What to connect with. All of it is optional.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Connection {
    /// A restricted or secret key, which is kept; else the one that is in use.
    api_key: Option<Zeroizing<String>>,
    /// Where Stripe reaches the issuer; else its public URL.
    url: Option<String>,
}

/// `GET`: asks Stripe how things stand. Scope `stripe:read`.
pub(super) async fn get(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Data<StripeStatus>>, ApiProblem> {
    admit(&app, &headers, Scope::StripeRead).await?;
    Ok(Data::of(app.stripe_status().await?))
}

/// `POST`: checks the key, and sees to the webhook endpoint. Safe to repeat. Scope
/// `stripe:write`.
pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    Body(connection): Body<Connection>,
) -> Result<Json<Data<Connected>>, ApiProblem> {
    let caller = admit(&app, &headers, Scope::StripeWrite).await?;
    let key = connection.api_key.as_ref().map(|it| it.as_str());
    let connected = app.connect(key, connection.url.as_deref(), &caller).await;
    Ok(Data::of(connected?))
}

impl From<ConnectError> for ApiProblem {
    fn from(error: ConnectError) -> Self {
        let text = error.to_string();
        match error {
            ConnectError::Store(error) => error.into(),
            ConnectError::Rejected(_) => Self::new(422, "STRIPE_KEY_REJECTED", text),
            ConnectError::Api(error) => {
                Self::new(502, "STRIPE_UNAVAILABLE", format!("{text}: {error}"))
            }
            ConnectError::Permissions(missing) => {
                let named = |(name, message)| json!({ "name": name, "message": message });
                let missing: Vec<_> = missing.into_iter().map(named).collect();
                Self::new(422, "STRIPE_PERMISSIONS_MISSING", text)
                    .with(json!({ "missing": missing }))
            }
            ConnectError::Full => Self::new(409, "STRIPE_ENDPOINT_LIMIT", text),
            ConnectError::NoKey
            | ConnectError::Key(_)
            | ConnectError::Url
            | ConnectError::PublicUrl(_) => Self::new(400, "VALIDATION_ERROR", text),
            ConnectError::OtherMode { .. } => Self::new(422, "ENVIRONMENT_MISMATCH", text),
            ConnectError::OtherAccount { .. } => Self::new(409, "CONFLICT", text),
        }
    }
}
