//! `GET /healthz`: the process answers. `GET /readyz`: and so does its database.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::ApiProblem;
use crate::app::App;
use crate::store::events;

pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, ApiProblem> {
    let mut db = app.store().read().await?;
    let waiting = events::count_waiting(&mut db).await?;
    Ok(Json(
        json!({ "status": "ok", "mode": app.mode().as_str(), "eventsWaiting": waiting }),
    ))
}
