//! Sets the scene: products, prices, customers and webhook endpoints.

use crate::event::Cause;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::{
    Charging, Customer, Endpoint, Interval, MAX_ENDPOINTS, Metadata, Price, Product, Recurring,
    World,
};
use crate::version;

/// A webhook endpoint as its creation shows it, and nothing later.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookEndpoint {
    /// `we_…`
    pub id: String,
    /// `whsec_…`, the key of its signatures.
    pub secret: String,
}

impl FakeStripe {
    /// Adds a product. Gives its id.
    ///
    /// # Errors
    /// None today.
    pub fn create_product(&self, name: &str) -> Result<String, Refusal> {
        self.request(Cause::default(), |world| world.add_product(None, name))
    }

    /// Adds a product under an id of your choice.
    ///
    /// # Errors
    /// Where the id is taken.
    pub fn create_product_as(&self, id: &str, name: &str) -> Result<(), Refusal> {
        self.request(Cause::default(), |world| {
            world.add_product(Some(id.to_owned()), name).map(drop)
        })
    }

    /// Adds a price in US cents under an id of your choice; paid once where it has
    /// no interval. Gives the id.
    ///
    /// # Errors
    /// Where the product is missing or the id is taken.
    pub fn create_price(
        &self,
        product: &str,
        id: &str,
        amount: i64,
        recurring: Option<Interval>,
    ) -> Result<String, Refusal> {
        self.request(Cause::default(), |world| {
            let recurring = recurring.map(|interval| Recurring { interval, count: 1 });
            world.add_price(Some(id.to_owned()), product, amount, recurring)
        })
    }

    /// Adds a price in US cents that is paid every month and charged in this way.
    /// Gives the id.
    ///
    /// # Errors
    /// Where the product is missing or the id is taken.
    pub fn create_monthly_price(
        &self,
        product: &str,
        id: &str,
        amount: i64,
        charging: Charging,
    ) -> Result<String, Refusal> {
        self.request(Cause::default(), |world| {
            let monthly = Recurring {
                interval: Interval::Month,
                count: 1,
            };
            let id = world.add_price(Some(id.to_owned()), product, amount, Some(monthly))?;
            world.prices.get_mut(&id)?.charging = charging;
            Ok(id)
        })
    }

    /// Every price and its product.
    #[must_use]
    pub fn prices(&self) -> Vec<(String, String)> {
        self.look(|world| {
            let prices = world.prices.oldest_first();
            prices
                .map(|price| (price.id.clone(), price.product.clone()))
                .collect()
        })
    }

    /// Adds the guide's two plans, the Starter Plan at $5 and the Growth Plan at
    /// $29 a month: `price_starter_monthly` and `price_growth_monthly`.
    ///
    /// # Errors
    /// Where they exist already.
    pub fn create_guide_catalog(&self) -> Result<(), Refusal> {
        let starter = self.create_product("Starter Plan")?;
        self.create_price(
            &starter,
            "price_starter_monthly",
            500,
            Some(Interval::Month),
        )?;
        let growth = self.create_product("Growth Plan")?;
        self.create_price(&growth, "price_growth_monthly", 2900, Some(Interval::Month))?;
        Ok(())
    }

    /// Registers an endpoint for these types of events, `*` for all.
    ///
    /// # Errors
    /// Where the account has sixteen already.
    pub fn add_webhook_endpoint(
        &self,
        url: &str,
        enabled_events: &[&str],
    ) -> Result<WebhookEndpoint, Refusal> {
        self.add_endpoint(url, enabled_events, None)
    }

    /// Registers an endpoint whose events are rendered as this API version does,
    /// whatever the account's own.
    ///
    /// # Errors
    /// Where the account has sixteen already, or the version does not begin with
    /// a date.
    pub fn add_versioned_webhook_endpoint(
        &self,
        url: &str,
        enabled_events: &[&str],
        api_version: &str,
    ) -> Result<WebhookEndpoint, Refusal> {
        self.add_endpoint(url, enabled_events, Some(api_version))
    }

