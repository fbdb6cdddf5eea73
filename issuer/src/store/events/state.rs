//! What became of an event, and what it waits for.

use std::fmt;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EventState {
    /// Stored, not looked at yet.
    Pending,
    /// Cannot be applied yet.
    Parked,
    /// Did what it could.
    Applied,
    /// Of a kind that decides nothing.
    Ignored,
    /// Of another mode.
    SetAside,
    /// Cannot be understood.
    Quarantined,
}

impl EventState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Parked,
        Self::Applied,
        Self::Ignored,
        Self::SetAside,
        Self::Quarantined,
    ];

    /// The word in the database and in lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Parked => "parked",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::SetAside => "set_aside",
            Self::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for EventState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a parked event waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// A price to be mapped to a policy.
    Mapping,
    /// Stripe to answer.
    Stripe,
}

impl WaitsFor {
    pub(super) fn named(word: &str) -> Option<Self> {
        [Self::Mapping, Self::Stripe]
            .into_iter()
            .find(|waits_for| waits_for.as_str() == word)
    }

    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Stripe => "stripe",
        }
    }
}
