//! The record of the deliveries that were tried.

use std::collections::BTreeMap;

/// One try to bring an event to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The event's id.
    pub event: String,
    /// The event's type.
    pub kind: &'static str,
    /// The endpoint's id.
    pub endpoint: String,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// When it was signed, in Unix seconds of the fake's clock.
    pub at: i64,
    /// The `Stripe-Signature` header.
    pub signature: String,
    /// The status that the endpoint answered; none if it did not answer.
    pub status: Option<u16>,
}

impl Delivery {
    /// Whether the endpoint took it: a 2xx, and nothing else.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// How an event has fared at one endpoint.
#[derive(Default)]
struct Tally {
    attempts: u32,
    arrived: bool,
}

#[derive(Default)]
pub(crate) struct Log {
    tallies: BTreeMap<(String, String), Tally>,
    tried: Vec<Delivery>,
}

impl Log {
    /// Writes a try down: which it was, and whether it is the first to arrive.
    pub(crate) fn record(&mut self, mut delivery: Delivery) -> (Delivery, bool) {
        let route = (delivery.event.clone(), delivery.endpoint.clone());
        let tally = self.tallies.entry(route).or_default();
        tally.attempts += 1;
        delivery.attempt = tally.attempts;
        let arrives = delivery.succeeded() && !tally.arrived;
        tally.arrived |= arrives;
        self.tried.push(delivery.clone());
        (delivery, arrives)
    }

    /// Every try, in the order of the answers.
    pub(crate) fn tried(&self) -> &[Delivery] {
        &self.tried
    }
}
