//! `/v1/payment_methods`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::refusal::Refusal;
use crate::state::{Fate, Metadata, Method, PaymentMethod};

#[derive(Deserialize)]
pub(super) struct MethodForm {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    card: Card,
    #[serde(default)]
    sepa_debit: Account,
    #[serde(default)]
    billing_details: Owner,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Card {
    token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Account {
    iban: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Owner {
    email: Option<String>,
    name: Option<String>,
}

pub(super) async fn create(call: Call, Params(form): Params<MethodForm>) -> Reply {
    call.answer(&form.expand, |world| {
        let (method, fate) = form.method()?;
        let id = world.add_payment_method(method, fate, None);
        form.apply(world.payment_methods.get_mut(&id)?);
        world.show::<PaymentMethod>(&id)
    })
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<MethodForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world.change::<PaymentMethod>("payment_method.updated", &id, |it| form.apply(it))?;
        world.show::<PaymentMethod>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<PaymentMethod>(&id))
}

#[derive(Deserialize)]
pub(super) struct AttachForm {
    customer: Option<String>,
}

pub(super) async fn attach(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<AttachForm>,
) -> Reply {
    call.answer(&[], |world| {
        let param = "customer";
        let customer = form.customer.ok_or(Refusal::MissingParameter { param })?;
        world.customers.get(&customer)?;
        let id = world.payment_method(&id)?;
        world.attach(&id, &customer)?;
        world.show::<PaymentMethod>(&id)
    })
}

pub(super) async fn detach(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.detach(&id)?;
        world.show::<PaymentMethod>(&id)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MethodFilter {
    customer: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<MethodFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/payment_methods", |it: &PaymentMethod| {
            let kind = filter.kind.as_deref();
            (filter.customer.is_none() || it.customer == filter.customer)
                && kind.is_none_or(|kind| it.method.as_str() == kind)
        })
    })
}

impl MethodForm {
    fn method(&self) -> Result<(Method, Fate), Refusal> {
        match self.kind.as_deref() {
            Some("card") => {
                let token = self.card.token.as_deref();
                let fate = token.and_then(Fate::of_card).unwrap_or(Fate::Succeeds);
                Ok((Method::Card, fate))
            }
            Some("sepa_debit") => {
                let param = "sepa_debit[iban]";
                let iban = self.sepa_debit.iban.as_deref();
                let iban = iban.ok_or(Refusal::MissingParameter { param })?;
                Ok((Method::DirectDebit, Fate::of_account(iban)))
            }
            Some(_) => Err(Refusal::InvalidParameter {
                param: "type",
                problem: "must be card or sepa_debit; this fake knows no other",
            }),
            None => Err(Refusal::MissingParameter { param: "type" }),
        }
    }

    fn apply(&self, method: &mut PaymentMethod) {
        let Owner { email, name } = &self.billing_details;
        method.email = email.clone().or(method.email.take());
        method.name = name.clone().or(method.name.take());
        method.metadata.extend(self.metadata.clone());
    }
}
