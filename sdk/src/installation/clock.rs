//! Which time it is, on machines whose clocks are wrong.
//!
//! A reply that answers this installation's own nonce tells the true time. Between
//! two such contacts the machine's clock is believed as long as it can be right.

use crate::{License, UnixTime, standing::FUTURE_TOLERANCE, standing::ROLLBACK_TOLERANCE};

/// The time to answer for, where the machine's clock says `raw`.
///
/// The clock counts as it is while it lies within the lease of the token in hand.
/// Outside of it, it counts with the correction of the last contact. Where that
/// leads behind what was seen, the clock has been set since, and counts as it is.
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
    let begun = raw >= claims.iat.minus(FUTURE_TOLERANCE);
    let ended = raw >= claims.exp && !license.outlives_issuer();
    if begun && !ended {
        return raw;
    }
    let corrected = raw.plus(offset);
    let behind = |it: UnixTime| watermark.is_some_and(|seen| it < seen.minus(ROLLBACK_TOLERANCE));
    if behind(corrected) && !behind(raw) {
        raw
    } else {
        corrected
    }
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
