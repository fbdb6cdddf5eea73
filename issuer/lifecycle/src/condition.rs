//! What holds of a license at one moment.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What holds of a license at one moment: what tokens, webhooks and operators
/// are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The answer.
    pub status: Status,
    /// Why the license is refused; absent while it is active.
    pub reason: Option<Reason>,
    /// A grace that is running.
    pub grace: Option<Grace>,
    /// The policy's name.
    pub policy: String,
    /// How many seats were bought.
    pub seats: u64,
    /// The next renewal, for display.
    pub renews_at: Option<Timestamp>,
    /// When it is known to end, without the grace that may follow.
    pub ends_at: Option<Timestamp>,
    /// A known end, its grace included: nobody should trust the license longer.
    pub ends_by: Option<Timestamp>,
    /// The end of the last period that was paid for.
    pub paid_until: Option<Timestamp>,
}

impl Condition {
    /// The running grace's end.
    #[must_use]
    pub fn grace_ends_at(&self) -> Option<Timestamp> {
        self.grace.map(|grace| grace.ends_at)
    }

    /// The license may be used.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.status == Status::Active
    }
}

/// The status of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// May be used, a running grace included.
    Active,
    /// Not now; a payment brings it back.
    Suspended,
    /// Its time is over.
    Expired,
    /// Taken back.
    Revoked,
    /// Taken back by an administrator for good.
    Banned,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Suspended,
        Self::Expired,
        Self::Revoked,
        Self::Banned,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Banned => "banned",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a license is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A payment failed or is outstanding.
    PaymentFailed,
    /// The subscription is paused.
    Paused,
    /// The subscription was canceled.
    Canceled,
    /// The money was given back.
    Refunded,
    /// The customer's bank wants the money back, or has it.
    Disputed,
    /// An administrator ordered it.
    Administrator,
}

impl Reason {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentFailed => "payment_failed",
            Self::Paused => "paused",
            Self::Canceled => "canceled",
            Self::Refunded => "refunded",
            Self::Disputed => "disputed",
            Self::Administrator => "administrator",
        }
    }
}

/// A grace: still usable, until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// From this moment on it is over.
    pub ends_at: Timestamp,
    /// What it follows.
    pub reason: GraceReason,
}

/// What a grace follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraceReason {
    /// The subscription was canceled.
    Canceled,
    /// A payment failed.
    PaymentFailed,
}
