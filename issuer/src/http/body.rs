//! Reads the body of every request before its handler runs: at most so many bytes, within
//! ten seconds, and within a budget that all requests share.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ApiProblem;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes of bodies may be held at once.
const BUDGET: usize = 64 * 1024 * 1024;
/// What the budget is counted in, in bytes.
const UNIT: usize = 1024;

/// The bytes of bodies that may be held at once, over all requests.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET / UNIT)))
    }
}

/// How a route takes bodies.
#[derive(Debug, Clone)]
pub(super) struct Intake {
    pub(super) budget: Budget,
    /// The longest body, in bytes.
    pub(super) max: usize,
}

/// A body, and its share of the budget.
#[derive(Debug)]
struct Held {
    bytes: Vec<u8>,
    _permits: Vec<OwnedSemaphorePermit>,
}

/// Reads the body whole, and holds its share of the budget until the request is answered.
pub(super) async fn read(
    State(intake): State<Intake>,
    request: Request,
    next: Next,
) -> Result<Response, ApiProblem> {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(PATIENCE, intake.read(body));
    let Ok(held) = read.await else {
        let text = "the body did not arrive within 10 s; send it again";
        return Err(ApiProblem::new(408, "REQUEST_TIMEOUT", text));
    };
    let Held { bytes, _permits } = held?;
    let request = Request::from_parts(parts, Body::from(bytes));
    Ok(next.run(request).await)
}

impl Intake {
    async fn read(&self, mut body: Body) -> Result<Held, ApiProblem> {
        let announced = body.size_hint().lower();
        if usize::try_from(announced).is_ok_and(|announced| announced > self.max) {
            return Err(ApiProblem::too_large());
        }
        let (mut bytes, mut permits, mut paid) = (Vec::new(), Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                let text = "the body ended before it was complete; send it again";
                ApiProblem::new(400, "VALIDATION_ERROR", text)
            })?;
            let Ok(data): Result<Bytes, _> = frame.into_data() else {
                continue;
            };
            if bytes.len().saturating_add(data.len()) > self.max {
                return Err(ApiProblem::too_large());
            }
            bytes.extend_from_slice(&data);
            let due = bytes.len().div_ceil(UNIT).saturating_sub(paid);
            paid = paid.saturating_add(due);
            permits.push(self.budget.take(due)?);
        }
        Ok(Held {
            bytes,
            _permits: permits,
        })
    }
}

impl Budget {
    fn take(&self, units: usize) -> Result<OwnedSemaphorePermit, ApiProblem> {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.0).try_acquire_many_owned(units);
        taken.map_err(|_| {
            let text = "too many large requests at once; try again in a second";
            ApiProblem::new(503, "OVERLOADED", text).with(json!({ "retryAfter": 1 }))
        })
    }
}
