//! Bills, what paid them, and what went back.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Invoice {
    /// The billing system's identifier.
    pub id: String,
    /// The customer.
    pub customer: Option<String>,
    /// The subscription it bills.
    pub subscription: Option<String>,
    /// How far it has come.
    pub status: InvoiceStatus,
    /// The sum in the currency's smallest unit; negative where it credits.
    pub total: i64,
    /// How much of it was paid by payments; unknown in facts of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_paid: Option<u64>,
    /// When it was drafted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it became due for payment.
    pub finalized_at: Option<Timestamp>,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// A payment was tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attempted: bool,
    /// It was not made for a new period, but by hand or for a change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_cycle: bool,
    /// The last day to pay it, where it is paid by hand.
    pub due_date: Option<Timestamp>,
    /// What it bills.
    pub lines: Vec<InvoiceLine>,
    /// It has more lines than are known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Invoice {
    /// An invoice of which nothing but its state is known.
    #[must_use]
    pub fn new(id: &str, status: InvoiceStatus) -> Self {
        Self {
            id: id.to_owned(),
            customer: None,
            subscription: None,
            status,
            total: 0,
            amount_paid: None,
            created: None,
            finalized_at: None,
            paid_at: None,
            attempted: false,
            off_cycle: false,
            due_date: None,
            lines: Vec::new(),
            truncated: false,
        }
    }

    /// When it was made, as far as that is known.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        self.created.or(self.finalized_at)
    }

    /// When it should have been paid.
    #[must_use]
    pub fn payable_at(&self) -> Option<Timestamp> {
        self.due_date.or(self.finalized_at)
    }
}

/// How far an invoice has come. Ordered: what is later absorbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Still being written.
    Draft,
    /// Waiting for payment.
    Open,
    /// Given up on; it may still be paid.
    Uncollectible,
    /// Withdrawn.
    Void,
    /// Paid.
    Paid,
}

/// What one line of an invoice bills.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// The subscription item, where the line bills one.
    pub item: Option<String>,
    /// It corrects a change made in the middle of a period.
    pub proration: bool,
    /// What it pays for.
    pub period: Period,
    /// The line's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The price it was sold at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The product behind the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// How many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quantity: u64,
    /// Its sum in the currency's smallest unit; negative where it credits, and unknown in
    /// facts of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

impl InvoiceLine {
    /// A line for that period, of which nothing else is known.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            item: None,
            proration: false,
            period,
            id: None,
            price: None,
            product: None,
            quantity: 1,
            amount: None,
        }
    }
}

fn one() -> u64 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(quantity: &u64) -> bool {
    *quantity == 1
}

/// From `start` on, up to and without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Period {
    /// The first second.
    pub start: Timestamp,
    /// The first second after it.
    pub end: Timestamp,
}

/// The knowledge that a payment went towards an invoice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Settlement {
    /// The invoice.
    pub invoice: String,
    /// The payment, or the charge where there was no payment around it.
    pub payment: String,
}

/// Whether an invoice that belongs to no subscription was made by a checkout. A
/// checkout's own line owns the license.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InvoiceOrigin {
    /// The invoice.
    pub invoice: String,
    /// The checkout that made it, if one did.
    pub checkout: Option<String>,
}

/// Money that moved, and how much of it went back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Charge {
    /// The billing system's identifier.
    pub id: String,
    /// The customer.
    pub customer: Option<String>,
    /// The payment it belongs to.
    pub payment: Option<String>,
    /// The invoice, where the billing system still says so.
    pub invoice: Option<String>,
    /// The sum in the currency's smallest unit.
    pub amount: u64,
    /// How much of it was given back.
    pub amount_refunded: u64,
}
