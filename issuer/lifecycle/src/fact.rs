//! A fact: what is known of one object at one moment, and which of two is newer.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{CheckoutPayment, InvoiceStatus, Object, ObjectKey, SubscriptionStatus, Timestamp};

/// What is known of one object at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When and how it was learnt.
    pub observed: Observed,
    /// The object as it stood then.
    pub object: Object,
}

/// When and how something was learnt; later beats earlier, and within one
/// second asking beats being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Observed {
    /// The billing system's own time.
    pub at: Timestamp,
    /// How it was learnt.
    pub source: Source,
    /// Which of several answers within one second was asked for last: any number
    /// that grows from question to question. The billing system's clock has whole
    /// seconds only. Zero for events.
    pub asked: i64,
}

/// How something was learnt, in rising order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An event carried it.
    Event,
    /// The billing system was asked.
    Fetch,
}

impl Observed {
    /// Orders sightings of something by which was first; an event's moment is its own,
    /// and an answer's only the moment of asking.
    fn cmp_first(self, other: Self) -> Ordering {
        let moment = other.at.cmp(&self.at);
        moment
            .then_with(|| other.source.cmp(&self.source))
            .then_with(|| other.asked.cmp(&self.asked))
    }
}

impl Fact {
    /// A fact carried by an event of that moment.
    #[must_use]
    pub fn event(at: Timestamp, object: Object) -> Self {
        Self {
            observed: Observed {
                at,
                source: Source::Event,
                asked: 0,
            },
            object,
        }
    }

    /// A fact fetched at that moment, by the billing system's clock, with the
    /// question of that number.
    #[must_use]
    pub fn fetched(at: Timestamp, asked: i64, object: Object) -> Self {
        Self {
            observed: Observed {
                at,
                source: Source::Fetch,
                asked,
            },
            object,
        }
    }

    /// The object it is about.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        self.object.key()
    }

    /// Orders snapshots of one object; the greater one is what is known.
    ///
    /// How far an object has come counts first, since final states absorb; then
    /// when and how it was observed. The content itself breaks the last tie, so
    /// that the order is total and a join of facts cannot depend on arrival.
    #[must_use]
    pub fn cmp_knowledge(&self, other: &Self) -> Ordering {
        self.progress()
            .cmp(&other.progress())
            .then_with(|| match &self.object {
                Object::ItemSet(set) if set.before.is_none() => {
                    self.observed.cmp_first(other.observed)
                }
                _ => self.observed.cmp(&other.observed),
            })
            .then_with(|| self.object.cmp(&other.object))
    }

    fn progress(&self) -> u8 {
        match &self.object {
            Object::Customer(it) => u8::from(it.deleted),
            Object::Checkout(it) => match it.payment_status {
                CheckoutPayment::Open => 0,
                CheckoutPayment::Unpaid => 1,
                CheckoutPayment::Settled => 2,
            },
            Object::Subscription(it) => match it.status {
                SubscriptionStatus::Unknown => 0,
                status if status.is_final() => 2,
                _ => 1,
            },
            Object::Invoice(it) => match it.status {
                InvoiceStatus::Draft => 0,
                InvoiceStatus::Open => 1,
                InvoiceStatus::Uncollectible => 2,
                InvoiceStatus::Void => 3,
                InvoiceStatus::Paid => 4,
            },
            Object::Refund(it) => u8::from(it.failed),
            Object::Dispute(it) => u8::from(it.status.is_final()),
            Object::InvoiceOrigin(it) => u8::from(it.checkout.is_some()),
            Object::CheckoutLines(_)
            | Object::Course(_)
            | Object::ItemSet(_)
            | Object::Settlement(_)
            | Object::Charge(_) => 0,
        }
    }
}
