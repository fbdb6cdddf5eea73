//! `/v1/checkout/sessions`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::catalog::PriceForm;
use super::form::{ListParams, Params, Unfiltered};
use crate::refusal::Refusal;
use crate::state::{Checkout, Metadata, Method, Mode, Session, World};

#[derive(Deserialize)]
pub(super) struct SessionForm {
    mode: Option<String>,
    #[serde(default)]
    line_items: Vec<LineForm>,
    customer: Option<String>,
    customer_email: Option<String>,
    customer_creation: Option<String>,
    client_reference_id: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    subscription_data: SubscriptionData,
    #[serde(default)]
    payment_intent_data: PaymentIntentData,
    #[serde(default)]
    invoice_creation: InvoiceCreation,
    #[serde(default)]
    payment_method_types: Vec<String>,
    #[serde(default)]
    expand: Vec<String>,
}

#[derive(Deserialize)]
struct LineForm {
    price: Option<String>,
    price_data: Option<PriceForm>,
    quantity: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SubscriptionData {
    trial_period_days: Option<u32>,
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InvoiceCreation {
    enabled: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PaymentIntentData {
    metadata: Metadata,
}

pub(super) async fn create(call: Call, Params(form): Params<SessionForm>) -> Reply {
    let expand = form.expand.clone();
    call.answer(&expand, |world| {
        let offer = form.offer(world)?;
        let id = world.open_checkout(offer)?;
        world.show::<Session>(&id)
    })
}

pub(super) async fn retrieve(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Session>(&id))
}

pub(super) async fn expire(call: Call, Path(id): Path<String>) -> Reply {
    call.answer(&[], |world| {
        world.expire_checkout(&id)?;
        world.show::<Session>(&id)
    })
}

pub(super) async fn line_items(
    call: Call,
    Path(id): Path<String>,
    params: ListParams<Unfiltered>,
) -> Reply {
    call.answer(&params.paging.expand, |world| {
        let lines = world.sessions.get(&id)?.line_items(world);
        let url = format!("/v1/checkout/sessions/{id}/line_items");
        params.paging.members(&url, &lines)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionFilter {
    customer: Option<String>,
    payment_intent: Option<String>,
    payment_link: Option<String>,
    subscription: Option<String>,
    status: Option<String>,
}

pub(super) async fn list(call: Call, params: ListParams<SessionFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/checkout/sessions", |it: &Session| {
            (filter.customer.is_none() || it.customer == filter.customer)
                && (filter.payment_intent.is_none() || it.payment_intent == filter.payment_intent)
                && (filter.payment_link.is_none() || it.offer.payment_link == filter.payment_link)
                && (filter.subscription.is_none() || it.subscription == filter.subscription)
                && filter
                    .status
                    .as_ref()
                    .is_none_or(|status| status == it.status.as_str())
        })
    })
}

impl SessionForm {
    fn offer(self, world: &mut World) -> Result<Checkout, Refusal> {
        let mode = match self.mode.as_deref() {
            Some("subscription") => Mode::Subscription,
            Some("payment") => Mode::Payment,
            Some(_) => {
                let problem = "must be payment or subscription; this fake knows no other";
                return Err(Refusal::InvalidParameter {
                    param: "mode",
                    problem,
                });
            }
            None => return Err(Refusal::MissingParameter { param: "mode" }),
        };
        let mut offer = Checkout::new(mode);
        for line in self.line_items {
            let price = match (line.price, line.price_data) {
                (Some(price), _) => price,
                (None, Some(data)) => {
                    let product = data.product_id(world)?;
                    data.add(world, &product)?
                }
                (None, None) => {
                    return Err(Refusal::MissingParameter {
                        param: "line_items[price]",
                    });
                }
            };
            offer = offer.line(&price, line.quantity.unwrap_or(1));
        }
        offer.creates_customer |= self.customer_creation.as_deref() == Some("always");
        if self.invoice_creation.enabled {
            offer = offer.creates_invoice();
        }
        offer.customer = self.customer;
        offer.email = self.customer_email;
        offer.client_reference_id = self.client_reference_id;
        offer.metadata = self.metadata;
        offer.subscription_metadata = self.subscription_data.metadata;
        offer.trial_days = self.subscription_data.trial_period_days;
        offer.payment_metadata = self.payment_intent_data.metadata;
        offer.success_url = self.success_url;
        offer.cancel_url = self.cancel_url;
        let delayed = |it: &String| it == Method::DirectDebit.as_str();
        if self.payment_method_types.first().is_some_and(delayed) {
            offer.method = Method::DirectDebit;
        }
        Ok(offer)
    }
}
