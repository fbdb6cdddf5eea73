//! `/v1/charges`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::state::Charge;

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Charge>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChargeFilter {
    customer: Option<String>,
    payment_intent: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<ChargeFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/charges", |it: &Charge| {
            (filter.customer.is_none() || it.customer == filter.customer)
                && filter
                    .payment_intent
                    .as_ref()
                    .is_none_or(|id| it.payment_intent == *id)
        })
    })
}
