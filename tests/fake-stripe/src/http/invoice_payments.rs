//! `/v1/invoice_payments`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::state::InvoicePayment;

pub(super) async fn retrieve(
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

pub(super) async fn list(call: Call, params: ListParams<InvoicePaymentFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
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
