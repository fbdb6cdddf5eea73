//! `/v1/refunds`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::refusal::Refusal;
use crate::state::{Metadata, Refund};

#[derive(Deserialize)]
pub(super) struct RefundForm {
    charge: Option<String>,
    payment_intent: Option<String>,
    amount: Option<i64>,
    reason: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<RefundForm>) -> Reply {
    let expand = form.expand.clone();
    call.answer(&expand, |world| {
        let payment = form.charge.or(form.payment_intent);
        let payment = payment.ok_or(Refusal::MissingParameter { param: "charge" })?;
        let id = world.refund(&payment, form.amount, form.reason, form.metadata)?;
        world.show::<Refund>(&id)
    })
}

#[derive(Deserialize)]
pub(super) struct UpdateForm {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<UpdateForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world.change::<Refund>("refund.updated", &id, |it| {
            it.metadata.extend(form.metadata.clone());
        })?;
        world.tell::<Refund>("charge.refund.updated", &id)?;
        world.show::<Refund>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Refund>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundFilter {
    charge: Option<String>,
    payment_intent: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<RefundFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/refunds", |it: &Refund| {
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
