//! Times as JavaScript has them.

use paidup::UnixTime;

use crate::Refusal;

/// Beyond this a number is no whole second any more: 2^53.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Whole seconds since 1970 began.
pub(crate) fn moment(seconds: f64) -> Result<UnixTime, Refusal> {
    Ok(UnixTime::from_secs(whole(seconds)?))
}

/// A number without a fraction. JavaScript's `NaN` comes of an invalid `Date`.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "it was checked to be whole and in range"
)]
pub(crate) fn whole(number: f64) -> Result<i64, Refusal> {
    if !(number > -WHOLE && number < WHOLE) {
        return Err(Refusal::argument("a time is a valid Date"));
    }
    Ok(number as i64)
}

/// As [`whole`], of a number that is not negative.
pub(crate) fn count(number: f64) -> Result<u64, Refusal> {
    u64::try_from(whole(number)?).map_err(|_| Refusal::argument("the number is negative"))
}

/// Seconds, exact for every time that a token can have.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "times of tokens have at most 38 bits"
)]
pub(crate) fn seconds(time: UnixTime) -> f64 {
    time.as_secs() as f64
}
