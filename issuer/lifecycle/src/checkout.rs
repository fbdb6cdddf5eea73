//! A purchase made through a hosted checkout, and what it sold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A purchase made through a hosted checkout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Checkout {
    /// The billing system's identifier.
    pub id: String,
    /// When it was opened.
    pub created: Option<Timestamp>,
    /// Whether something recurring or a single thing was bought.
    pub mode: CheckoutMode,
    /// Whether the money has settled.
    pub payment_status: CheckoutPayment,
    /// The customer; absent for guests.
    pub customer: Option<String>,
    /// The e-mail address the buyer typed.
    pub email: Option<String>,
    /// The name the buyer typed.
    pub name: Option<String>,
    /// The subscription it started.
    pub subscription: Option<String>,
    /// The payment that paid for a single purchase.
    pub payment: Option<String>,
    /// The invoice, where one was made.
    pub invoice: Option<String>,
    /// The vendor's own reference, echoed to the vendor.
    pub reference: Option<String>,
    /// The vendor's own values, echoed to the vendor.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// What a checkout sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutMode {
    /// A single purchase.
    Payment,
    /// The start of a subscription.
    Subscription,
    /// Nothing: a payment method was saved, or a mode we do not know.
    Other,
}

/// Whether a checkout's money has settled. Ordered: what is later absorbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutPayment {
    /// The checkout is still open, or expired: nothing was bought.
    Open,
    /// Completed with a delayed payment method that has not settled.
    Unpaid,
    /// Paid, or nothing was due (a trial, a full discount).
    Settled,
}

/// What a checkout sold, line by line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckoutLines {
    /// The checkout.
    pub checkout: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One thing on sale: a price, of a product, so many times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// The line's identifier.
    pub id: String,
    /// The price it was sold at.
    pub price: String,
    /// The product behind the price.
    pub product: Option<String>,
    /// How many.
    pub quantity: u64,
    /// It is paid once, even where the checkout starts a subscription.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_time: bool,
}
