//! A recurring purchase.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ItemSet, Pricing, SoldItem, Timestamp};

/// A recurring purchase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subscription {
    /// The billing system's identifier.
    pub id: String,
    /// The customer.
    pub customer: Option<String>,
    /// When it was bought: when the billing system made it, never a backdated start.
    pub started_at: Option<Timestamp>,
    /// What the billing system calls its state.
    pub status: SubscriptionStatus,
    /// What is being bought.
    pub items: Vec<SubscriptionItem>,
    /// It has more items than are known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Bills are sent and paid by hand, so that nothing is charged by itself.
    pub invoiced: bool,
    /// It ends at this moment.
    pub cancel_at: Option<Timestamp>,
    /// It ends when the running period does.
    pub cancel_at_period_end: bool,
    /// It ended at this moment.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// The end of its trial.
    pub trial_end: Option<Timestamp>,
    /// It has a way to pay once the trial is over; unknown counts as yes.
    pub trial_ends_without_payment: bool,
    /// The vendor's own values, echoed to the vendor.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Subscription {
    /// A subscription of which nothing but its state is known.
    #[must_use]
    pub fn new(id: &str, status: SubscriptionStatus) -> Self {
        Self {
            id: id.to_owned(),
            customer: None,
            started_at: None,
            status,
            items: Vec::new(),
            truncated: false,
            invoiced: false,
            cancel_at: None,
            cancel_at_period_end: false,
            ended_at: None,
            end_reason: None,
            trial_end: None,
            trial_ends_without_payment: false,
            metadata: BTreeMap::new(),
        }
    }

    /// What it sells, where all of its items are known.
    #[must_use]
    pub fn item_set(&self) -> Option<ItemSet> {
        let known = !self.truncated && !self.items.is_empty();
        known.then(|| ItemSet {
            subscription: self.id.clone(),
            items: self.items.iter().map(SoldItem::from).collect(),
            before: None,
            status: self.course().map(|course| course.status),
        })
    }

    /// How it stands, unless it is over.
    #[must_use]
    pub fn course(&self) -> Option<Course> {
        let known = self.status != SubscriptionStatus::Unknown && !self.status.is_final();
        known.then(|| Course {
            subscription: self.id.clone(),
            status: self.status,
        })
    }
}

/// How a subscription stood when it was last seen alive. Its end does not tell, and a
/// grace must not bring back what was suspended by then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Course {
    /// The subscription.
    pub subscription: String,
    /// Never a final one.
    pub status: SubscriptionStatus,
}

/// One item of a subscription: what one license follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubscriptionItem {
    /// The item's identifier.
    pub id: String,
    /// The price it is sold at.
    pub price: String,
    /// The product behind the price.
    pub product: Option<String>,
    /// How many; seats.
    pub quantity: u64,
    /// The end of the running period.
    pub period_end: Option<Timestamp>,
    /// When it joined the subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// How its price charges.
    #[serde(default, skip_serializing_if = "Pricing::is_licensed")]
    pub pricing: Pricing,
}

impl SubscriptionItem {
    /// One of `price`, with nothing else known.
    #[must_use]
    pub fn new(id: &str, price: &str) -> Self {
        Self {
            id: id.to_owned(),
            price: price.to_owned(),
            product: None,
            quantity: 1,
            period_end: None,
            created: None,
            pricing: Pricing::Licensed,
        }
    }
}

impl From<&SubscriptionItem> for SoldItem {
    fn from(item: &SubscriptionItem) -> Self {
        Self {
            id: item.id.clone(),
            price: item.price.clone(),
            product: item.product.clone(),
            quantity: item.quantity,
            pricing: item.pricing,
        }
    }
}

/// What the billing system calls the state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// A word we do not know: no reason to change anything.
    Unknown,
    /// The first payment has not succeeded.
    Incomplete,
    /// Free until the trial ends.
    Trialing,
    /// In good standing.
    Active,
    /// A renewal has failed and is being retried.
    PastDue,
    /// A renewal has failed for good, the subscription is kept.
    Unpaid,
    /// Stopped on request or for lack of payment.
    Paused,
    /// The first payment never succeeded. Final.
    IncompleteExpired,
    /// Over. Final.
    Canceled,
}

impl SubscriptionStatus {
    /// No later snapshot can change it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::IncompleteExpired | Self::Canceled)
    }
}

/// Why a subscription ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody asked for it, or the reason is one we do not know.
    Requested,
    /// The payments failed.
    PaymentFailed,
    /// A payment was disputed.
    Disputed,
}
