//! `/api/v1/machines`: the seats of a license, for whoever holds its key
//! (`Authorization: License <key>`).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::ApiProblem;
use super::access::license_key;
use super::error::{Body, Data};
use crate::app::{Activation, App, MachineView};

/// `GET`: the machines that have a seat.
pub(super) async fn list(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiProblem> {
    let machines = app.machines(license_key(&headers)?).await?;
    let pagination = json!({ "nextCursor": null, "hasMore": false });
    Ok(Json(json!({ "data": machines, "pagination": pagination })))
}

/// `POST`: takes a seat, without a token.
pub(super) async fn activate(
    State(app): State<App>,
    headers: HeaderMap,
    Body(mut request): Body<Activation>,
) -> Result<(StatusCode, Json<Data<MachineView>>), ApiProblem> {
    license_key(&headers)?.clone_into(&mut request.key);
    if request.fingerprint.is_none() {
        let text = "a machine has a fingerprint";
        return Err(ApiProblem::new(400, "VALIDATION_ERROR", text));
    }
    let machine = app.take_seat(&request).await?;
    Ok((StatusCode::CREATED, Data::of(machine)))
}

/// `DELETE`: frees a seat.
pub(super) async fn deactivate(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    app.deactivate(license_key(&headers)?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/heartbeat`: a sign of life.
pub(super) async fn heartbeat(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Data<MachineView>>, ApiProblem> {
    Ok(Data::of(app.heartbeat(license_key(&headers)?, &id).await?))
}
