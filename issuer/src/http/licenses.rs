//! `POST /api/v1/licenses/validate-key`.

use axum::Json;
use axum::extract::State;

use super::ApiProblem;
use super::error::{Body, Data};
use crate::app::{App, Validation, ValidationRequest};

pub(super) async fn validate_key(
    State(app): State<App>,
    Body(request): Body<ValidationRequest>,
) -> Result<Json<Data<Validation>>, ApiProblem> {
    Ok(Data::of(app.validate(&request).await?))
}
