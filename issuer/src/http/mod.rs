//! The HTTP edge: every route on one screen. Knows neither rows nor Stripe's types.

mod access;
mod body;
mod cors;
mod error;
mod health;
mod keys;
mod licenses;
mod machines;
mod offline;
mod stripe_connection;
mod stripe_webhook;
mod text;
mod tokens;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{delete, get, post};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{DefaultMakeSpan, TraceLayer};

use crate::app::App;
use body::{Budget, Intake};

pub use error::ApiProblem;

const MAX_BODY: usize = 64 * 1024;
const MAX_WEBHOOK: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

/// The issuer's routes.
pub fn router(app: App) -> Router {
    let budget = Budget::default();
    let bodies = |max| {
        let budget = budget.clone();
        middleware::from_fn_with_state(Intake { budget, max }, body::read)
    };
    let webhooks = Router::new()
        .route("/webhooks/stripe", post(stripe_webhook::post))
        .layer(DefaultBodyLimit::max(MAX_WEBHOOK))
        .layer(bodies(MAX_WEBHOOK))
        // Before the body is read.
        .layer(middleware::from_fn_with_state(
            app.clone(),
            stripe_webhook::look_at_signature,
        ));
    // What an app asks, wherever it runs.
    let client = Router::new()
        .route("/api/v1/tokens", post(tokens::activate))
        .route("/api/v1/tokens/refresh", post(tokens::refresh))
        .route(
            "/api/v1/licenses/validate-key",
            post(licenses::validate_key),
        )
        .route(
            "/api/v1/machines",
            get(machines::list).post(machines::activate),
        )
        .route("/api/v1/machines/{id}", delete(machines::deactivate))
        .route("/api/v1/machines/{id}/heartbeat", post(machines::heartbeat))
        .route("/api/v1/offline/activate", post(offline::activate))
        .route("/.well-known/jwks.json", get(keys::jwks))
        .route("/.well-known/paidup-keyset", get(keys::keyset))
        // Before the layer, which answers a browser's OPTIONS in its place.
        .method_not_allowed_fallback(not_allowed)
        .layer(cors::layer(&app.settings().cors_origins));
    let vendor = Router::new()
        .route("/api/v1/licenses/{id}", get(licenses::get))
        .route("/api/v1/licenses/by-key/{key}", get(licenses::by_key))
        .route("/api/v1/licenses/{id}/checkout", post(licenses::checkout))
        .route(
            "/api/v1/stripe/connection",
            get(stripe_connection::get).post(stripe_connection::post),
        )
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    let api = client
        .merge(vendor)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(bodies(MAX_BODY));
    webhooks
        .merge(api)
        .fallback(async || ApiProblem::new(404, "NOT_FOUND", "there is nothing at this address"))
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn(text::refuse_control_characters))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            TIMEOUT,
        ))
        .layer(TraceLayer::new_for_http().make_span_with(DefaultMakeSpan::new()))
        .with_state(app)
}

async fn not_allowed() -> ApiProblem {
    let text = "this address does not take that method";
    ApiProblem::new(405, "METHOD_NOT_ALLOWED", text)
}
