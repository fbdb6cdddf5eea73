//! `/v1/disputes`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::state::Dispute;

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Dispute>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisputeFilter {
    charge: Option<String>,
    payment_intent: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<DisputeFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&[], |world| {
        paging.list(world, "/v1/disputes", |it: &Dispute| {
            filter
                .charge
                .as_ref()
                .is_none_or(|charge| it.charge == *charge)
                && filter
                    .payment_intent
                    .as_ref()
                    .is_none_or(|id| it.payment_intent == *id)
        })
    })
}
