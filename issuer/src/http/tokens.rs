//! `POST /api/v1/tokens` and `POST /api/v1/tokens/refresh`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::ApiProblem;
use super::error::{Body, Data};
use crate::app::{Activation, App, Issued, Renewal};

pub(super) async fn activate(
    State(app): State<App>,
    Body(request): Body<Activation>,
) -> Result<Json<Data<Issued>>, ApiProblem> {
    Ok(Data::of(app.activate(&request).await?))
}

pub(super) async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
    Body(request): Body<Renewal>,
) -> Result<Json<Data<Issued>>, ApiProblem> {
    let authorization = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let key = authorization.and_then(|it| it.strip_prefix("License "));
    Ok(Data::of(app.refresh(&request, key).await?))
}
