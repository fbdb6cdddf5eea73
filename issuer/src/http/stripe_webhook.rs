//! `POST /webhooks/stripe`: acknowledged once the event is stored, never before.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::ApiProblem;
use crate::app::{App, Receipt};

pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiProblem> {
    let body = body?;
    let signature = headers
        .get("stripe-signature")
        .and_then(|it| it.to_str().ok());
    let receipt = app.ingest(&body, signature.unwrap_or_default()).await?;
    Ok(Json(
        json!({ "received": true, "duplicate": receipt == Receipt::Duplicate }),
    ))
}
