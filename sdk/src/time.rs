//! One kind of time: whole seconds since 1970, handed in by the caller.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Any 64-bit integer is a time, negative ones included, so that a broken
/// system clock can be handed in as it is. Arithmetic saturates. The range that
/// a token's claims may use is narrower and is checked with the claims.
///
/// ```
/// use paidup::UnixTime;
///
/// let issued = UnixTime::from_secs(1_795_417_200);
/// assert_eq!(issued.plus(60).as_secs(), 1_795_417_260);
/// assert_eq!(UnixTime::from_secs(i64::MAX).plus(1).as_secs(), i64::MAX);
/// assert!(issued < issued.plus(1));
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The moment `seconds` after 1970 began, or before it where negative.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970 began.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// This moment and `seconds` more.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// This moment and `seconds` less.
    #[must_use]
    pub const fn minus(self, seconds: i64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
