//! `/v1/products` and `/v1/prices`.

use axum::extract::Path;
use serde::Deserialize;

use super::call::{Call, Expand, Reply};
use super::form::{ListParams, Params};
use crate::refusal::Refusal;
use crate::state::{Charging, Interval, Metadata, Price, Product, Recurring, World};

#[derive(Deserialize)]
pub(super) struct ProductForm {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    active: Option<bool>,
    #[serde(default)]
    metadata: Metadata,
    default_price_data: Option<PriceForm>,
    #[serde(default)]
    expand: Vec<String>,
}

pub(super) async fn create_product(call: Call, Params(form): Params<ProductForm>) -> Reply {
    let expand = form.expand.clone();
    call.answer(&expand, |world| {
        let name = form
            .name
            .as_deref()
            .ok_or(Refusal::MissingParameter { param: "name" })?;
        let id = world.add_product(form.id.clone(), name)?;
        if let Some(price) = &form.default_price_data {
            price.add(world, &id)?;
        }
        form.apply(world.products.get_mut(&id)?);
        world.show::<Product>(&id)
    })
}

pub(super) async fn update_product(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<ProductForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world.change::<Product>("product.updated", &id, |product| form.apply(product))?;
        world.show::<Product>(&id)
    })
}

pub(super) async fn retrieve_product(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Product>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductFilter {
    active: Option<bool>,
    #[serde(default)]
    ids: Vec<String>,
}

pub(super) async fn list_products(call: Call, params: ListParams<ProductFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/products", |it: &Product| {
            filter.active.is_none_or(|active| it.active == active)
                && (filter.ids.is_empty() || filter.ids.contains(&it.id))
        })
    })
}

impl ProductForm {
    fn apply(&self, product: &mut Product) {
        if let Some(name) = &self.name {
            product.name.clone_from(name);
        }
        product.description = self.description.clone().or(product.description.take());
        product.active = self.active.unwrap_or(product.active);
        product.metadata.extend(self.metadata.clone());
    }
}

/// The parameters of a price; inline, of one that is made on the fly.
#[derive(Deserialize)]
pub(super) struct PriceForm {
    currency: Option<String>,
    unit_amount: Option<i64>,
    product: Option<String>,
    product_data: Option<ProductData>,
    recurring: Option<RecurringForm>,
    active: Option<bool>,
    nickname: Option<String>,
    lookup_key: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    expand: Vec<String>,
}

#[derive(Deserialize)]
struct ProductData {
    name: String,
}

#[derive(Deserialize)]
struct RecurringForm {
    interval: Interval,
    #[serde(default = "one")]
    interval_count: u32,
    usage_type: Option<String>,
}

fn one() -> u32 {
    1
}

pub(super) async fn create_price(call: Call, Params(form): Params<PriceForm>) -> Reply {
    call.answer(&form.expand, |world| {
        let product = form.product_id(world)?;
        let id = form.add(world, &product)?;
        world.show::<Price>(&id)
    })
}

pub(super) async fn update_price(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<PriceForm>,
) -> Reply {
    call.answer(&form.expand, |world| {
        world.change::<Price>("price.updated", &id, |price| form.apply(price))?;
        world.show::<Price>(&id)
    })
}

pub(super) async fn retrieve_price(
    call: Call,
    Path(id): Path<String>,
    Params(form): Params<Expand>,
) -> Reply {
    call.answer(&form.expand, |world| world.show::<Price>(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceFilter {
    active: Option<bool>,
    product: Option<String>,
    #[serde(default)]
    lookup_keys: Vec<String>,
}

pub(super) async fn list_prices(call: Call, params: ListParams<PriceFilter>) -> Reply {
    let ListParams { paging, filter } = params;
    call.answer(&paging.expand, |world| {
        paging.list(world, "/v1/prices", |it: &Price| {
            let key = it.lookup_key.as_ref();
            filter.active.is_none_or(|active| it.active == active)
                && filter
                    .product
                    .as_ref()
                    .is_none_or(|product| it.product == *product)
                && (filter.lookup_keys.is_empty()
                    || key.is_some_and(|key| filter.lookup_keys.contains(key)))
        })
    })
}

impl PriceForm {
    /// The product it is for, which is made where only its name is given.
    pub(super) fn product_id(&self, world: &mut World) -> Result<String, Refusal> {
        match (&self.product, &self.product_data) {
            (Some(product), _) => Ok(product.clone()),
            (None, Some(data)) => world.add_product(None, &data.name),
            (None, None) => Err(Refusal::MissingParameter { param: "product" }),
        }
    }

    pub(super) fn add(&self, world: &mut World, product: &str) -> Result<String, Refusal> {
        if self.currency.is_none() {
            return Err(Refusal::MissingParameter { param: "currency" });
        }
        let param = "unit_amount";
        let amount = self
            .unit_amount
            .ok_or(Refusal::MissingParameter { param })?;
        let recurring = self.recurring.as_ref().map(|it| Recurring {
            interval: it.interval,
            count: it.interval_count,
        });
        let id = world.add_price(None, product, amount, recurring)?;
        let usage = self
            .recurring
            .as_ref()
            .and_then(|it| it.usage_type.as_deref());
        if usage == Some(Charging::Metered.usage_type()) {
            world.prices.get_mut(&id)?.charging = Charging::Metered;
        }
        self.apply(world.prices.get_mut(&id)?);
        Ok(id)
    }

    fn apply(&self, price: &mut Price) {
        if let Some(currency) = &self.currency {
            price.currency.clone_from(currency);
        }
        price.active = self.active.unwrap_or(price.active);
        price.nickname = self.nickname.clone().or(price.nickname.take());
        price.lookup_key = self.lookup_key.clone().or(price.lookup_key.take());
        price.metadata.extend(self.metadata.clone());
    }
}
