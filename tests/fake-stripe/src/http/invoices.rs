//! `/v1/invoices` and `/v1/invoice_payments`.

use axum::extract::Path;
use serde::Deserialize;
use serde_json::Value;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params, Unfiltered};
use crate::billing::Outcome;
use crate::state::{Invoice, InvoicePayment};

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Invoice>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvoiceFilter {
    customer: Option<String>,
    subscription: Option<String>,
    status: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<InvoiceFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&[], |world| {
        paging.list(world, "/v1/invoices", |it: &Invoice| {
            filter
                .customer
                .as_ref()
                .is_none_or(|customer| it.customer == *customer)
                && filter
                    .subscription
                    .as_ref()
                    .is_none_or(|id| it.subscription == *id)
                && filter
                    .status
                    .as_ref()
                    .is_none_or(|status| it.status.as_str() == status)
        })
    })
}

pub(super) async fn lines(
    call: Call,
    Path(id): Path<String>,
    params: ListParams<Unfiltered>,
) -> Reply {
    call.answer(&[], |world| {
        let mut invoice = world.show::<Invoice>(&id)?;
        let lines = invoice.pointer_mut("/lines/data").map(Value::take);
        let lines = lines
            .as_ref()
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        params
            .paging
            .members(world, &format!("/v1/invoices/{id}/lines"), lines)
    })
}

#[derive(Deserialize)]
pub(super) struct PayForm {
    #[serde(default)]
    paid_out_of_band: bool,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn pay(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<PayForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        if form.paid_out_of_band {
            world.pay_out_of_band(&id)?;
        } else {
            world.collect(&id, Outcome::Succeeds)?;
        }
        world.show::<Invoice>(&id)
    })
}

pub(super) async fn void(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.void(&id)?;
        world.show::<Invoice>(&id)
    })
}

pub(super) async fn mark_uncollectible(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.mark_uncollectible(&id)?;
        world.show::<Invoice>(&id)
    })
}

pub(super) async fn retrieve_payment(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<InvoicePayment>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvoicePaymentFilter {
    invoice: Option<String>,
    payment: Option<PaymentFilter>,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentFilter {
    #[serde(rename = "type")]
    kind: String,
    payment_intent: Option<String>,
}

pub(super) async fn list_payments(call: Call, params: ListParams<InvoicePaymentFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&[], |world| {
        paging.list(world, "/v1/invoice_payments", |it: &InvoicePayment| {
            filter
                .invoice
                .as_ref()
                .is_none_or(|invoice| it.invoice == *invoice)
                && filter
                    .status
                    .as_ref()
                    .is_none_or(|status| it.status() == status)
                && filter
                    .payment
                    .as_ref()
                    .is_none_or(|payment| payment.names(it))
        })
    })
}

impl PaymentFilter {
    fn names(&self, payment: &InvoicePayment) -> bool {
        self.kind == "payment_intent"
            && self
                .payment_intent
                .as_ref()
                .is_none_or(|it| payment.payment_intent == *it)
    }
}
