//! What goes wrong on an event's way to an endpoint.

use std::time::Duration;

use crate::odds::{Chance, Coin, Odds};

/// What goes wrong with deliveries, and how often. Stripe promises neither order
/// nor that an event comes once; that one never comes it calls very rare.
///
/// Each event has its own fate at each endpoint. The builder's seed decides it
/// together with the odds.
///
/// ```
/// use fake_stripe::Chaos;
/// use std::time::Duration;
///
/// let chaos = Chaos::none()
///     .duplicates(0.2)
///     .reorders(0.5)
///     .losses(0.05)
///     .delays(0.1, Duration::from_millis(50));
/// # let _ = chaos;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chaos {
    duplicates: Coin,
    reorders: Coin,
    losses: Coin,
    delays: Coin,
    longest: Duration,
}

/// How far an event may slip among those that wait with it.
const REACH: u64 = 12;

/// How a parcel travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    /// Its place in the queue, where it is `id`'s turn by right.
    pub(super) rank: u64,
    pub(super) delay: Option<Duration>,
}

impl Chaos {
    /// Each event comes once, in order and at once.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// An event is delivered twice, under one id.
    #[must_use]
    pub fn duplicates(mut self, odds: impl Into<Odds>) -> Self {
        self.duplicates = Coin::new(odds.into());
        self
    }

    /// An event changes places with others that wait to be delivered, such as those
    /// of the same purchase.
    #[must_use]
    pub fn reorders(mut self, odds: impl Into<Odds>) -> Self {
        self.reorders = Coin::new(odds.into());
        self
    }

    /// An event is never delivered. The log has it all the same, as one that not
    /// every endpoint has taken.
    #[must_use]
    pub fn losses(mut self, odds: impl Into<Odds>) -> Self {
        self.losses = Coin::new(odds.into());
        self
    }

    /// An event sets out late, by as much as this of real time. No verb waits for
    /// it; [`settled`](crate::FakeStripe::settled) does.
    #[must_use]
    pub fn delays(mut self, odds: impl Into<Odds>, longest: Duration) -> Self {
        self.delays = Coin::new(odds.into());
        self.longest = longest;
        self
    }

    pub(super) fn loses(&mut self, chance: &mut Chance) -> bool {
        self.losses.toss(chance)
    }

    pub(super) fn doubles(&mut self, chance: &mut Chance) -> bool {
        self.duplicates.toss(chance)
    }

    pub(super) fn route(&mut self, id: u64, chance: &mut Chance) -> Route {
        let mut rank = id;
        if self.reorders.toss(chance) {
            let forth = id.saturating_add(chance.up_to(REACH));
            rank = forth.saturating_sub(chance.up_to(REACH));
        }
        let delay = self.delays.toss(chance).then(|| {
            let longest = u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX);
            Duration::from_millis(chance.up_to(longest))
        });
        Route { rank, delay }
    }
}
