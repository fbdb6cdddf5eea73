//! `/v1/customers`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::state::{Customer, Metadata};

#[derive(Deserialize)]
pub(super) struct CustomerForm {
    email: Option<String>,
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<CustomerForm>) -> Reply {
    call.answer(&form.expand, |world| {
        let mut customer = Customer {
            id: world.ids.next("cus_"),
            email: None,
            name: None,
            description: None,
            created: world.now(),
            metadata: Metadata::new(),
            deleted: false,
        };
        form.apply(&mut customer);
        let id = customer.id.clone();
        world.customers.insert(customer);
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
        world.change::<Customer>("customer.updated", &id, |customer| form.apply(customer))?;
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
    call.answer(&[], |world| {
        paging.list(world, "/v1/customers", |it: &Customer| {
            !it.deleted && (filter.email.is_none() || it.email == filter.email)
        })
    })
}

impl CustomerForm {
    fn apply(&self, customer: &mut Customer) {
        customer.email = self.email.clone().or(customer.email.take());
        customer.name = self.name.clone().or(customer.name.take());
        customer.description = self.description.clone().or(customer.description.take());
        customer.metadata.extend(self.metadata.clone());
    }
}
