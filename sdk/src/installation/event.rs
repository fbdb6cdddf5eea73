//! What happened to a license, for an app that wants to tell its user.

use alloc::string::String;

use serde::Serialize;

use crate::{Code, GraceReason, License, UnixTime};

/// What happened.
///
/// As JSON, for other languages, it is one flat object: its name as `kind`, in camel
/// case, and beside it what belongs to it, times in Unix seconds.
///
/// ```
/// use paidup::{Event, UnixTime};
///
/// let event = Event::Renewed { lease_ends_at: UnixTime::from_secs(1_796_626_800) };
/// assert_eq!(
///     serde_json::to_string(&event)?,
///     r#"{"kind":"renewed","leaseEndsAt":1796626800}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Event {
    /// The license is usable, and was not before.
    Unlocked {
        /// When the lease ends.
        lease_ends_at: UnixTime,
    },
    /// The issuer has confirmed the license.
    Renewed {
        /// When the lease ends now.
        lease_ends_at: UnixTime,
    },
    /// The license still works, and says when it ends.
    GraceStarted {
        /// When it ends.
        ends_at: UnixTime,
        /// Why.
        reason: GraceReason,
    },
    /// The license was suspended.
    Suspended {
        /// Why, as the issuer says.
        reason: Option<String>,
    },
    /// The license was revoked, or its grace is over.
    Revoked {
        /// Why, as the issuer says.
        reason: Option<String>,
    },
    /// The license has reached its end.
    Expired,
    /// The license was banned.
    Banned,
    /// The license cannot be used for another reason, which a contact with the
    /// issuer heals.
    Locked {
        /// The reason.
        code: Code,
    },
    /// The issuer has not confirmed the license since that moment.
    RefreshFailing {
        /// When the first attempt failed.
        since: UnixTime,
        /// How the last one failed.
        code: Code,
    },
    /// The issuer can be reached again.
    RefreshRecovered,
    /// What belongs to the license could not be written. It works for as long as
    /// the app runs.
    NotStored,
}

impl Event {
    /// What it means that the answer is now `code`, where it was `before`.
    pub(super) fn of(before: Option<Code>, code: Code, license: Option<&License>) -> Option<Self> {
        if before == Some(code) {
            return None;
        }
        let reason = || license.and_then(|it| it.claims().reason.clone());
        match (code, license) {
            (Code::Grace, Some(license)) => license.claims().grace.map(|it| Self::GraceStarted {
                ends_at: it.ends_at,
                reason: it.reason,
            }),
            (Code::Valid, Some(license)) => Some(Self::Unlocked {
                lease_ends_at: license.lease_ends_at(),
            }),
            (Code::Suspended, _) => Some(Self::Suspended { reason: reason() }),
            (Code::Revoked, _) => Some(Self::Revoked { reason: reason() }),
            (Code::Expired, _) => Some(Self::Expired),
            (Code::Banned, _) => Some(Self::Banned),
            (Code::NoLicense, _) => None,
            (code, _) => Some(Self::Locked { code }),
        }
    }
}
