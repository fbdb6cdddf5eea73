//! The answer at a moment: signature is an error, time is an answer.

use crate::{Claims, Code, GraceReason, Status, UnixTime};

/// How far the clock may lie behind the watermark, in seconds.
pub(crate) const ROLLBACK_TOLERANCE: i64 = 3600;

/// How far a token may begin in the future, in seconds.
pub(crate) const FUTURE_TOLERANCE: i64 = 300;

/// Where a license stands at a moment.
///
/// ```
/// use paidup::{Code, Standing, UnixTime};
///
/// let standing = Standing::Grace { until: UnixTime::from_secs(1_796_025_600) };
/// assert!(standing.usable());
/// assert_eq!(standing.code(), Code::Grace);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// Use the app.
    Valid,
    /// Use the app, and say that it ends unless something is done.
    Grace {
        /// When the grace ends; at this second it is over.
        until: UnixTime,
    },
    /// The license has reached its end.
    Expired,
    /// Suspended, usually by a failed payment.
    Suspended,
    /// Revoked, or the grace after a cancellation is over.
    Revoked,
    /// Banned by the vendor.
    Banned,
    /// The lease is over and the issuer must confirm the license.
    RefreshRequired,
    /// The token begins more than 300 seconds ahead of the clock.
    NotYetValid,
    /// The clock is more than 3600 seconds behind the watermark.
    ClockRollback,
}

impl Standing {
    /// The word for this standing.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Valid => Code::Valid,
            Self::Grace { .. } => Code::Grace,
            Self::Expired => Code::Expired,
            Self::Suspended => Code::Suspended,
            Self::Revoked => Code::Revoked,
            Self::Banned => Code::Banned,
            Self::RefreshRequired => Code::RefreshRequired,
            Self::NotYetValid => Code::NotYetValid,
            Self::ClockRollback => Code::ClockRollback,
        }
    }

    /// Whether the app may be used.
    #[must_use]
    pub const fn usable(self) -> bool {
        self.code().usable()
    }

    /// The table of `TOKEN.md`: the first line that applies wins.
    pub(crate) fn of(
        claims: &Claims,
        now: UnixTime,
        watermark: Option<UnixTime>,
        lease: Lease,
    ) -> Self {
        if watermark.is_some_and(|seen| now < seen.minus(ROLLBACK_TOLERANCE)) {
            return Self::ClockRollback;
        }
        let latest_start = now.plus(FUTURE_TOLERANCE);
        if claims.iat > latest_start || claims.nbf.is_some_and(|nbf| nbf > latest_start) {
            return Self::NotYetValid;
        }
        match claims.status {
            Status::Banned => return Self::Banned,
            Status::Revoked => return Self::Revoked,
            Status::Suspended => return Self::Suspended,
            Status::Expired => return Self::Expired,
            Status::Active => {}
        }
        match claims.grace {
            Some(grace) if now >= grace.ends_at => match grace.reason {
                GraceReason::Canceled => return Self::Revoked,
                GraceReason::PaymentFailed => return Self::Suspended,
            },
            _ => {}
        }
        if claims.expires_at.is_some_and(|end| now >= end) {
            return Self::Expired;
        }
        if lease == Lease::Binding && now >= claims.exp {
            return Self::RefreshRequired;
        }
        claims.grace.map_or(Self::Valid, |grace| Self::Grace {
            until: grace.ends_at,
        })
    }
}

/// Whether the end of the lease, `exp`, ends anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lease {
    Binding,
    /// By a sunset.
    Waived,
}
