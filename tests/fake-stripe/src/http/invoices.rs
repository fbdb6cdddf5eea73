//! `/v1/invoices`.

use axum::extract::Path;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params, Unfiltered};
use crate::billing::ManualInvoice;
use crate::refusal::Refusal;
use crate::state::{Invoice, Metadata, Resource};

#[derive(Deserialize)]
pub(super) struct InvoiceForm {
    customer: Option<String>,
    subscription: Option<String>,
    description: Option<String>,
    pending_invoice_items_behavior: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<InvoiceForm>) -> Reply {
    let expand = form.expand.clone();
    call.answer(&expand, |world| {
        let param = "customer";
        let customer = form.customer.ok_or(Refusal::MissingParameter { param })?;
        let pending = form.pending_invoice_items_behavior.as_deref() == Some("include");
        let id = world.add_invoice(ManualInvoice {
            customer,
            subscription: form.subscription,
            with_pending: pending,
            description: form.description,
            metadata: form.metadata,
        })?;
        world.show::<Invoice>(&id)
    })
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<InvoiceForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world.change::<Invoice>("invoice.updated", &id, |invoice| {
            invoice.description = form.description.clone().or(invoice.description.take());
            invoice.metadata.extend(form.metadata.clone());
        })?;
        world.show::<Invoice>(&id)
    })
}

pub(super) async fn delete(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.delete_draft(&id)?;
        Ok(json!({ "id": id, "object": Invoice::KIND, "deleted": true }))
    })
}

pub(super) async fn finalize(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.finalize_draft(&id)?;
        world.show::<Invoice>(&id)
    })
}

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
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/invoices", |it: &Invoice| {
            filter
                .customer
                .as_ref()
                .is_none_or(|customer| it.customer == *customer)
                && filter
                    .subscription
                    .as_ref()
                    .is_none_or(|id| it.subscription.as_ref() == Some(id))
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
    call.answer(&params.paging.expand, |world| {
        let lines = world.invoices.get(&id)?.render_lines(world);
        params
            .paging
            .members(&format!("/v1/invoices/{id}/lines"), &lines)
    })
}

#[derive(Deserialize)]
pub(super) struct PayForm {
    #[serde(default)]
    paid_out_of_band: bool,
    payment_method: Option<String>,
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
            let payment_method = match &form.payment_method {
                Some(name) => Some(world.payment_method(name)?),
                None => None,
            };
            world.charge_invoice(&id, payment_method.as_deref())?;
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
