//! `GET /healthz`: the process answers. `GET /readyz`: and so does its database, and
//! the Stripe key serves. What keeps single purchases from their licenses is a warning.

use axum::Json;
use axum::extract::State;
use paidup::UnixTime;
use serde_json::{Value, json};

use super::ApiProblem;
use crate::app::{App, StuckEvents, UnmappedPrice, iso8601};
use crate::egress;
use crate::store::{deliveries, events, webhook_endpoints};

pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, ApiProblem> {
    let mut db = app.store().read().await?;
    let events_waiting = events::count_waiting(&mut db).await?;
    if let Some(trouble) = app.key_trouble() {
        let text = format!(
            "the Stripe key cannot be used ({trouble}). What has arrived is kept, and waits. Give \
             it another key: STRIPE_API_KEY, or paidup stripe connect --api-key-file"
        );
        return Err(ApiProblem::new(503, "STRIPE_KEY_REJECTED", text));
    }
    let keys = app.keys_now(&mut db).await?;
    let lost = webhook_endpoints::waiting(&mut db).await?;
    let failing = deliveries::failing(&mut db).await?;
    drop(db);
    let stuck = app.stuck_events().await?;
    let unmapped = app.unmapped_prices().await?;
    let now = UnixTime::from_secs(app.clock().now().0);
    let mut warnings = app.trouble().await?;
    warnings.extend(keys.warnings(now));
    // Events that wait for a mapping are those of the unmapped prices.
    let said = |stuck: &&StuckEvents| unmapped.iter().any(|price| stuck.is_about(&price.price));
    let stuck = stuck.iter().filter(|stuck| !said(stuck));
    warnings.extend(stuck.map(StuckEvents::warning));
    warnings.extend(unmapped.iter().map(UnmappedPrice::warning));
    warnings.extend(lost.iter().map(|waiting| {
        format!(
            "{} webhooks wait for an endpoint: [[webhooks]] has none for {} any more. Put it back, \
             or give the one that replaces it the same secret or name; they are given up after 30 days",
            waiting.count,
            egress::shown(&waiting.url)
        )
    }));
    warnings.extend(failing.iter().map(|failing| {
        format!(
            "{} webhooks to {} have failed, with: {}; the next attempt is at {}",
            failing.count,
            egress::shown(&failing.url),
            failing.error,
            iso8601(failing.next_at)
        )
    }));
    let lost = lost.iter().map(|waiting| waiting.count);
    let waiting: i64 = lost
        .chain(failing.iter().map(|failing| failing.count))
        .sum();
    Ok(Json(json!({
        "status": "ok",
        "mode": app.mode().as_str(),
        "eventsWaiting": events_waiting,
        "keysetExpiresAt": keys.keyset().map(|it| iso8601(it.exp.as_secs())),
        "webhooksWaiting": waiting,
        "warnings": warnings,
    })))
}
