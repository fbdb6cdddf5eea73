//! `/v1/payment_intents`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::billing::Payment;
use crate::refusal::Refusal;
use crate::state::{Metadata, Method, PaymentIntent, World};

#[derive(Deserialize)]
pub(super) struct IntentForm {
    amount: Option<i64>,
    currency: Option<String>,
    customer: Option<String>,
    payment_method: Option<String>,
    #[serde(default)]
    confirm: bool,
    capture_method: Option<String>,
    description: Option<String>,
    receipt_email: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<IntentForm>) -> Reply {
    let expand = form.expand.clone();
    call.answer(&expand, |world| {
        let confirm = form.confirm;
        let payment = form.payment(world)?;
        let id = world.open_payment(payment)?;
        if confirm {
            world.confirm_payment(&id)?;
        }
        world.show::<PaymentIntent>(&id)
    })
}

#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    payment_method: Option<String>,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn confirm(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<ConfirmForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world
            .payment_intents
            .get(&id)?
            .require_unpaid("be confirmed")?;
        if let Some(payment_method) = &form.payment_method {
            let payment_method = world.payment_method(payment_method)?;
            world.pay_with(&id, &payment_method)?;
        }
        world.confirm_payment(&id)?;
        world.show::<PaymentIntent>(&id)
    })
}

pub(super) async fn cancel(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world
            .payment_intents
            .get(&id)?
            .require_unpaid("be canceled")?;
        world.cancel_payment(&id)?;
        world.show::<PaymentIntent>(&id)
    })
}

pub(super) async fn retrieve(
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

pub(super) async fn list(call: Call, params: ListParams<IntentFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/payment_intents", |it: &PaymentIntent| {
            filter.customer.is_none() || it.customer == filter.customer
        })
    })
}

impl IntentForm {
    fn payment(self, world: &mut World) -> Result<Payment, Refusal> {
        if self.capture_method.as_deref() == Some("manual") {
            return Err(Refusal::InvalidParameter {
                param: "capture_method",
                problem: "this fake captures at once",
            });
        }
        if let Some(customer) = &self.customer {
            world.customers.get(customer)?;
        }
        let missing = |param| Refusal::MissingParameter { param };
        let amount = self.amount.ok_or_else(|| missing("amount"))?;
        let currency = self.currency.ok_or_else(|| missing("currency"))?;
        let payment_method = match &self.payment_method {
            Some(name) => Some(world.payment_method(name)?),
            None => None,
        };
        let method = payment_method
            .as_deref()
            .and_then(|it| world.payment_methods.get(it).ok())
            .map_or(Method::Card, |it| it.method);
        Ok(Payment {
            amount,
            currency,
            customer: self.customer,
            email: self.receipt_email,
            method,
            payment_method,
            description: self.description,
            metadata: self.metadata,
        })
    }
}
