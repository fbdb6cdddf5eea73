//! Deliveries in disorder: Stripe promises neither order nor that an event comes once,
//! and what never comes has to be found.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// A version in which invoices still name their payment, and lines their price.
const EARLIER: &str = "2024-06-20";

/// What goes wrong, by a seed.
pub(super) struct Trouble {
    random: StdRng,
    earlier: bool,
}

impl Trouble {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            earlier: seed % 2 == 1,
        }
    }

    pub(super) fn seed(&mut self) -> u64 {
        self.random.random()
    }

    /// The API version that webhooks are rendered in, if not the newest: in every other
    /// disorder, an old one.
    pub(super) fn webhook_version(&self) -> Option<&'static str> {
        self.earlier.then_some(EARLIER)
    }

    /// The events in an order of its own: some lost, some twice.
    pub(super) fn disorder(&mut self, events: &[String]) -> Vec<String> {
        let mut order = Vec::new();
        for event in events {
            let times = match self.random.random_range(0..10) {
                0 | 1 => 0,
                2 | 3 => 2,
                _ => 1,
            };
            order.extend(std::iter::repeat_n(event.clone(), times));
        }
        order.shuffle(&mut self.random);
        order
    }
}