    fn add_endpoint(
        &self,
        url: &str,
        enabled_events: &[&str],
        api_version: Option<&str>,
    ) -> Result<WebhookEndpoint, Refusal> {
        let enabled_events = enabled_events.iter().map(|&kind| kind.to_owned()).collect();
        self.request(Cause::default(), |world| {
            let id = world.add_endpoint(url, enabled_events, api_version)?;
            let secret = world.endpoints.get(&id)?.secret.clone();
            Ok(WebhookEndpoint { id, secret })
        })
    }

    /// Adds a customer. Gives its id.
    ///
    /// # Errors
    /// None today.
    pub async fn create_customer(&self, email: &str) -> Result<String, Refusal> {
        self.act(|world| world.add_customer(None, Some(email.to_owned())))
            .await
    }

    /// The customer's e-mail address changes.
    ///
    /// # Errors
    /// Where there is no such customer.
    pub async fn change_email(&self, customer: &str, email: &str) -> Result<(), Refusal> {
        self.act(|world| {
            world.change::<Customer>("customer.updated", customer, |customer| {
                customer.email = Some(email.to_owned());
            })
        })
        .await
    }

    /// A test clock that runs ahead by so many seconds has its customer changed: the
    /// customer and its events are dated in the future. Gives the customer.
    ///
    /// # Errors
    /// None today.
    pub async fn change_customer_ahead(
        &self,
        email: &str,
        seconds: i64,
    ) -> Result<String, Refusal> {
        self.act(|world| {
            world.time.advance(seconds);
            let changed = world.add_customer(None, Some(email.to_owned()));
            let changed = changed.and_then(|id| {
                world.change::<Customer>("customer.updated", &id, |customer| {
                    customer.name = Some("Test clock".to_owned());
                })?;
                Ok(id)
            });
            world.time.advance(-seconds);
            changed
        })
        .await
    }

    /// The customer is deleted; its subscriptions end at once.
    ///
    /// # Errors
    /// Where there is no such customer.
    pub async fn delete_customer(&self, customer: &str) -> Result<(), Refusal> {
        self.act(|world| world.delete_customer(customer)).await
    }
}

impl World {
    pub(crate) fn add_product(
        &mut self,
        id: Option<String>,
        name: &str,
    ) -> Result<String, Refusal> {
        let id = self.fresh::<Product>(id, "prod_")?;
        self.products.insert(Product {
            id: id.clone(),
            name: name.to_owned(),
            description: None,
            active: true,
            created: self.now(),
            metadata: Metadata::new(),
        });
        self.tell::<Product>("product.created", &id)?;
        Ok(id)
    }

    pub(crate) fn add_price(
        &mut self,
        id: Option<String>,
        product: &str,
        unit_amount: i64,
        recurring: Option<Recurring>,
    ) -> Result<String, Refusal> {
        self.products.get(product)?;
        let id = self.fresh::<Price>(id, "price_")?;
        self.prices.insert(Price {
            id: id.clone(),
            product: product.to_owned(),
            currency: "usd".to_owned(),
            unit_amount,
            recurring,
            charging: Charging::default(),
            active: true,
            nickname: None,
            lookup_key: None,
            created: self.now(),
            metadata: Metadata::new(),
        });
        self.tell::<Price>("price.created", &id)?;
        Ok(id)
    }

    pub(crate) fn add_endpoint(
        &mut self,
        url: &str,
        enabled_events: Vec<String>,
        api_version: Option<&str>,
    ) -> Result<String, Refusal> {
        let api_version = api_version.map(version::checked).transpose()?;
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(Refusal::InvalidParameter {
                param: "url",
                problem: "not a URL",
            });
        }
        if enabled_events.is_empty() {
            return Err(Refusal::MissingParameter {
                param: "enabled_events",
            });
        }
        if self.endpoints.len() >= MAX_ENDPOINTS {
            return Err(Refusal::TooManyEndpoints {
                limit: MAX_ENDPOINTS,
            });
        }
        let id = self.ids.next("we_");
        let secret = self.ids.secret("whsec_");
        self.endpoints.insert(Endpoint {
            id: id.clone(),
            url: url.to_owned(),
            secret,
            enabled_events,
            disabled: false,
            description: None,
            api_version: api_version.map(str::to_owned),
            created: self.now(),
            metadata: Metadata::new(),
        });
        Ok(id)
    }
}
