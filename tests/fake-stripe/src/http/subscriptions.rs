//! `/v1/subscriptions`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params, Settable};
use crate::billing::{ItemChange, NewSubscription, Outcome, Proration};
use crate::refusal::Refusal;
use crate::state::{CancellationReason, Metadata, Method, PausedCollection, Subscription, World};

#[derive(Deserialize)]
pub(super) struct SubscriptionForm {
    customer: Option<String>,
    #[serde(default)]
    items: Vec<ItemForm>,
    trial_period_days: Option<u32>,
    backdate_start_date: Option<i64>,
    days_until_due: Option<u32>,
    trial_end: Option<String>,
    cancel_at_period_end: Option<bool>,
    pause_collection: Option<Settable<Metadata>>,
    proration_behavior: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

#[derive(Deserialize)]
struct ItemForm {
    id: Option<String>,
    price: Option<String>,
    quantity: Option<i64>,
    #[serde(default)]
    deleted: bool,
}

pub(super) async fn create(call: Call, Params(form): Params<SubscriptionForm>) -> Reply {
    let expand = form.expand.clone();
    call.answer(&expand, |world| {
        let customer = form
            .customer
            .ok_or(Refusal::MissingParameter { param: "customer" })?;
        world.customers.get(&customer)?;
        let mut lines = Vec::new();
        for item in form.items {
            let price = item.price.ok_or(Refusal::MissingParameter {
                param: "items[price]",
            })?;
            lines.push((price, item.quantity.unwrap_or(1)));
        }
        if lines.is_empty() {
            return Err(Refusal::MissingParameter { param: "items" });
        }
        let new = NewSubscription {
            customer,
            lines,
            trial_days: form.trial_period_days,
            metadata: form.metadata,
            method: Method::Card,
            start_date: form.backdate_start_date,
            days_until_due: form.days_until_due,
        };
        let id = world.subscribe(new, Outcome::Succeeds)?;
        world.show::<Subscription>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Subscription>(&id))
}

pub(super) async fn update(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<SubscriptionForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        form.update(world, &id)?;
        world.show::<Subscription>(&id)
    })
}

pub(super) async fn cancel(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| {
        let now = world.now();
        world.end_subscription(&id, CancellationReason::Requested, now)?;
        world.show::<Subscription>(&id)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriptionFilter {
    customer: Option<String>,
    price: Option<String>,
    status: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<SubscriptionFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/subscriptions", |it: &Subscription| {
            let price = filter.price.as_ref();
            let status = match filter.status.as_deref() {
                None => !it.status.is_over(),
                Some("all") => true,
                Some("ended") => it.status.is_over(),
                Some(status) => it.status.as_str() == status,
            };
            status
                && filter
                    .customer
                    .as_ref()
                    .is_none_or(|customer| it.customer == *customer)
                && price.is_none_or(|price| it.items.iter().any(|item| item.price == *price))
        })
    })
}

impl SubscriptionForm {
    fn update(&self, world: &mut World, id: &str) -> Result<(), Refusal> {
        world.subscriptions.get(id)?;
        if !self.items.is_empty() {
            let changes: Vec<ItemChange> = self.items.iter().map(ItemForm::change).collect();
            let proration = match self.proration_behavior.as_deref() {
                Some("always_invoice") => Proration::Now(Outcome::Succeeds),
                Some("none") => Proration::None,
                _ => Proration::Later,
            };
            world.revise(id, &changes, proration)?;
        }
        if !self.metadata.is_empty() {
            world.change::<Subscription>("customer.subscription.updated", id, |it| {
                it.metadata.extend(self.metadata.clone());
            })?;
        }
        if self.trial_end.as_deref() == Some("now") {
            world.end_trial(id)?;
        }
        if let Some(ends) = self.cancel_at_period_end {
            world.end_with_period(id, ends)?;
        }
        match &self.pause_collection {
            Some(Settable::Set(pause)) => {
                let paused = match pause.get("behavior").map(String::as_str) {
                    Some("mark_uncollectible") => PausedCollection::MarkUncollectible,
                    _ => PausedCollection::Void,
                };
                world.pause_collection(id, Some(paused))
            }
            Some(Settable::Unset(_)) => world.pause_collection(id, None),
            None => Ok(()),
        }
    }
}

impl ItemForm {
    fn change(&self) -> ItemChange {
        ItemChange {
            item: self.id.clone(),
            price: self.price.clone(),
            quantity: self.quantity,
            deleted: self.deleted,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSubscription {
    subscription: Option<String>,
}

/// `GET /v1/subscription_items`: those of one subscription.
pub(super) async fn items(call: Call, params: ListParams<OfSubscription>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        let param = "subscription";
        let id = filter
            .subscription
            .ok_or(Refusal::MissingParameter { param })?;
        let items = world.subscriptions.get(&id)?.render_items(world);
        paging.members(&format!("/v1/subscription_items?subscription={id}"), &items)
    })
}
