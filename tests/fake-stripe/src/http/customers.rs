//! `/v1/customers`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::refusal::Refusal;
use crate::state::{Customer, Metadata, World};

#[derive(Deserialize)]
pub(super) struct CustomerForm {
    email: Option<String>,
    name: Option<String>,
    description: Option<String>,
    payment_method: Option<String>,
    #[serde(default)]
    invoice_settings: InvoiceSettings,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InvoiceSettings {
    default_payment_method: Option<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<CustomerForm>) -> Reply {
    call.answer(&form.expand, |world| {
        let mut customer = Customer {
            id: world.ids.next("cus_"),
            email: None,
            name: None,
            description: None,
            default_payment_method: None,
            created: world.now(),
            metadata: Metadata::new(),
            deleted: false,
        };
        form.apply(&mut customer);
        let id = customer.id.clone();
        world.customers.insert(customer);
        let default = form.attach(world, &id)?;
        world.customers.get_mut(&id)?.default_payment_method = default;
        world.tell::<Customer>("customer.created", &id)?;
        world.show::<Customer>(&id)
    })
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<CustomerForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        let default = form.attach(world, &id)?;
        world.change::<Customer>("customer.updated", &id, |customer| {
            form.apply(customer);
            customer.default_payment_method = default.or(customer.default_payment_method.take());
        })?;
        world.show::<Customer>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Customer>(&id))
}

pub(super) async fn delete(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.delete_customer(&id)?;
        world.show::<Customer>(&id)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerFilter {
    email: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<CustomerFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/customers", |it: &Customer| {
            !it.deleted && (filter.email.is_none() || it.email == filter.email)
        })
    })
}

impl CustomerForm {
    /// Gives the customer its payment method; names the one that shall pay its
    /// invoices. The name of a test card is the same card in both places.
    fn attach(&self, world: &mut World, customer: &str) -> Result<Option<String>, Refusal> {
        let default = self.invoice_settings.default_payment_method.as_ref();
        let mut attached = None;
        if let Some(name) = &self.payment_method {
            let id = world.payment_method(name)?;
            world.attach(&id, customer)?;
            attached = Some((name, id));
        }
        match (default, attached) {
            (Some(default), Some((name, id))) if name == default => Ok(Some(id)),
            (Some(default), _) => world.payment_method(default).map(Some),
            (None, _) => Ok(None),
        }
    }

    fn apply(&self, customer: &mut Customer) {
        customer.email = self.email.clone().or(customer.email.take());
        customer.name = self.name.clone().or(customer.name.take());
        customer.description = self.description.clone().or(customer.description.take());
        customer.metadata.extend(self.metadata.clone());
    }
}
