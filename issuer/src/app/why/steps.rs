//! The history of a license, from the audit log.

use std::collections::BTreeMap;

use paidup_lifecycle::Timestamp;

use crate::app::Record;
use crate::store::changes::ChangeRow;

/// A change of a license.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// When it became true; by Stripe's clock where that is known.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who: `stripe`, `time`, `administrator` …
    pub actor: String,
    /// What: `license.suspended` …
    pub action: String,
    /// What held before; absent where there was no license.
    pub before: Option<Record>,
    /// What held from then on.
    pub after: Record,
    /// The events that prompted it, oldest first.
    pub events: Vec<StepEvent>,
}

/// An event that prompted a change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StepEvent {
    /// `evt_…`
    pub id: String,
    /// Its type; absent where the inbox has lost it.
    pub kind: Option<String>,
}

/// The entries of the audit log as steps, oldest first, and without those that only say
/// what the next one does.
pub(super) fn steps(entries: Vec<ChangeRow>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for entry in entries {
        let before = steps.last().map(|step| step.after.clone());
        let record: Option<Record> = serde_json::from_str(&entry.detail).ok();
        let reissued = || before.clone().filter(|_| entry.action == KEY_REISSUED);
        let Some(after) = record.or_else(reissued) else {
            continue;
        };
        let told_by = |id: &String| StepEvent {
            id: id.clone(),
            kind: None,
        };
        let recorded_at = Timestamp(entry.recorded_at);
        let fresh = entry.action != KEY_REISSUED;
        steps.push(Step {
            at: after.since.filter(|_| fresh).unwrap_or(recorded_at),
            recorded_at,
            events: after.events.iter().filter(|_| fresh).map(told_by).collect(),
            actor: entry.actor,
            action: entry.action,
            before,
            after,
        });
    }
    steps
}

/// The action of a step that gave the license another key.
pub(crate) const KEY_REISSUED: &str = "license.key_reissued";

impl Step {
    pub(super) fn name_events(&mut self, kinds: &BTreeMap<String, String>) {
        for event in &mut self.events {
            event.kind = kinds.get(&event.id).cloned();
        }
    }
}
