//! `POST /api/v1/offline/activate`: answers the request of a machine that no network
//! reaches, which holds its license key.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ApiProblem;
use super::error::{Body, Data};
use crate::app::{App, OfflineAnswer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offline {
    /// The request as the app has shown it.
    request: String,
}

pub(super) async fn activate(
    State(app): State<App>,
    Body(offline): Body<Offline>,
) -> Result<Json<Data<Value>>, ApiProblem> {
    Ok(match app.answer_offline(&offline.request).await? {
        OfflineAnswer::Response(file) => Data::of(json!({ "response": file })),
        OfflineAnswer::Deactivated => Data::of(json!({ "deactivated": true })),
    })
}
