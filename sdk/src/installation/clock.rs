//! Which time it is, on machines whose clocks are wrong.
//!
//! A reply that answers this installation's own nonce tells the true time. Between
//! two such contacts the machine's clock is believed as long as it can be right.

use super::memory::Witness;
use crate::{License, UnixTime, standing::FUTURE_TOLERANCE, standing::ROLLBACK_TOLERANCE};

/// A reading that is further beyond the watermark than this may be a clock that is wrong.
const LEAP: i64 = 86_400;

/// The time to answer for, where the machine's clock says `raw`.
///
/// The last contact told by how much the clock is wrong. Either it still is, and the
/// corrected time is right; or it has been set since, and shows the right time itself.
/// What lies within the lease and not behind what was seen can be right. Where both can
/// be, the earlier one is taken: nobody who has paid loses a day of the lease, whichever
/// it was, and what was seen does not let time go back.
pub(super) fn corrected(
    raw: UnixTime,
    license: Option<&License>,
    offset: Option<i64>,
    watermark: Option<UnixTime>,
) -> UnixTime {
    let (Some(license), Some(offset)) = (license, offset) else {
        return raw;
    };
    let claims = license.claims();
    let in_lease = |it: UnixTime| {
        let ended = it >= claims.exp && !license.outlives_issuer();
        it >= claims.iat.minus(FUTURE_TOLERANCE) && !ended
    };
    let behind = |it: UnixTime| watermark.is_some_and(|seen| it < seen.minus(ROLLBACK_TOLERANCE));
    let corrected = raw.plus(offset);
    let candidates = [corrected.min(raw), corrected.max(raw)];
    let likely = |it: &UnixTime| in_lease(*it) && !behind(*it);
    if let Some(likely) = candidates.into_iter().find(likely) {
        return likely;
    }
    candidates
        .into_iter()
        .find(|it| !behind(*it))
        .unwrap_or(corrected)
}

impl Witness {
    /// Takes note that the time was found to be `now`; whether that is to be written down at
    /// once.
    ///
    /// The watermark covers what was used of the lease, so that it cannot be used twice. A
    /// clock that was far ahead for a moment has used nothing. So a leap counts only when the
    /// clock has gone on from there, and no leap beyond the lease counts at all.
    pub(super) fn watch(&mut self, now: UnixTime, license: &License) -> bool {
        let claims = license.claims();
        let watermark = *self.watermark.get_or_insert(claims.iat);
        let before = self.leap;
        let ended = now >= claims.exp && !license.outlives_issuer();
        let goes_on = self
            .leap
            .is_some_and(|leap| now >= leap.plus(ROLLBACK_TOLERANCE));
        if now <= watermark.plus(LEAP) || goes_on && !ended {
            self.watermark = Some(watermark.max(now.min(claims.exp)));
            self.leap = None;
        } else if !ended {
            self.leap = Some(before.map_or(now, |leap| leap.min(now)));
        }
        self.leap != before
    }
}
