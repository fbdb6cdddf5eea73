//! What an administrator orders: it holds whatever the facts say, until it is lifted.

use serde::{Deserialize, Serialize};

use crate::{Condition, Reason, Status};

/// What an administrator orders of one license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Not now.
    Suspend,
    /// Taken back.
    Revoke,
    /// Taken back for good.
    Ban,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::Suspend, Self::Revoke, Self::Ban];

    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Revoke => "revoke",
            Self::Ban => "ban",
        }
    }

    /// A later purchase gets a license of its own.
    #[must_use]
    pub fn bars(self) -> bool {
        matches!(self, Self::Revoke | Self::Ban)
    }

    /// What holds under the order, where the facts amount to `condition`. Nothing
    /// that is already over comes back by it.
    #[must_use]
    pub fn over(self, condition: Condition) -> Condition {
        let status = match self {
            Self::Suspend => Status::Suspended,
            Self::Revoke => Status::Revoked,
            Self::Ban => Status::Banned,
        };
        if condition.status >= status {
            return condition;
        }
        Condition {
            status,
            reason: Some(Reason::Administrator),
            grace: None,
            renews_at: None,
            ends_at: None,
            ends_by: None,
            ..condition
        }
    }
}
