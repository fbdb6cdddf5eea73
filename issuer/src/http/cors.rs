//! Which web pages may ask from a browser: those that the vendor has named, and only
//! what an app asks.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::settings::Origin;

/// Browsers ask again after this at the latest.
const PREFLIGHT_HOLDS: Duration = Duration::from_secs(3600);

/// Cookies are never part of it: a license key or a token is what an app shows.
pub(super) fn layer(origins: &[Origin]) -> CorsLayer {
    let origins = origins
        .iter()
        .filter_map(|it| HeaderValue::from_str(it.as_str()).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([RETRY_AFTER])
        .max_age(PREFLIGHT_HOLDS)
}
