//! A refusal as Stripe's API answers it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::refusal::Refusal;
use crate::state::add_field;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut error = json!({ "type": self.kind(), "message": self.to_string() });
        if let Some(code) = self.code() {
            let doc_url = format!("https://stripe.com/docs/error-codes/{code}");
            add_field(&mut error, "code", code);
            add_field(&mut error, "doc_url", doc_url);
        }
        if let Self::Card { charge, .. } = &self {
            add_field(&mut error, "decline_code", "generic_decline");
            add_field(&mut error, "charge", charge.clone());
        }
        if let Some(param) = self.param() {
            add_field(&mut error, "param", param);
        }
        (status, Json(json!({ "error": error }))).into_response()
    }
}
