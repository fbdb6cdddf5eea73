//! What a token says: its claims, the same type for who writes and who reads it.

mod read;
pub(crate) mod rules;
mod seal;

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::{fmt, str::FromStr};

use serde::Serialize;

pub use rules::ClaimsError;
pub use seal::SealError;

use crate::UnixTime;

/// The fields that are signed. Their rules are those of `TOKEN.md`, and are the
/// same when sealing and when verifying. The claim `v` is 1.
///
/// ```
/// use paidup::{Claims, Status, UnixTime};
///
/// let mut claims = Claims::new("https://licenses.example.com", "notes", UnixTime::from_secs(1_795_417_200));
/// claims.sub = "lic_01J0000000000000000000000A".into();
/// claims.exp = claims.iat.plus(14 * 86_400);
/// assert_eq!(claims.status, Status::Active);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The issuer's URL, 1 to 512 bytes.
    pub iss: String,
    /// The product's code, 1 to 128 bytes.
    pub aud: String,
    /// The license's id: `lic_` and 1 to 64 of `[A-Za-z0-9_-]`.
    pub sub: String,
    /// The token's own id: `tok_` and 1 to 64 of `[A-Za-z0-9_-]`.
    pub jti: String,
    /// Grows with each change of the license; at most 2^53 − 1.
    pub seq: u64,
    /// When the token was issued.
    pub iat: UnixTime,
    /// Before this the token does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<UnixTime>,
    /// When the lease ends; at most 400 days after `iat`.
    pub exp: UnixTime,
    /// What the issuer knew of the license when it signed.
    pub status: Status,
    /// Why it is refused, for display and logs, 1 to 256 bytes. Only by
    /// [`MACHINE_DEACTIVATED`](Self::MACHINE_DEACTIVATED) and
    /// [`KEY_REISSUED`](Self::KEY_REISSUED) does a client know that it is not to ask for a
    /// seat by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The terms under which it was sold.
    pub policy: PolicyRef,
    /// Named capabilities, at most 256, each once and of
    /// `[a-z0-9][a-z0-9._-]{0,63}`. A set: its order means nothing.
    pub entitlements: Vec<String>,
    /// Seats and quotas, at most 256, named like entitlements; each at most
    /// 2^53 − 1.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
    /// When the license itself ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixTime>,
    /// When the subscription renews. For display; it decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renews_at: Option<UnixTime>,
    /// The grace, `graceEndsAt` and `graceReason`.
    #[serde(flatten)]
    pub grace: Option<Grace>,
    /// From here on a refresh is due. A hint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<UnixTime>,
    /// The machine that the token is bound to, 1 to 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The nonce of the request that this token answers, 1 to 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Whether the token is for tests alone.
    #[serde(skip_serializing_if = "is_false")]
    pub test: bool,
}

impl Claims {
    /// The [`reason`](Self::reason) for which a machine is refused whose seat was given up.
    pub const MACHINE_DEACTIVATED: &'static str = "machine_deactivated";
    /// The [`reason`](Self::reason) for which a machine is refused that was activated with a
    /// key that was replaced since.
    pub const KEY_REISSUED: &'static str = "key_reissued";

    /// Whether it refuses what the license is, and not only this machine.
    pub(crate) fn refuses_license(&self) -> bool {
        let of_machine = [Self::MACHINE_DEACTIVATED, Self::KEY_REISSUED];
        let reason = self.reason.as_deref().unwrap_or_default();
        self.status != Status::Active && !of_machine.contains(&reason)
    }

    /// Claims of an active license with nothing optional in them. The ids, the
    /// policy and the end of the lease are still to be filled in: until then,
    /// sealing is refused.
    #[must_use]
    pub fn new(issuer: impl Into<String>, product: impl Into<String>, issued_at: UnixTime) -> Self {
        Self {
            iss: issuer.into(),
            aud: product.into(),
            sub: String::new(),
            jti: String::new(),
            seq: 0,
            iat: issued_at,
            nbf: None,
            exp: issued_at,
            status: Status::Active,
            reason: None,
            policy: PolicyRef {
                id: String::new(),
                name: String::new(),
            },
            entitlements: Vec::new(),
            limits: BTreeMap::new(),
            expires_at: None,
            renews_at: None,
            grace: None,
            refresh_after: None,
            fingerprint: None,
            nonce: None,
            test: false,
        }
    }
}

/// What the issuer knew of the license. The set is closed for version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Paid for, or within a grace.
    Active,
    /// Not usable until something is put right.
    Suspended,
    /// Reached its end.
    Expired,
    /// Taken back.
    Revoked,
    /// Taken back for misuse.
    Banned,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::Active,
        Self::Suspended,
        Self::Expired,
        Self::Revoked,
        Self::Banned,
    ];

    /// The word in the token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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
        f.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|it| it.as_str() == word)
            .ok_or(UnknownWord)
    }
}

/// The policy a license was sold under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyRef {
    /// Its id, 1 to 128 bytes.
    pub id: String,
    /// Its name, 1 to 256 bytes.
    pub name: String,
}

/// For a while the license still works, and says that it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Grace {
    /// When the grace ends; at this second it is over.
    #[serde(rename = "graceEndsAt")]
    pub ends_at: UnixTime,
    /// Why it ends.
    #[serde(rename = "graceReason")]
    pub reason: GraceReason,
}

/// Why there is a grace. The set is closed for version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GraceReason {
    /// The subscription was canceled; afterwards the license is revoked.
    Canceled,
    /// A payment failed; afterwards the license is suspended.
    PaymentFailed,
}

impl GraceReason {
    /// The word in the token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::PaymentFailed => "payment_failed",
        }
    }
}

impl fmt::Display for GraceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for GraceReason {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Canceled, Self::PaymentFailed]
            .into_iter()
            .find(|it| it.as_str() == word)
            .ok_or(UnknownWord)
    }
}

/// The word is not one of the closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such word in this closed set")]
#[non_exhaustive]
pub struct UnknownWord;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}
