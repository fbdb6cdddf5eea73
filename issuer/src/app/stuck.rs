//! Events that could not be applied, and what to do about them.

use serde::Serialize;

use super::{App, iso8601};
use crate::store::StoreError;
use crate::store::events::{self, EventState, Stuck, WaitsFor};

/// Events that could not be applied for one cause.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StuckEvents {
    /// `parked` or `quarantined`.
    pub state: &'static str,
    /// `mapping` or `stripe`, where they are parked.
    pub waits_for: Option<&'static str>,
    /// How many there are.
    pub count: i64,
    /// The one that arrived first.
    pub oldest: OldestEvent,
    /// What to do.
    pub next: String,
}

/// The event that has been stuck for longest.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OldestEvent {
    /// `evt_…`
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it arrived.
    pub received_at: String,
    /// Why it is not applied.
    pub reason: Option<String>,
}

impl StuckEvents {
    /// Whether the events wait for the mapping of that price.
    #[must_use]
    pub fn is_about(&self, price: &str) -> bool {
        let reason = self.oldest.reason.as_deref().unwrap_or_default();
        self.waits_for == Some(WaitsFor::Mapping.as_str())
            && reason.split_whitespace().any(|word| word == price)
    }

    /// The same in one sentence.
    #[must_use]
    pub fn warning(&self) -> String {
        let events = match self.count {
            1 => "1 event has".to_owned(),
            count => format!("{count} events have"),
        };
        let reason = self
            .oldest
            .reason
            .as_deref()
            .unwrap_or("no reason is known");
        format!(
            "{events} been {} since {}: {reason}; {}",
            self.state, self.oldest.received_at, self.next
        )
    }
}

impl From<Stuck> for StuckEvents {
    fn from(stuck: Stuck) -> Self {
        let event = stuck.oldest.arrival;
        let next = next_step(stuck.state, stuck.waits_for, &event.id);
        Self {
            state: stuck.state.as_str(),
            waits_for: stuck.waits_for.map(WaitsFor::as_str),
            count: stuck.count,
            oldest: OldestEvent {
                id: event.id,
                kind: event.kind,
                received_at: iso8601(stuck.oldest.received_at),
                reason: stuck.oldest.reason,
            },
            next,
        }
    }
}

/// What to do about an event that could not be applied.
pub(super) fn next_step(state: EventState, waits_for: Option<WaitsFor>, id: &str) -> String {
    match (state, waits_for) {
        (EventState::Parked, Some(WaitsFor::Mapping)) => {
            "map the price in paidup.toml, under [[stripe.mappings]]".to_owned()
        }
        (EventState::Parked, _) => {
            "it is tried again without you; `paidup events retry --parked` tries now".to_owned()
        }
        _ => format!("`paidup events show {id}` shows it, `paidup events retry {id}` tries again"),
    }
}

impl App {
    /// The events that could not be applied, by cause.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stuck_events(&self) -> Result<Vec<StuckEvents>, StoreError> {
        let stuck = events::stuck(&mut *self.0.store.read().await?).await?;
        Ok(stuck.into_iter().map(StuckEvents::from).collect())
    }
}
