//! `GET /healthz`: the process answers. `GET /readyz`: and so does its database, and
//! the Stripe key serves.

use axum::Json;
use axum::extract::State;
use paidup::UnixTime;
use serde_json::{Value, json};

use super::ApiProblem;
use crate::app::{App, iso8601};
use crate::store::events;

/// From so long before a keyset ends, in seconds, it is told.
const KEYSET_WARNING: i64 = 60 * 86_400;

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
    let now = UnixTime::from_secs(app.clock().now().0);
    let mut warnings = Vec::new();
    if let Some(keyset) = keys.keyset() {
        if keyset.exp <= now.plus(KEYSET_WARNING) {
            let until = iso8601(keyset.exp.as_secs());
            warnings.push(format!(
                "new installations take this keyset until {until}; run `paidup keys renew`"
            ));
        }
        if keys.signing_at(now.plus(KEYSET_WARNING)).is_none() {
            warnings.push(
                "no signing key here may sign in 60 days; run `paidup keys rotate`".to_owned(),
            );
        }
    }
    Ok(Json(json!({
        "status": "ok",
        "mode": app.mode().as_str(),
        "eventsWaiting": waiting,
        "keysetExpiresAt": keys.keyset().map(|it| iso8601(it.exp.as_secs())),
        "warnings": warnings,
    })))
}
