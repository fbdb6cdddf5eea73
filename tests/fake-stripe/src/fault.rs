//! Faults of the API that a test asks for.

use std::time::Duration;

use crate::odds::{Chance, Coin, Odds};

/// What goes wrong with the API, and how often. One request may have several of
/// these faults; then the first of rate limit and error is its answer.
///
/// ```
/// use fake_stripe::{ApiFaults, Odds};
/// use std::time::Duration;
///
/// let faults = ApiFaults::none()
///     .rate_limits(0.1)
///     .errors(Odds::Every(10))
///     .lost_answers(0.05)
///     .latency(0.5, Duration::from_millis(20));
/// # let _ = faults;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ApiFaults {
    rate_limits: Coin,
    errors: Coin,
    lost_answers: Coin,
    latency: Coin,
    delay: Duration,
}

impl ApiFaults {
    /// All goes well.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// 429 with `Stripe-Should-Retry: true`; nothing is done.
    #[must_use]
    pub fn rate_limits(mut self, odds: impl Into<Odds>) -> Self {
        self.rate_limits = Coin::new(odds.into());
        self
    }

    /// 500; nothing is done.
    #[must_use]
    pub fn errors(mut self, odds: impl Into<Odds>) -> Self {
        self.errors = Coin::new(odds.into());
        self
    }

    /// 500, and yet what was asked for is done. Only a repetition under the same
    /// idempotency key tells.
    #[must_use]
    pub fn lost_answers(mut self, odds: impl Into<Odds>) -> Self {
        self.lost_answers = Coin::new(odds.into());
        self
    }

    /// The answer takes this long, in real time.
    #[must_use]
    pub fn latency(mut self, odds: impl Into<Odds>, delay: Duration) -> Self {
        self.latency = Coin::new(odds.into());
        self.delay = delay;
        self
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) delay: Option<Duration>,
    /// The status to answer without doing anything.
    pub(crate) status: Option<u16>,
    pub(crate) loses_answer: bool,
}

/// What the API does wrong at the moment.
pub(crate) struct Faults {
    pub(crate) unreachable: bool,
    planned: ApiFaults,
    failing: u32,
    status: u16,
    slow: u32,
    delay: Duration,
    chance: Chance,
}

impl Faults {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            unreachable: false,
            planned: ApiFaults::none(),
            failing: 0,
            status: 500,
            slow: 0,
            delay: Duration::ZERO,
            chance,
        }
    }

    pub(crate) fn set(&mut self, planned: ApiFaults) {
        self.planned = planned;
    }

    pub(crate) fn fail_next(&mut self, count: u32, status: u16) {
        self.failing = count;
        self.status = status;
    }

    pub(crate) fn slow_next(&mut self, count: u32, delay: Duration) {
        self.slow = count;
        self.delay = delay;
    }

    /// What goes wrong with the next request.
    pub(crate) fn next(&mut self) -> Fault {
        if self.unreachable {
            return Fault {
                status: Some(503),
                ..Fault::default()
            };
        }
        let Self {
            planned, chance, ..
        } = self;
        let limited = planned.rate_limits.toss(chance);
        let broken = planned.errors.toss(chance);
        let loses_answer = planned.lost_answers.toss(chance);
        let mut delay = planned.latency.toss(chance).then_some(planned.delay);
        if let Some(slow) = self.slow.checked_sub(1) {
            self.slow = slow;
            delay = Some(self.delay);
        }
        let mut status = match (limited, broken) {
            (true, _) => Some(429),
            (false, true) => Some(500),
            (false, false) => None,
        };
        if let Some(failing) = self.failing.checked_sub(1) {
            self.failing = failing;
            status = Some(self.status);
        }
        Fault {
            delay,
            status,
            loses_answer,
        }
    }
}
