//! Tells transitions, not arrivals: what changed between two conditions.

use serde::{Deserialize, Serialize};

use crate::{Condition, Status};

/// A change worth telling the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transition {
    /// The license was made, and can be used or could again.
    Created,
    /// Active → suspended.
    Suspended,
    /// Suspended, expired or revoked → active.
    Reinstated,
    /// Another policy, other seats, a grace begun or lifted, a known end set or lifted.
    Updated,
    /// A new period was paid.
    Renewed,
    /// Taken back.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Transition {
    /// The type of the outgoing webhook.
    #[must_use]
    pub fn event_type(self) -> &'static str {
        match self {
            Self::Created => "license.created",
            Self::Suspended => "license.suspended",
            Self::Reinstated => "license.reinstated",
            Self::Updated => "license.updated",
            Self::Renewed => "license.renewed",
            Self::Revoked => "license.revoked",
            Self::Expired => "license.expired",
        }
    }
}

/// What changed from `before` (none: the license is new) to `after`, in the
/// order in which it should be told.
///
/// A license that is already over when it is made announces nothing.
#[must_use]
pub fn transitions(before: Option<&Condition>, after: &Condition) -> Vec<Transition> {
    let Some(before) = before else {
        return match after.status {
            Status::Active => vec![Transition::Created],
            Status::Suspended => vec![Transition::Created, Transition::Suspended],
            Status::Expired | Status::Revoked | Status::Banned => Vec::new(),
        };
    };
    let mut told = Vec::new();
    if before.status != after.status {
        told.push(match after.status {
            Status::Active => Transition::Reinstated,
            Status::Suspended => Transition::Suspended,
            Status::Expired => Transition::Expired,
            Status::Revoked | Status::Banned => Transition::Revoked,
        });
    }
    let begun_or_lifted = before.grace != after.grace && before.status == after.status;
    let another_end = other_end(before, after) && before.status == after.status;
    if before.policy != after.policy
        || before.seats != after.seats
        || begun_or_lifted
        || another_end
    {
        told.push(Transition::Updated);
    }
    let paid_further = before.paid_until.is_some() && before.paid_until < after.paid_until;
    if paid_further && after.status == Status::Active {
        told.push(Transition::Renewed);
    }
    told
}

/// A known end is set, lifted or set to another date. The end of a paid period moves
/// with each renewal, which is no news.
fn other_end(before: &Condition, after: &Condition) -> bool {
    match (before.ends_at, after.ends_at) {
        (Some(old), Some(new)) => {
            let with_period = |condition: &Condition| condition.ends_at == condition.paid_until;
            let renewed = before.paid_until != after.paid_until;
            old != new && !renewed && !with_period(before) && !with_period(after)
        }
        (old, new) => old.is_some() != new.is_some(),
    }
}
