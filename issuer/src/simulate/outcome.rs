//! What came of a scenario, as data.

use paidup_lifecycle::{Condition, Timestamp};
use serde_json::Value;

/// What came of a scenario.
#[derive(Debug)]
#[non_exhaustive]
pub struct Played {
    /// Each moment at which a license changed, and how.
    pub timeline: Vec<Moment>,
    /// The outgoing webhooks, in order of arrival.
    pub webhooks: Vec<Webhook>,
    /// The licenses at the end.
    pub licenses: Vec<Held>,
    /// What could not be applied by the end.
    pub waiting: Vec<Waiting>,
    /// What offline apps would have answered, wherever it changed.
    pub offline: Vec<Offline>,
    /// What is not as expected.
    pub mismatches: Vec<Mismatch>,
    /// Every event that Stripe made, as it was delivered.
    pub events: Vec<String>,
}

/// A license at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// `lic_…`
    pub id: String,
    /// What holds.
    pub condition: Condition,
    /// What the vendor should know of it.
    pub flags: Vec<&'static str>,
    /// By how many machines it is over what was bought.
    pub over: u64,
}

/// A moment at which something was seen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub step: String,
    /// What holds of each license since then.
    pub licenses: Vec<Held>,
}

/// An outgoing webhook.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Webhook {
    /// When it arrived.
    pub at: Timestamp,
    /// Its body.
    pub body: Value,
}

impl Webhook {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("/type")
    }

    /// The license it speaks of.
    #[must_use]
    pub fn license(&self) -> &str {
        self.text("/data/id")
    }

    /// A member of the body; empty where it is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default()
    }
}

/// An event that could not be applied yet, such as a purchase at an unmapped price.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// `evt_…`
    pub event: String,
    /// Its type.
    pub kind: String,
    /// What it is about.
    pub object: Option<String>,
    /// What it waits for.
    pub reason: String,
}

/// What an app answers that got its first token when its license was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offline {
    /// `lic_…`
    pub license: String,
    /// From this day on.
    pub at: Timestamp,
    /// One that refreshes its token every day.
    pub daily: String,
    /// One that never does.
    pub never: String,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// Of what.
    pub of: String,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}
