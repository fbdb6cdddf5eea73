//! What the vendor decided: which price sells what, and on which terms.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Pricing, Timestamp};

/// What a policy says about the life of a license.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The policy's name.
    pub policy: String,
    /// The vendor's product that it is a policy of.
    pub product: String,
    /// Seconds of grace after the cancellation of a paid license.
    pub grace: i64,
    /// Seconds of grace after a failed payment, before the suspension.
    pub payment_grace: i64,
}

/// What a price adds to another license of the same subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extension {
    /// The policy of the license that it extends.
    pub policy: String,
    /// The vendor's product of that policy.
    pub product: String,
    /// Its quantity adds to the seats.
    pub seats: bool,
    /// Entitlements that it adds.
    #[serde(default)]
    pub entitlements: BTreeSet<String>,
}

/// What a mapped price sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sale {
    /// A license of its own.
    License(Terms),
    /// More of another license.
    Extension(Extension),
}

impl Sale {
    /// The vendor's product.
    #[must_use]
    pub fn product(&self) -> &str {
        match self {
            Self::License(terms) => &terms.product,
            Self::Extension(extension) => &extension.product,
        }
    }

    /// The name of the policy that it sells or extends.
    #[must_use]
    pub fn policy(&self) -> &str {
        match self {
            Self::License(terms) => &terms.policy,
            Self::Extension(extension) => &extension.policy,
        }
    }
}

/// What a mapping is about: one price of the billing system's, or every price of one of
/// its products.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapped {
    /// The price of that identifier.
    Price(String),
    /// The licensed prices of the product of that identifier.
    Product(String),
}

/// Which price, or else which product, sells what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    current: BTreeMap<Mapped, Sale>,
    /// Since when each of the current ones is in force, where that is known.
    since: BTreeMap<Mapped, Timestamp>,
    /// What is mapped and sells nothing new.
    archived: BTreeMap<Mapped, Sale>,
    /// What was mapped once, until when; oldest first.
    retired: BTreeMap<Mapped, Vec<(Timestamp, Sale)>>,
}

impl Mapping {
    /// Maps a price to the terms of a license.
    pub fn map_price(&mut self, price: &str, terms: Terms) {
        self.map(Mapped::Price(price.to_owned()), Sale::License(terms));
    }

    /// Maps every licensed price of a product that is not mapped itself.
    pub fn map_product(&mut self, product: &str, terms: Terms) {
        self.map(Mapped::Product(product.to_owned()), Sale::License(terms));
    }

    /// Maps a price or a product.
    pub fn map(&mut self, what: Mapped, sale: Sale) {
        self.current.insert(what, sale);
    }

    /// Says since when the present mapping of a price or a product has been in force.
    pub fn date(&mut self, what: Mapped, since: Timestamp) {
        self.since.insert(what, since);
    }

    /// Maps a price or a product to what is sold no more: it serves what was bought before it
    /// was archived, by the [retired](Self::retire) mapping, and nothing new.
    pub fn archive(&mut self, what: Mapped, sale: Sale) {
        self.archived.insert(what, sale);
    }

    /// Adds a mapping that was in force until that moment. It goes on serving what was
    /// bought before.
    pub fn retire(&mut self, what: Mapped, sale: Sale, until: Timestamp) {
        let retired = self.retired.entry(what).or_default();
        retired.push((until, sale));
        retired.sort_by_key(|(until, _)| *until);
    }

    /// Everything that is mapped now.
    pub fn current(&self) -> impl Iterator<Item = (&Mapped, &Sale)> {
        self.current.iter()
    }

    /// Everything that is mapped and sells nothing new.
    pub fn archived(&self) -> impl Iterator<Item = (&Mapped, &Sale)> {
        self.archived.iter()
    }

    /// The policy that a price sold until it was archived.
    #[must_use]
    pub fn archived_policy(
        &self,
        price: &str,
        product: Option<&str>,
        pricing: Pricing,
    ) -> Option<&str> {
        let sale = keys(price, product, pricing).find_map(|key| self.archived.get(&key));
        sale.map(Sale::policy)
    }

