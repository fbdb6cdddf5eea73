//! What can be bought: an item of a subscription, or a line of a single purchase. Never
//! a whole checkout, never a customer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An item of a subscription, or a line of a single purchase.
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
    /// In the checkout of that identifier, paid once.
    Checkout(String),
    /// By the invoice of that identifier, which belongs to no subscription; paid once.
    Invoice(String),
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

    /// A line of an invoice that belongs to no subscription.
    #[must_use]
    pub fn of_invoice(invoice: &str, id: &str) -> Self {
        Self {
            origin: ItemOrigin::Invoice(invoice.to_owned()),
            id: id.to_owned(),
        }
    }

    /// The identifier of the subscription, checkout or invoice it belongs to.
    #[must_use]
    pub fn origin_id(&self) -> &str {
        match &self.origin {
            ItemOrigin::Subscription(id) | ItemOrigin::Checkout(id) | ItemOrigin::Invoice(id) => id,
        }
    }

    /// The subscription it belongs to, if any.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        match &self.origin {
            ItemOrigin::Subscription(id) => Some(id),
            ItemOrigin::Checkout(_) | ItemOrigin::Invoice(_) => None,
        }
    }
}

impl fmt::Display for Item {
    /// `subscription/item`, `checkout/line` or `invoice/line`: unique within an account
    /// and mode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.origin_id(), self.id)
    }
}
