//! `/v1/payment_intents` and `/v1/charges`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::state::{Charge, PaymentIntent};

pub(super) async fn retrieve_intent(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<PaymentIntent>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntentFilter {
    customer: Option<String>,
}

pub(super) async fn list_intents(call: Call, params: ListParams<IntentFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&[], |world| {
        paging.list(world, "/v1/payment_intents", |it: &PaymentIntent| {
            filter.customer.is_none() || it.customer == filter.customer
        })
    })
}

pub(super) async fn retrieve_charge(
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

pub(super) async fn list_charges(call: Call, params: ListParams<ChargeFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&[], |world| {
        paging.list(world, "/v1/charges", |it: &Charge| {
            (filter.customer.is_none() || it.customer == filter.customer)
                && filter
                    .payment_intent
                    .as_ref()
                    .is_none_or(|id| it.payment_intent == *id)
        })
    })
}
