//! Deliveries in disorder: Stripe promises neither order nor that an event comes once,
//! and what never comes has to be found.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// What goes wrong, by a seed.
pub(super) struct Trouble(StdRng);

impl Trouble {
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(super) fn seed(&mut self) -> u64 {
        self.0.random()
    }

    /// The events in an order of its own: some lost, some twice.
    pub(super) fn disorder(&mut self, events: &[String]) -> Vec<String> {
        let mut order = Vec::new();
        for event in events {
            let times = match self.0.random_range(0..10) {
                0 | 1 => 0,
                2 | 3 => 2,
                _ => 1,
            };
            order.extend(std::iter::repeat_n(event.clone(), times));
        }
        order.shuffle(&mut self.0);
        order
    }
}
