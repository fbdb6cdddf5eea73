//! What customers buy in a story, and in which way.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// Another line of a purchase: `price_extra`, or `{ price: price_extra, quantity: 4 }`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged, deny_unknown_fields)]
#[non_exhaustive]
pub enum Line {
    /// One of a price.
    One(String),
    /// Several of a price.
    Several {
        /// The price.
        price: String,
        /// How many.
        quantity: i64,
    },
}

impl Line {
    pub(super) fn price(&self) -> &str {
        match self {
            Self::One(price) | Self::Several { price, .. } => price,
        }
    }

    pub(super) fn quantity(&self) -> i64 {
        match self {
            Self::One(_) => 1,
            Self::Several { quantity, .. } => *quantity,
        }
    }
}

/// What somebody buys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Buy {
    /// What later steps call it.
    #[serde(rename = "as")]
    pub name: String,
    /// The price; several lines have several.
    pub price: String,
    /// Who buys.
    pub email: String,
    /// How many.
    pub quantity: Option<i64>,
    /// Further prices in the same purchase.
    #[serde(default)]
    pub also: Vec<Line>,
    /// The purchase whose customer buys again; else Stripe makes a new one.
    pub customer_of: Option<String>,
    /// Days of trial.
    pub trial: Option<u32>,
    /// Sold once, to a guest.
    #[serde(default)]
    pub once: bool,
    /// By a payment that settles later.
    #[serde(default)]
    pub delayed: bool,
    /// Through a payment link.
    #[serde(default)]
    pub payment_link: bool,
    /// Sold once, with an invoice of the purchase.
    #[serde(default)]
    pub invoice: bool,
}

/// What the vendor subscribes a customer to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Subscribe {
    /// What later steps call it.
    #[serde(rename = "as")]
    pub name: String,
    /// The price.
    pub price: String,
    /// The customer.
    pub email: String,
    /// How many.
    pub quantity: Option<i64>,
    /// Further prices in the same subscription.
    #[serde(default)]
    pub also: Vec<Line>,
    /// The purchase whose customer it is; else a new one.
    pub customer_of: Option<String>,
    /// Its invoices are sent, and to be paid within so many days.
    pub net: Option<u32>,
    /// It is backdated by so much.
    pub backdate: Option<Span>,
    /// Whether the first payment is made; what is sent is not paid at once.
    #[serde(default)]
    pub paid: bool,
}

/// What the vendor sells by an invoice.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SendInvoice {
    /// What later steps call it.
    #[serde(rename = "as")]
    pub name: String,
    /// The price.
    pub price: String,
    /// The customer.
    pub email: String,
    /// How many.
    pub quantity: Option<i64>,
    /// Further prices on the same invoice.
    #[serde(default)]
    pub also: Vec<Line>,
    /// The purchase whose customer it is; else a new one.
    pub customer_of: Option<String>,
    /// Whether it is paid at once.
    #[serde(default)]
    pub paid: bool,
}
