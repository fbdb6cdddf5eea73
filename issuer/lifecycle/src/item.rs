//! What one license follows: an item of a subscription, or a line of a single
//! purchase. Never a whole checkout, never a customer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CheckoutMode, CheckoutPayment, History, Timestamp};

/// What one license follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Item {
    /// Where it was bought.
    pub origin: ItemOrigin,
    /// The item or line there.
    pub id: String,
}

/// Where an item was bought.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOrigin {
    /// In the subscription of that identifier.
    Subscription(String),
    /// In the checkout of that identifier, once and for all.
    Checkout(String),
}

impl Item {
    /// An item of a subscription.
    #[must_use]
    pub fn of_subscription(subscription: &str, id: &str) -> Self {
        Self {
            origin: ItemOrigin::Subscription(subscription.to_owned()),
            id: id.to_owned(),
        }
    }

    /// A line of a single purchase.
    #[must_use]
    pub fn of_checkout(checkout: &str, id: &str) -> Self {
        Self {
            origin: ItemOrigin::Checkout(checkout.to_owned()),
            id: id.to_owned(),
        }
    }

    /// The identifier of the subscription or checkout it belongs to.
    #[must_use]
    pub fn origin_id(&self) -> &str {
        match &self.origin {
            ItemOrigin::Subscription(id) | ItemOrigin::Checkout(id) => id,
        }
    }

    /// The subscription it belongs to, if any.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        match &self.origin {
            ItemOrigin::Subscription(id) => Some(id),
            ItemOrigin::Checkout(_) => None,
        }
    }
}

impl fmt::Display for Item {
    /// `subscription/item` or `checkout/line`: unique within an account and mode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.origin_id(), self.id)
    }
}

/// An item and what was sold as it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase<'a> {
    /// The item.
    pub item: Item,
    /// The price it was sold at.
    pub price: &'a str,
    /// The product behind the price.
    pub product: Option<&'a str>,
    /// The paying customer; absent for guests.
    pub customer: Option<&'a str>,
    /// When it was bought.
    pub started_at: Option<Timestamp>,
}

impl History {
    /// Everything in this history that a license could follow, in the order in
    /// which it was bought.
    #[must_use]
    pub fn purchases(&self) -> Vec<Purchase<'_>> {
        let recurring = self.subscriptions().flat_map(|subscription| {
            subscription.items.iter().map(|item| Purchase {
                item: Item::of_subscription(&subscription.id, &item.id),
                price: &item.price,
                product: item.product.as_deref(),
                customer: subscription.customer.as_deref(),
                started_at: subscription.started_at,
            })
        });
        let single = self
            .checkouts()
            .filter(|it| {
                it.mode == CheckoutMode::Payment && it.payment_status != CheckoutPayment::Open
            })
            .flat_map(|checkout| {
                let lines = self.lines_of(&checkout.id).map(|it| it.lines.as_slice());
                lines.unwrap_or_default().iter().map(|line| Purchase {
                    item: Item::of_checkout(&checkout.id, &line.id),
                    price: &line.price,
                    product: line.product.as_deref(),
                    customer: checkout.customer.as_deref(),
                    started_at: checkout.created,
                })
            });
        let mut purchases: Vec<_> = recurring.chain(single).collect();
        purchases.sort_by(|a, b| (a.started_at, &a.item).cmp(&(b.started_at, &b.item)));
        purchases
    }
}
