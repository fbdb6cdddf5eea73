//! One API request: the world it asks, and what its events will name as cause.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde_json::Value;

use super::expand::expand;
use crate::event::Cause;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::World;
use crate::version::Shape;

pub(super) type Reply = Result<Json<Value>, Refusal>;

pub(super) struct Call {
    stripe: FakeStripe,
    cause: Cause,
    shape: Shape,
}

/// A request that has nothing to say but what to expand.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Expand {
    pub(super) expand: Vec<String>,
}

impl FromRequestParts<FakeStripe> for Call {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, stripe: &FakeStripe) -> Result<Self, Refusal> {
        let cause = parts.extensions.get::<Cause>().cloned().unwrap_or_default();
        let shape = parts.extensions.get::<Shape>().copied();
        Ok(Self {
            stripe: stripe.clone(),
            cause,
            shape: shape.unwrap_or(Shape::Present),
        })
    }
}

impl Call {
    /// Answers, and sends the events that the answer caused.
    pub(super) fn answer(
        self,
        paths: &[String],
        answer: impl FnOnce(&mut World) -> Result<Value, Refusal>,
    ) -> Reply {
        self.stripe
            .request(self.cause, |world| {
                let mut value = answer(world)?;
                self.shape.apply(world, &mut value);
                expand(world, &mut value, paths, self.shape)?;
                Ok(value)
            })
            .map(Json)
    }
}
