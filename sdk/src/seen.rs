//! What an installation remembers, so that yesterday's token cannot replace
//! today's.

use crate::{Claims, KeyId, UnixTime, VerifyError};

/// What this installation has seen. Everything is optional: an installation that
/// has lost its memory is a new one.
///
/// `seq`, `issued_at` and `key_id` are those of the newest token seen of the same
/// license, that is of the same `iss` and `sub`. They count for nothing once the
/// key is revoked, since a forger may have written them. `time` is the
/// installation's watermark, the latest time it has seen.
///
/// ```
/// use paidup::{Seen, UnixTime};
///
/// let seen = Seen { seq: Some(7), time: Some(UnixTime::from_secs(1_795_420_740)), ..Seen::default() };
/// # let _ = seen;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The `seq` of the newest token of this license.
    pub seq: Option<u64>,
    /// The `iat` of that token.
    pub issued_at: Option<UnixTime>,
    /// The key that signed that token.
    pub key_id: Option<KeyId>,
    /// The latest time this installation has seen.
    pub time: Option<UnixTime>,
}

impl Seen {
    /// Refuses a token that is older than the newest one seen: by `seq`, and
    /// among equals by `iat`.
    pub(crate) fn check(
        &self,
        claims: &Claims,
        is_revoked: impl FnOnce(&KeyId) -> bool,
    ) -> Result<(), VerifyError> {
        let Some(seen) = self.seq else { return Ok(()) };
        if self.key_id.as_ref().is_some_and(is_revoked) {
            return Ok(());
        }
        let older = claims.seq < seen
            || claims.seq == seen && self.issued_at.is_some_and(|at| claims.iat < at);
        if older {
            Err(VerifyError::StaleToken {
                found: claims.seq,
                seen,
            })
        } else {
            Ok(())
        }
    }
}
