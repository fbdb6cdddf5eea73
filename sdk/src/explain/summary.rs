//! What a verified token says, in the words of the management API.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use serde::Serialize;

use crate::{Claims, GraceReason, PolicyRef, Status, UnixTime};

/// A token's claims as they are shown to a human or a script. Times are Unix
/// seconds; what the token does not have is `null` in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LicenseSummary {
    /// The license's id, `sub`.
    pub id: String,
    /// The product, `aud`.
    pub product: String,
    /// The issuer, `iss`.
    pub issuer: String,
    /// What the issuer knew when it signed.
    pub status: Status,
    /// Why it is refused.
    pub reason: Option<String>,
    /// The terms under which it was sold.
    pub policy: PolicyRef,
    /// Named capabilities, in byte order.
    pub entitlements: Vec<String>,
    /// Seats and quotas.
    pub limits: BTreeMap<String, u64>,
    /// The number of the license's latest change.
    pub seq: u64,
    /// When the token was issued, `iat`.
    pub issued_at: UnixTime,
    /// When the lease ends, `exp`.
    pub lease_ends_at: UnixTime,
    /// When the license ends.
    pub expires_at: Option<UnixTime>,
    /// When the subscription renews.
    pub renews_at: Option<UnixTime>,
    /// When the grace ends.
    pub grace_ends_at: Option<UnixTime>,
    /// Why there is a grace.
    pub grace_reason: Option<GraceReason>,
    /// From when on a refresh is due.
    pub refresh_after: Option<UnixTime>,
    /// The machine it is bound to.
    pub fingerprint: Option<String>,
    /// Whether it is for tests alone.
    pub test: bool,
}

impl LicenseSummary {
    pub(crate) fn of(claims: &Claims) -> Self {
        let Claims {
            iss,
            aud,
            sub,
            jti: _,
            seq,
            iat,
            nbf: _,
            exp,
            status,
            reason,
            policy,
            entitlements,
            limits,
            expires_at,
            renews_at,
            grace,
            refresh_after,
            fingerprint,
            nonce: _,
            test,
        } = claims.clone();
        Self {
            id: sub,
            product: aud,
            issuer: iss,
            status,
            reason,
            policy,
            entitlements,
            limits,
            seq,
            issued_at: iat,
            lease_ends_at: exp,
            expires_at,
            renews_at,
            grace_ends_at: grace.map(|it| it.ends_at),
            grace_reason: grace.map(|it| it.reason),
            refresh_after,
            fingerprint,
            test,
        }
    }
}
