//! What the vendor decided: which price is which policy, and on which terms.

use std::collections::BTreeMap;

/// What a policy says about the life of a license.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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

/// Which price, or else which product, is sold under which terms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    prices: BTreeMap<String, Terms>,
    products: BTreeMap<String, Terms>,
}

impl Mapping {
    /// Maps a price.
    pub fn map_price(&mut self, price: &str, terms: Terms) {
        self.prices.insert(price.to_owned(), terms);
    }

    /// Maps every price of a product that is not mapped itself.
    pub fn map_product(&mut self, product: &str, terms: Terms) {
        self.products.insert(product.to_owned(), terms);
    }

    /// The terms of a price: its own first, then its product's.
    #[must_use]
    pub fn terms(&self, price: &str, product: Option<&str>) -> Option<&Terms> {
        self.prices
            .get(price)
            .or_else(|| self.products.get(product?))
    }
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
