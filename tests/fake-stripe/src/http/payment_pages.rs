//! `/v1/payment_pages`: what Stripe's own hosted checkout asks, and its command
//! line in the customer's stead. Not documented; answered with the session.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Reply};
use super::form::Params;
use crate::refusal::Refusal;
use crate::state::Session;

pub(super) async fn retrieve(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| world.show::<Session>(&id))
}

#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    payment_method: Option<String>,
    expected_amount: Option<i64>,
}

pub(super) async fn confirm(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<ConfirmForm>,
) -> Reply {
    call.answer(&[], |world| {
        let param = "payment_method";
        let name = form
            .payment_method
            .ok_or(Refusal::MissingParameter { param })?;
        world.sessions.get(&id)?;
        let payment_method = world.payment_method(&name)?;
        world.confirm_checkout(&id, &payment_method, form.expected_amount)?;
        world.show::<Session>(&id)
    })
}
