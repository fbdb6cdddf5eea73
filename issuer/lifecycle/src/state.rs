//! What the facts amount to, for all time: a state answers for every moment.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Condition, Grace, GraceReason, Purchase, Reason, Status, Timestamp};

/// What the facts about one item amount to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseState {
    /// The policy's name.
    pub policy: String,
    /// How many seats were bought.
    pub seats: u64,
    /// The end of the last period that was paid for.
    pub paid_until: Option<Timestamp>,
    /// When that period was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// Where the purchase stands.
    pub phase: Phase,
    /// Since when it is over in such a way that a new purchase may carry its
    /// license on: canceled, not paid, or refunded; never while it may go on itself.
    pub over_since: Option<Timestamp>,
    /// When its item was removed, or moved to another product, while the subscription went
    /// on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
    /// Entitlements that extensions add to those of the policy.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub entitlements: BTreeSet<String>,
    /// What the vendor should know although it changes nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
}

/// What the vendor should know although it changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flag {
    /// A period that is over was refunded, and the license goes on.
    OldPeriodRefunded,
    /// A dispute about a period that is over was lost, and the license goes on.
    OldDisputeLost,
    /// The same buyer lost an earlier license of the product to a dispute or to an
    /// administrator.
    EarlierPurchaseBarred,
    /// The price that it has now is mapped to nothing; it keeps the terms that it had.
    UnmappedPrice,
    /// How it stood at its end was not seen, and was inferred from its invoices.
    StandingInferred,
    /// When its item was changed was not seen: it may have been earlier.
    MomentInferred,
    /// A correction in the middle of a period was refunded, and the license goes on.
    ProrationRefunded,
    /// An extension could belong to several licenses of its subscription; it belongs to
    /// this one, whose item has the lowest identifier.
    ExtensionAmbiguous,
}

impl Flag {
    /// What the vendor should know, in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OldPeriodRefunded => "a period that is over was refunded",
            Self::OldDisputeLost => "a dispute about a period that is over was lost",
            Self::EarlierPurchaseBarred => {
                "the same buyer lost an earlier license of the product to a dispute or to an \
                 administrator"
            }
            Self::UnmappedPrice => "its price is not mapped to a policy; it keeps its last terms",
            Self::StandingInferred => {
                "how it stood at its end was not seen, and was inferred from its invoices"
            }
            Self::MomentInferred => {
                "the moment at which its item was changed was not seen, and may have been earlier"
            }
            Self::ProrationRefunded => "a correction in the middle of a period was refunded",
            Self::ExtensionAmbiguous => {
                "an extension fits several licenses of its subscription, and was added to this one"
            }
        }
    }
}

/// Where a purchase stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing was paid for yet: no license is made.
    Pending,
    /// It ended before anything was paid for: no license is made.
    Lapsed,
    /// Paid, or in a trial.
    Active {
        /// The next renewal; absent where none is to come.
        renews_at: Option<Timestamp>,
        /// A known end, without the grace that may follow.
        ends_at: Option<Timestamp>,
        /// A known end, its grace included.
        ends_by: Option<Timestamp>,
    },
    /// Not paid.
    Unpaid {
        /// Why.
        reason: Reason,
        /// The license stays usable until then.
        grace_ends_at: Option<Timestamp>,
    },
    /// The subscription ended, and was paid up to then.
    Ended {
        /// The license stays usable until then.
        grace_ends_at: Timestamp,
    },
    /// The subscription ended while a payment was outstanding.
    EndedUnpaid {
        /// What is outstanding.
        reason: Reason,
        /// A grace for the failed payment that still runs.
        payment_grace_ends_at: Option<Timestamp>,
        /// The license is suspended until then, and revoked from then on.
        revoked_at: Timestamp,
    },
    /// Taken back.
    Revoked {
        /// Why.
        reason: Reason,
    },
}

impl LicenseState {
    pub(crate) fn new(purchase: &Purchase<'_>, phase: Phase) -> Self {
        Self {
            policy: purchase.terms.policy.clone(),
            seats: purchase.quantity,
            paid_until: None,
            paid_at: None,
            phase,
            over_since: None,
            left_at: purchase.ended.map(|end| end.at),
            entitlements: BTreeSet::new(),
            flags: BTreeSet::new(),
        }
    }

    /// A license is to be made for it.
    #[must_use]
    pub fn is_provisioned(&self) -> bool {
        !matches!(self.phase, Phase::Pending | Phase::Lapsed)
    }

    /// What holds at `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Condition {
        let (status, reason, grace) = match self.phase {
            // A license that was made before its payment fell through.
            Phase::Pending => refused(Status::Suspended, Reason::PaymentFailed),
            Phase::Lapsed => refused(Status::Revoked, Reason::Canceled),
            Phase::Active { .. } => (Status::Active, None, None),
            Phase::Unpaid {
                reason,
                grace_ends_at,
            } => running(grace_ends_at, GraceReason::PaymentFailed, now)
                .unwrap_or(refused(Status::Suspended, reason)),
            Phase::Ended { grace_ends_at } => {
                running(Some(grace_ends_at), GraceReason::Canceled, now)
                    .unwrap_or(refused(Status::Revoked, Reason::Canceled))
            }
            Phase::EndedUnpaid {
                reason,
                payment_grace_ends_at,
                revoked_at,
            } => running(payment_grace_ends_at, GraceReason::PaymentFailed, now).unwrap_or(
                if now < revoked_at {
                    refused(Status::Suspended, reason)
                } else {
                    refused(Status::Revoked, reason)
                },
            ),
            Phase::Revoked { reason } => refused(Status::Revoked, reason),
        };
        let (renews_at, ends_at, ends_by) = match self.phase {
            Phase::Active {
                renews_at,
                ends_at,
                ends_by,
            } => (renews_at, ends_at, ends_by),
            _ => (None, None, grace.map(|grace| grace.ends_at)),
        };
        Condition {
            status,
            reason,
            grace,
            policy: self.policy.clone(),
            seats: self.seats,
            entitlements: self.entitlements.clone(),
            renews_at,
            ends_at,
            ends_by,
            paid_until: self.paid_until,
        }
    }

    /// The next moment after `now` at which time alone changes the answer.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = match self.phase {
            Phase::Pending | Phase::Lapsed | Phase::Active { .. } | Phase::Revoked { .. } => {
                [None, None]
            }
            Phase::Unpaid { grace_ends_at, .. } => [grace_ends_at, None],
            Phase::Ended { grace_ends_at } => [Some(grace_ends_at), None],
            Phase::EndedUnpaid {
                payment_grace_ends_at,
                revoked_at,
                ..
            } => [payment_grace_ends_at, Some(revoked_at)],
        };
        moments
            .into_iter()
            .flatten()
            .filter(|moment| *moment > now)
            .min()
    }
}

type Answer = (Status, Option<Reason>, Option<Grace>);

fn refused(status: Status, reason: Reason) -> Answer {
    (status, Some(reason), None)
}

fn running(ends_at: Option<Timestamp>, reason: GraceReason, now: Timestamp) -> Option<Answer> {
    let ends_at = ends_at.filter(|ends_at| now < *ends_at)?;
    Some((Status::Active, None, Some(Grace { ends_at, reason })))
}
