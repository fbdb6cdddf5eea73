//! Since when a license has its status.

use paidup_lifecycle::{Condition, Timestamp};

use super::LicenseRow;

impl LicenseRow {
    /// What held when it last changed.
    #[must_use]
    pub fn recorded(&self) -> Condition {
        self.condition(Timestamp(self.updated_at))
    }

    /// Since when it has the status that it has at `now`.
    #[must_use]
    pub fn since(&self, now: Timestamp) -> Timestamp {
        let recorded = Timestamp(self.status_since);
        if self.recorded().status == self.condition(now).status {
            return recorded;
        }
        self.turned_at(now).unwrap_or(now).max(recorded)
    }

    /// The last moment up to `now` at which time alone changed its status.
    #[must_use]
    pub fn turned_at(&self, now: Timestamp) -> Option<Timestamp> {
        let mut before = Timestamp(i64::MIN);
        let mut turned = None;
        while let Some(change) = self.next_change(before).filter(|change| *change <= now) {
            if self.condition(before).status != self.condition(change).status {
                turned = Some(change);
            }
            before = change;
        }
        turned
    }
}
