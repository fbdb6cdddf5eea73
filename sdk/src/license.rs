//! A license that was verified once and answers for nanoseconds ever after.

use alloc::string::String;

use crate::{Claims, KeyId, LicenseSummary, PolicyRef, Standing, UnixTime, standing::Lease};

/// A verified license. There is one way to have one:
/// [`Keyring::verify`](crate::Keyring::verify).
///
/// Every question that depends on time takes the time as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    claims: Claims,
    key_id: KeyId,
    watermark: Option<UnixTime>,
    lease: Lease,
}

impl License {
    /// `claims.entitlements` must be in byte order.
    pub(crate) fn new(
        claims: Claims,
        key_id: KeyId,
        watermark: Option<UnixTime>,
        lease: Lease,
    ) -> Self {
        Self {
            claims,
            key_id,
            watermark,
            lease,
        }
    }

    /// What was signed. Entitlements are a set, here in byte order.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What was signed, as it is shown to a human or handed to another language.
    #[must_use]
    pub fn summary(&self) -> LicenseSummary {
        LicenseSummary::of(&self.claims)
    }

    /// The key that signed it.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The license's id, `sub`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.claims.sub
    }

    /// Where the license stands, against the watermark
    /// ([`Seen::time`](crate::Seen::time)) that it was verified with.
    #[must_use]
    pub fn standing(&self, now: UnixTime) -> Standing {
        Standing::of(&self.claims, now, self.watermark, self.lease)
    }

    /// Where the license stands, against this watermark instead: for a program
    /// that has been running since it verified the license and has seen the time
    /// go on.
    #[must_use]
    pub fn standing_after(&self, now: UnixTime, watermark: UnixTime) -> Standing {
        Standing::of(&self.claims, now, Some(watermark), self.lease)
    }

    /// Whether the license is usable now and has this entitlement. The everyday
    /// question: it verifies nothing again and allocates nothing. Bytes will do: what
    /// is no text is nobody's entitlement.
    #[must_use]
    pub fn allows(&self, entitlement: impl AsRef<[u8]>, now: UnixTime) -> bool {
        self.standing(now).usable() && self.has(entitlement.as_ref())
    }

    /// The terms under which the license was sold.
    #[must_use]
    pub fn policy(&self) -> &PolicyRef {
        &self.claims.policy
    }

    /// The named capabilities, in byte order. Having one does not mean that the
    /// license is usable: that is [`License::allows`].
    #[must_use]
    pub fn entitlements(&self) -> &[String] {
        &self.claims.entitlements
    }

    /// The limit of this name, such as `seats`, if the license has one.
    #[must_use]
    pub fn limit(&self, code: &str) -> Option<u64> {
        self.claims.limits.get(code).copied()
    }

    /// When the grace ends, if there is one.
    #[must_use]
    pub fn grace_ends_at(&self) -> Option<UnixTime> {
        self.claims.grace.map(|grace| grace.ends_at)
    }

    /// When the license itself ends, if that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.claims.expires_at
    }

    /// When the lease ends: from then on the issuer must confirm the license,
    /// unless [`License::outlives_issuer`].
    #[must_use]
    pub fn lease_ends_at(&self) -> UnixTime {
        self.claims.exp
    }

    /// Whether the vendor has promised ([`Sunset`](crate::Sunset)) that this
    /// license works without the issuer, for ever.
    #[must_use]
    pub fn outlives_issuer(&self) -> bool {
        self.lease == Lease::Waived
    }

    /// From when on a refresh is due: the token's hint, kept within the lease;
    /// without a hint, the middle of the lease.
    #[must_use]
    pub fn refresh_due_at(&self) -> UnixTime {
        let Claims {
            iat,
            exp,
            refresh_after,
            ..
        } = &self.claims;
        let lease = exp.as_secs().saturating_sub(iat.as_secs());
        refresh_after
            .unwrap_or(iat.plus(lease / 2))
            .max(*iat)
            .min(*exp)
    }

    /// Whether a refresh is due.
    #[must_use]
    pub fn refresh_due(&self, now: UnixTime) -> bool {
        now >= self.refresh_due_at()
    }

    pub(crate) fn has(&self, entitlement: &[u8]) -> bool {
        // A list is short, and most names differ in length already: to look at each is
        // quicker than to search in order.
        let mut each = self.claims.entitlements.iter();
        each.any(|it| it.as_bytes() == entitlement)
    }
}