    /// What a price sells to an item that has had it since that moment: its own mapping
    /// first, then its product's. A mapping by product covers licensed prices only.
    ///
    /// A mapping that was taken away goes on serving what was bought before. One that was
    /// pointed at another product, or has made way for one of another product, goes on
    /// serving items until their price changes.
    #[must_use]
    pub fn sale(
        &self,
        price: &str,
        product: Option<&str>,
        pricing: Pricing,
        since: impl Into<Since>,
    ) -> Option<&Sale> {
        let since = since.into();
        let current = keys(price, product, pricing).find_map(|key| self.current.get(&key));
        let keys = || keys(price, product, pricing);
        let then = keys().find_map(|key| self.in_force(&key, since.price));
        let before = || keys().find_map(|key| self.retired_after(&key, since.purchase));
        match (current, then) {
            (Some(current), Some(then)) if then.product() != current.product() => Some(then),
            (Some(current), _) => Some(current),
            (None, Some(then)) => Some(then),
            (None, None) => before(),
        }
    }

    /// Whether a price is mapped now, by itself or by its product, be it archived or not.
    #[must_use]
    pub fn covers(&self, price: &str, product: Option<&str>, pricing: Pricing) -> bool {
        keys(price, product, pricing)
            .any(|key| self.current.contains_key(&key) || self.archived.contains_key(&key))
    }

    /// The mapping that was in force at that moment, as far as that is known.
    fn in_force(&self, key: &Mapped, at: Option<Timestamp>) -> Option<&Sale> {
        let current = || {
            let since = self.since.get(key).copied();
            let was = since.is_some() && at >= since;
            self.current.get(key).filter(|_| was)
        };
        self.retired_after(key, at).or_else(current)
    }

    /// The mapping that was taken away first after that moment.
    fn retired_after(&self, key: &Mapped, at: Option<Timestamp>) -> Option<&Sale> {
        let retired = self.retired.get(key)?;
        retired
            .iter()
            .find(|(until, _)| at.is_none_or(|at| at < *until))
            .map(|(_, sale)| sale)
    }
}

/// Since when an item has its price, and since when it is sold at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "two moments, and no more")]
pub struct Since {
    /// Since when it has its price.
    pub price: Option<Timestamp>,
    /// Since when it is sold.
    pub purchase: Option<Timestamp>,
}

impl From<Option<Timestamp>> for Since {
    fn from(at: Option<Timestamp>) -> Self {
        Self {
            price: at,
            purchase: at,
        }
    }
}

/// What may be mapped for a price: itself, then its product. A mapping by product covers
/// licensed prices only.
fn keys(price: &str, product: Option<&str>, pricing: Pricing) -> impl Iterator<Item = Mapped> {
    let product = product.filter(|_| pricing != Pricing::Metered);
    let by_product = product.map(|product| Mapped::Product(product.to_owned()));
    std::iter::once(Mapped::Price(price.to_owned())).chain(by_product)
}

/// What holds for all policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which refunds end a license.
    pub refund: RefundRule,
    /// From which share of a charge on a refund counts, in millionths.
    pub refund_threshold: u32,
    /// Which key a customer gets who comes back.
    pub resubscribe: Resubscribe,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refund: RefundRule::Current,
            refund_threshold: 1_000_000,
            resubscribe: Resubscribe::SameKey,
        }
    }
}

/// Which refunds end a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefundRule {
    /// The refund of what pays for the current coverage.
    #[default]
    Current,
    /// The refund of anything that ever paid for it.
    Any,
    /// None.
    Never,
}

/// Which key a customer gets who comes back after the license was revoked. Within
/// the grace it is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resubscribe {
    /// The one they had: the license comes back to life.
    #[default]
    SameKey,
    /// A new one, with a new license.
    NewKey,
}
