//! Which time it is, on machines whose clocks are wrong.
//!
//! A reply that answers this installation's own nonce tells the true time. Between
//! two such contacts the machine's clock is believed as long as it can be right.

use crate::{License, UnixTime, standing::FUTURE_TOLERANCE, standing::ROLLBACK_TOLERANCE};

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

/// The watermark after the time was found to be `now`.
///
/// It rises to the end of the lease at the most: a clock that once ran far ahead
/// must not lock out a machine for years.
pub(super) fn raised(
    watermark: Option<UnixTime>,
    now: UnixTime,
    license: &License,
) -> Option<UnixTime> {
    watermark
        .unwrap_or(license.claims().iat)
        .max(now.min(license.claims().exp))
        .into()
}
