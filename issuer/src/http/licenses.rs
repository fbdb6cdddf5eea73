//! `/api/v1/licenses`: validation for apps, and what a vendor may see and do.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ApiProblem;
use super::access::admit;
use super::error::{Body, Data};
use crate::app::{App, Checkout, Scope, Validation, ValidationRequest};

/// `POST …/validate-key`.
pub(super) async fn validate_key(
    State(app): State<App>,
    Body(request): Body<ValidationRequest>,
) -> Result<Json<Data<Validation>>, ApiProblem> {
    Ok(Data::of(app.validate(&request).await?))
}

/// `GET …/{id}`. Scope `licenses:read`.
pub(super) async fn get(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Data<Value>>, ApiProblem> {
    admit(&app, &headers, Scope::LicensesRead).await?;
    Ok(Data::of(app.license(&id).await?))
}

/// `GET …/by-key/{key}`. Scope `licenses:read`.
pub(super) async fn by_key(
    State(app): State<App>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Json<Data<Value>>, ApiProblem> {
    admit(&app, &headers, Scope::LicensesRead).await?;
    Ok(Data::of(app.license_by_key(&key).await?))
}

/// The machine, and for how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckoutRequest {
    fingerprint: Option<String>,
    /// Seconds.
    ttl: Option<i64>,
}

/// `POST …/{id}/checkout`. Scope `licenses:write`.
pub(super) async fn checkout(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Body(request): Body<CheckoutRequest>,
) -> Result<Json<Data<Value>>, ApiProblem> {
    admit(&app, &headers, Scope::LicensesWrite).await?;
    let checkout = Checkout {
        fingerprint: request.fingerprint,
        ttl: request.ttl,
    };
    let certificate = app.checkout(&id, &checkout).await?;
    Ok(Data::of(json!({
        "certificate": certificate,
        "license": app.license(&id).await?,
        "fingerprint": checkout.fingerprint.unwrap_or_default(),
        "ttl": checkout.ttl,
    })))
}
