//! `GET /healthz`: the process answers. `GET /readyz`: and so does its database, and
//! the Stripe key serves. What keeps single purchases from their licenses is a warning.

use axum::Json;
use axum::extract::State;
use paidup::UnixTime;
use serde_json::{Value, json};

use super::ApiProblem;
use crate::app::{App, StuckEvents, iso8601};
use crate::store::events;

pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, ApiProblem> {
    let mut db = app.store().read().await?;
    let waiting = events::count_waiting(&mut db).await?;
    if let Some(trouble) = app.key_trouble() {
        let text = format!(
            "the Stripe key cannot be used ({trouble}). What has arrived is kept, and waits. Give \
             it another key: STRIPE_API_KEY, or paidup stripe connect --api-key-file"
        );
        return Err(ApiProblem::new(503, "STRIPE_KEY_REJECTED", text));
    }
    let keys = app.keys_now(&mut db).await?;
    drop(db);
    let stuck = app.stuck_events().await?;
    let now = UnixTime::from_secs(app.clock().now().0);
    let mut warnings = keys.warnings(now);
    warnings.extend(stuck.iter().map(StuckEvents::warning));
    Ok(Json(json!({
        "status": "ok",
        "mode": app.mode().as_str(),
        "eventsWaiting": waiting,
        "keysetExpiresAt": keys.keyset().map(|it| iso8601(it.exp.as_secs())),
        "warnings": warnings,
    })))
}
