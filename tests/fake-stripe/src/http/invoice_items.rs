//! `/v1/invoiceitems`.

use axum::extract::Path;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::billing::NewInvoiceItem;
use crate::refusal::Refusal;
use crate::state::{InvoiceItem, Metadata, Resource};

#[derive(Deserialize)]
pub(super) struct ItemForm {
    customer: Option<String>,
    subscription: Option<String>,
    amount: Option<i64>,
    unit_amount: Option<i64>,
    price: Option<String>,
    #[serde(default)]
    pricing: Pricing,
    quantity: Option<i64>,
    currency: Option<String>,
    description: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pricing {
    price: Option<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<ItemForm>) -> Reply {
    call.answer(&[], |world| {
        let param = "customer";
        let customer = form.customer.ok_or(Refusal::MissingParameter { param })?;
        let id = world.add_invoice_item(NewInvoiceItem {
            customer,
            subscription: form.subscription,
            price: form.pricing.price.or(form.price),
            unit_amount: form.amount.or(form.unit_amount),
            quantity: form.quantity.unwrap_or(1),
            currency: form.currency,
            description: form.description,
            metadata: form.metadata,
        })?;
        world.show::<InvoiceItem>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<InvoiceItem>(&id))
}

pub(super) async fn delete(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.invoice_items.get(&id)?;
        world.tell::<InvoiceItem>("invoiceitem.deleted", &id)?;
        world.invoice_items.remove(&id)?;
        Ok(json!({ "id": id, "object": InvoiceItem::KIND, "deleted": true }))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemFilter {
    customer: Option<String>,
    invoice: Option<String>,
    pending: Option<bool>,
}

pub(super) async fn list(call: Call, params: ListParams<ItemFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/invoiceitems", |it: &InvoiceItem| {
            let customer = filter.customer.as_ref();
            customer.is_none_or(|customer| it.customer == *customer)
                && (filter.invoice.is_none() || it.invoice == filter.invoice)
                && filter
                    .pending
                    .is_none_or(|pending| it.invoice.is_none() == pending)
        })
    })
}
