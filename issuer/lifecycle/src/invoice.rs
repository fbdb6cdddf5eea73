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
    /// When it became due for payment.
    pub finalized_at: Option<Timestamp>,
    /// The last day to pay it, where it is paid by hand.
    pub due_date: Option<Timestamp>,
    /// What it bills.
    pub lines: Vec<InvoiceLine>,
    /// It has more lines than are known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
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
