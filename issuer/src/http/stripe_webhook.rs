//! `POST /webhooks/stripe`: acknowledged once the event is stored, never before.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use super::ApiProblem;
use crate::app::{App, Receipt};

/// Refuses a request whose signature no body could make valid, before its body is read.
pub(super) async fn look_at_signature(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiProblem> {
    if request.method() == Method::POST {
        app.look_at_signature(signature(request.headers()))?;
    }
    Ok(next.run(request).await)
}

pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiProblem> {
    let body = body?;
    let receipt = app.ingest(&body, signature(&headers)).await?;
    Ok(Json(
        json!({ "received": true, "duplicate": receipt == Receipt::Duplicate }),
    ))
}

fn signature(headers: &HeaderMap) -> &str {
    let header = headers.get("stripe-signature");
    header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
