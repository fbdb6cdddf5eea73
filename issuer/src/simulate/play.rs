//! Plays a scenario with the real issuer: as it was told, or with its deliveries in
//! disorder.

use std::time::Duration;

use paidup_lifecycle::{Condition, Timestamp};
use serde_json::Value;

use super::expect::{self, Mismatch};
use super::scenario::{Scenario, Step};
use super::trouble::Trouble;
use super::world::World;
use crate::sandbox::Failure;

/// When every scenario begins: 2026-01-01T12:00:00Z.
pub(super) const START: Timestamp = Timestamp(1_767_268_800);

/// How deliveries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// As the scenario tells it.
    AsTold,
    /// In an order that the seed picks, some twice, and some only by the sweep.
    Disorder(u64),
}

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
    /// How many notes it carries for the vendor.
    pub flags: usize,
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

/// What an app answers that was activated when its license was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offline {
    /// From this day on.
    pub at: Timestamp,
    /// One that refreshes its token every day.
    pub daily: String,
    /// One that never does.
    pub never: String,
}

/// Plays a scenario. With `watch`, apps look at their tokens every day.
///
/// # Errors
/// What keeps it from being played.
pub async fn play(scenario: &Scenario, delivery: Delivery, watch: bool) -> Result<Played, Failure> {
    let trouble = match delivery {
        Delivery::AsTold => None,
        Delivery::Disorder(seed) => Some(Trouble::new(seed)),
    };
    let mut world = World::set(scenario, trouble, watch).await?;
    for step in &scenario.story {
        world
            .take(step)
            .await
            .map_err(|error| format!("{}: {error}", summary(step)))?;
    }
    world.end().await?;
    let told = delivery == Delivery::AsTold;
    let played = world.played().await?;
    Ok(expect::judge(scenario, played, told))
}

/// A step in a few words, as the file has it.
pub(super) fn summary(step: &Step) -> String {
    fn words(value: &Value) -> Option<String> {
        match value {
            Value::Null | Value::Bool(false) => None,
            Value::String(text) => Some(text.clone()),
            Value::Array(values) if values.is_empty() => None,
            Value::Array(values) => Some(
                values
                    .iter()
                    .filter_map(words)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| {
                    let value = words(value)?;
                    let name = name.replace('_', " ");
                    Some(if name == "as" || name == "of" {
                        value
                    } else {
                        format!("{name} {value}")
                    })
                };
                Some(
                    members
                        .iter()
                        .filter_map(member)
                        .collect::<Vec<_>>()
                        .join(", "),
                )
            }
            other => Some(other.to_string()),
        }
    }
    let value = serde_json::to_value(step).unwrap_or_default();
    words(&value).unwrap_or_default()
}

/// How long to wait for the issuer to have done its work.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
