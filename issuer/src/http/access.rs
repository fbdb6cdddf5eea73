//! Who calls the management API.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::ApiProblem;
use crate::app::{AccessError, App, Scope};

/// Lets the caller in; who it is, for the log.
pub(super) async fn admit(
    app: &App,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<String, ApiProblem> {
    let header = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let key = header.and_then(|it| it.strip_prefix("Bearer "));
    Ok(app.admit(key, scope).await?)
}

/// The license key that the caller presents.
pub(super) fn license_key(headers: &HeaderMap) -> Result<&str, ApiProblem> {
    let header = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    header
        .and_then(|it| it.strip_prefix("License "))
        .ok_or_else(|| {
            let text = "present the license key as `Authorization: License …`";
            ApiProblem::new(401, "UNAUTHORIZED", text)
        })
}

impl From<AccessError> for ApiProblem {
    fn from(error: AccessError) -> Self {
        let text = error.to_string();
        match error {
            AccessError::Unknown => Self::new(401, "UNAUTHORIZED", text),
            AccessError::Scope(_) => Self::new(403, "FORBIDDEN", text),
            AccessError::Store(error) => error.into(),
        }
    }
}
