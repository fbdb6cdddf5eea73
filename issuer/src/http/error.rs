//! Errors as the wire has them: `{error, code, status, details?}`.

use axum::Json;
use axum::extract::FromRequest;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use paidup_lifecycle::Status;
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::{IngestError, IssueError, iso8601};
use crate::store::StoreError;

/// An error on the wire.
#[derive(Debug, Serialize)]
pub struct ApiProblem {
    error: String,
    code: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

impl ApiProblem {
    /// A sentence and a code under an HTTP status.
    pub fn new(status: u16, code: &'static str, error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            code,
            status,
            details: None,
        }
    }

    /// With what a program needs beside the sentence.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    pub(super) fn unavailable(error: &dyn std::error::Error) -> Self {
        let cause = error.source().map(ToString::to_string);
        tracing::error!(%error, cause, "http.unavailable");
        Self::new(
            503,
            "STORE_UNAVAILABLE",
            "the issuer cannot reach its data; try again",
        )
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let details = self.details.as_ref();
        let retry_after = details.and_then(|it| it.get("retryAfter")?.as_i64());
        let mut response = (status, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<IngestError> for ApiProblem {
    fn from(error: IngestError) -> Self {
        let text = error.to_string();
        match error {
            IngestError::NoSecret => Self::new(503, "WEBHOOK_SECRET_MISSING", text),
            IngestError::Store(error) => Self::unavailable(&error),
            IngestError::Signature(_) => Self::new(400, "SIGNATURE_INVALID", text),
            IngestError::Event(_) => Self::new(400, "MALFORMED", text),
            IngestError::NotStored => Self::new(503, "STORE_UNAVAILABLE", text),
        }
    }
}

impl From<IssueError> for ApiProblem {
    fn from(error: IssueError) -> Self {
        let text = error.to_string();
        match error {
            IssueError::Key(_) => Self::new(422, "LICENSE_KEY_MALFORMED", text),
            IssueError::NotFound => Self::new(404, "NOT_FOUND", text),
            IssueError::MachineLimit {
                max,
                current,
                machines,
            } => {
                let details = json!({ "max": max, "current": current, "machines": machines });
                Self::new(422, "MACHINE_LIMIT_EXCEEDED", text).with(details)
            }
            IssueError::Churn {
                count,
                max,
                next_at,
                retry_after,
            } => {
                let details = json!({
                    "reason": "too_many_activations",
                    "current": count,
                    "max": max,
                    "nextAt": iso8601(next_at),
                    "retryAfter": retry_after,
                });
                Self::new(429, "RATE_LIMITED", text).with(details)
            }
            IssueError::NoMachine => Self::new(404, "NOT_FOUND", text),
            IssueError::Unusable(status) => Self::new(409, refused(status), text),
            IssueError::OtherProduct(_) => Self::new(422, "PRODUCT_MISMATCH", text),
            IssueError::OtherMode(_) => Self::new(422, "ENVIRONMENT_MISMATCH", text),
            IssueError::Request(error) => Self::new(400, error.code().as_str(), text),
            IssueError::Answered => Self::new(409, "CONFLICT", text),
            IssueError::FingerprintRequired => Self::new(422, "FINGERPRINT_REQUIRED", text),
            IssueError::Token(error) => Self::new(401, error.code().as_str(), text),
            IssueError::Value(_) => Self::new(400, "VALIDATION_ERROR", text),
            IssueError::Text { field, .. } => {
                Self::new(400, "VALIDATION_ERROR", text).with(json!({ "field": field }))
            }
            IssueError::NoPolicy(_) => Self::new(409, "CONFLICT", text),
            IssueError::Seal(_)
            | IssueError::Store(_)
            | IssueError::Entropy(_)
            | IssueError::NoSigningKey
            | IssueError::Keys(_) => Self::unavailable(&error),
        }
    }
}

fn refused(status: Status) -> &'static str {
    match status {
        Status::Active => "CONFLICT",
        Status::Suspended => "LICENSE_SUSPENDED",
        Status::Expired => "LICENSE_EXPIRED",
        Status::Revoked => "LICENSE_REVOKED",
        Status::Banned => "LICENSE_BANNED",
    }
}

impl From<JsonRejection> for ApiProblem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::new(
                415,
                "VALIDATION_ERROR",
                "send JSON, as content-type application/json",
            ),
            _ => Self::new(400, "VALIDATION_ERROR", rejection.body_text()),
        }
    }
}

impl From<BytesRejection> for ApiProblem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::new(400, "VALIDATION_ERROR", "the body could not be read"),
        }
    }
}

impl ApiProblem {
    pub(super) fn too_large() -> Self {
        Self::new(
            413,
            "PAYLOAD_TOO_LARGE",
            "the body is larger than is accepted here",
        )
    }
}

/// A JSON body; what is wrong with it is told as an [`ApiProblem`].
#[derive(FromRequest)]
#[from_request(via(Json), rejection(ApiProblem))]
pub(super) struct Body<T>(pub(super) T);

/// A reply, as `{"data": …}`.
#[derive(Serialize)]
pub(super) struct Data<T> {
    data: T,
}

impl<T: Serialize> Data<T> {
    pub(super) fn of(data: T) -> Json<Self> {
        Json(Self { data })
    }
}
