//! How each webhook endpoint is doing, so that one that hangs or fails delays no other.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use paidup_lifecycle::Timestamp;

/// How many deliveries to one endpoint are under way at once; one while it fails.
const AT_ONCE: usize = 8;
/// How many attempts may fail in a row before the endpoint is left alone for a while.
const TOLERATED: u32 = 3;
/// For how long at first, and at most, in seconds.
const FIRST_PAUSE: i64 = 5;
const LONGEST_PAUSE: i64 = 300;

/// How each endpoint is doing, by its address.
#[derive(Debug, Default)]
pub(super) struct Targets(Mutex<HashMap<String, Health>>);

#[derive(Debug, Default)]
struct Health {
    under_way: usize,
    /// How many attempts have failed since one succeeded.
    failures: u32,
    /// It is left alone until then.
    resume_at: Option<Timestamp>,
}

impl Health {
    fn is_busy(&self, now: Timestamp) -> bool {
        let at_once = if self.failures == 0 { AT_ONCE } else { 1 };
        self.under_way >= at_once || self.resume_at.is_some_and(|at| now < at)
    }
}

impl Targets {
    /// The addresses to which nothing more is sent for now.
    pub(super) fn busy(&self, now: Timestamp) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = all.iter().filter(|(_, health)| health.is_busy(now));
        busy.map(|(url, _)| url.clone()).collect()
    }

    /// An attempt begins.
    pub(super) fn begin(&self, url: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let health = all.entry(url.to_owned()).or_default();
        health.under_way = health.under_way.saturating_add(1);
    }

    /// An attempt has ended; returns how many have failed in a row, where the endpoint is to
    /// be left alone from now on.
    pub(super) fn end(&self, url: &str, succeeded: bool, now: Timestamp) -> Option<u32> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let health = all.get_mut(url)?;
        health.under_way = health.under_way.saturating_sub(1);
        if succeeded {
            health.failures = 0;
            health.resume_at = None;
            if health.under_way == 0 {
                all.remove(url);
            }
            return None;
        }
        health.failures = health.failures.saturating_add(1);
        let beyond = health.failures.checked_sub(TOLERATED)?;
        let pause = FIRST_PAUSE.saturating_mul(1 << beyond.min(10));
        health.resume_at = Some(now.plus(pause.min(LONGEST_PAUSE)));
        (beyond == 0).then_some(health.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://a.example";

    #[test]
    fn an_endpoint_takes_eight_at_once_and_one_while_it_fails() {
        let targets = Targets::default();
        let now = Timestamp(0);
        for _ in 0..7 {
            targets.begin(URL);
        }
        assert!(targets.busy(now).is_empty());
        targets.begin(URL);
        assert_eq!(targets.busy(now)[0], URL);
        assert_eq!(targets.end(URL, false, now), None);
        for _ in 0..6 {
            targets.end(URL, true, now);
        }
        assert!(targets.busy(now).is_empty(), "it has succeeded since");
        targets.end(URL, false, now);
        assert!(targets.busy(now).is_empty());
        targets.begin(URL);
        assert_eq!(targets.busy(now)[0], URL, "one at a time while it fails");
    }

    #[test]
    fn an_endpoint_that_keeps_failing_is_left_alone() {
        let targets = Targets::default();
        let fail = |at| {
            targets.begin(URL);
            targets.end(URL, false, Timestamp(at))
        };
        assert_eq!((fail(0), fail(0), fail(0)), (None, None, Some(3)));
        assert_eq!(targets.busy(Timestamp(4))[0], URL);
        assert!(targets.busy(Timestamp(5)).is_empty());
        assert_eq!(fail(5), None);
        assert_eq!(targets.busy(Timestamp(14))[0], URL);
        for _ in 0..20 {
            fail(15);
        }
        assert!(
            targets.busy(Timestamp(15 + 300)).is_empty(),
            "five minutes at most"
        );
        targets.begin(URL);
        targets.end(URL, true, Timestamp(400));
        assert!(targets.busy(Timestamp(400)).is_empty());
    }
}
