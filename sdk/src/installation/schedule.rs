//! When to ask the issuer: before the lease ends, not all at once, not too often,
//! and at once where somebody may just have paid.

use super::{Hand, Installation, Nonce};
use crate::{Code, UnixTime, VerifyError};

/// Between two requests there is at least this, in seconds.
const SHORTEST_PAUSE: i64 = 30;
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: i64 = 60;
/// A locked client asks so often, and a failing one no more seldom.
const LOCKED_PAUSE: i64 = 3600;
/// No issuer may silence its clients for longer than this.
const LONGEST_PAUSE: i64 = 86_400;
/// Refreshes that are due are spread over so much of what is left of the lease.
const SPREAD: i64 = 10;
/// The clock was set back if it is so far behind the last request.
const SET_BACK: i64 = 60;

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Poll {
    /// Ask the issuer now: [`Installation::refresh`].
    Ask,
    /// Nothing before so many seconds have passed.
    Wait {
        /// From now on.
        seconds: u64,
    },
    /// Nothing, until somebody enters a license key.
    Idle,
}

#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// When the issuer was last asked, by the machine's clock.
    asked_at: Option<UnixTime>,
    /// How many requests have failed in a row.
    failures: u32,
    retry_after: Option<u64>,
    at_once: bool,
    by_key: bool,
    /// From 0 to 65535: where within a spread this machine stands.
    share: i64,
}

impl Schedule {
    pub(super) fn at_once(&mut self) {
        self.at_once = true;
    }

    /// The token was not taken: try the license key, at once.
    pub(super) fn try_key(&mut self) {
        self.at_once = true;
        self.by_key = true;
    }

    pub(super) fn tries_key(&self) -> bool {
        self.by_key
    }

    pub(super) fn asked(&mut self, raw: UnixTime, nonce: &Nonce) {
        self.asked_at = Some(raw);
        self.at_once = false;
        self.by_key = false;
        // Nonces are random, so that no two machines keep in step.
        let digits = nonce.0.bytes().map(i64::from);
        let mixed = digits.fold(0_i64, |sum, it| {
            sum.wrapping_mul(31).wrapping_add(it) & 0xffff
        });
        self.share = mixed;
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.retry_after = None;
    }

    pub(super) fn failed(&mut self, retry_after: Option<u64>) {
        self.failures = self.failures.saturating_add(1);
        self.retry_after = retry_after;
    }

    /// Seconds until the next request, where it is due in `due_in` by the token;
    /// absent for a client that is locked.
    fn wait(&self, raw: UnixTime, due_in: Option<i64>) -> i64 {
        if self.at_once {
            return 0;
        }
        let Some(asked_at) = self.asked_at else {
            return due_in.unwrap_or(0).max(0);
        };
        let since = raw.as_secs().saturating_sub(asked_at.as_secs());
        if since < -SET_BACK {
            return due_in.unwrap_or(0).max(0);
        }
        (self.pause(due_in.is_none()).saturating_sub(since))
            .max(due_in.unwrap_or(0))
            .max(0)
    }

    fn pause(&self, locked: bool) -> i64 {
        let pause = match (self.failures, locked) {
            (0, false) => SHORTEST_PAUSE,
            (0, true) => LOCKED_PAUSE,
            (failures, _) => FIRST_PAUSE
                .saturating_mul(1_i64 << (failures - 1).min(16))
                .min(LOCKED_PAUSE),
        };
        let asked_for = self.retry_after.unwrap_or(0);
        let asked_for = i64::try_from(asked_for).unwrap_or(LONGEST_PAUSE);
        let longest = match locked {
            true => LOCKED_PAUSE,
            false => LONGEST_PAUSE,
        };
        let pause = pause.max(asked_for).min(longest);
        // Up to a quarter more.
        pause.saturating_add(self.part_of(pause / 4))
    }

    fn part_of(&self, whole: i64) -> i64 {
        whole.saturating_mul(self.share) / 65_536
    }
}

impl Installation {
    /// What there is to do, where the machine's clock says `raw`.
    pub fn poll(&mut self, raw: UnixTime) -> Poll {
        let answer = self.check(raw);
        let now = self.now(raw);
        if !self.can_ask() {
            return Poll::Idle;
        }
        let license = answer.license().filter(|_| answer.usable());
        let due_in = license.map(|license| {
            let due = license.refresh_due_at();
            let rest = seconds(due, license.lease_ends_at()) / SPREAD;
            let spread = self.schedule.part_of(rest.min(LOCKED_PAUSE));
            seconds(now, due.plus(spread))
        });
        let wait = self.schedule.wait(raw, due_in);
        if wait == 0 {
            return Poll::Ask;
        }
        // Awake when time alone changes the answer, so that it is told.
        let change = license.and_then(|license| {
            let ends = [
                license.grace_ends_at(),
                license.expires_at(),
                Some(license.lease_ends_at()).filter(|_| !license.outlives_issuer()),
            ];
            ends.into_iter().flatten().min()
        });
        let change_in = change.map_or(wait, |it| seconds(now, it).max(1));
        Poll::Wait {
            seconds: u64::try_from(wait.min(change_in)).unwrap_or(1),
        }
    }

    /// Whether there is anything to ask the issuer with that it could answer.
    pub(super) fn can_ask(&self) -> bool {
        match &self.hand {
            Hand::License(_) => true,
            Hand::Nothing => self.memory.license_key.is_some(),
            // Another machine's, another app's: only a human can put that right.
            Hand::Refused(
                VerifyError::FingerprintMismatch
                | VerifyError::IssuerMismatch { .. }
                | VerifyError::ProductMismatch { .. }
                | VerifyError::EnvironmentMismatch { .. },
            ) => false,
            Hand::Refused(error) => {
                self.memory.license_key.is_some() || error.code() == Code::StaleToken
            }
        }
    }
}

fn seconds(from: UnixTime, to: UnixTime) -> i64 {
    to.as_secs().saturating_sub(from.as_secs())
}
