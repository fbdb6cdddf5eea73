//! Keeps our questions inside Stripe's limits, so that the vendor's own requests find
//! room beside them.
//!
//! Stripe allows 25 requests a second for each operation, and 100 in all with a live
//! key, 25 with a test key (<https://docs.stripe.com/rate-limits>).

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use stripe_client_core::StripeMethod;

use super::StripeMode;

const EACH: NonZeroU32 = NonZeroU32::new(20).unwrap();
const ALL_LIVE: NonZeroU32 = NonZeroU32::new(80).unwrap();
const ALL_TEST: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// What may come at once beyond the steady pace: even then the first second stays
/// inside the limit.
const BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// The pace of one key.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    all: Arc<DefaultDirectRateLimiter>,
    each: Arc<DefaultKeyedRateLimiter<String>>,
}

impl Limits {
    pub(super) fn new(mode: StripeMode) -> Self {
        let all = match mode {
            StripeMode::Live => ALL_LIVE,
            StripeMode::Test => ALL_TEST,
        };
        let quota = |pace| Quota::per_second(pace).allow_burst(BURST);
        Self {
            all: Arc::new(RateLimiter::direct(quota(all))),
            each: Arc::new(RateLimiter::keyed(quota(EACH))),
        }
    }

    /// Waits until it is this request's turn.
    pub(super) async fn turn(&self, method: StripeMethod, path: &str) {
        self.each.until_key_ready(&operation(method, path)).await;
        self.all.until_ready().await;
    }
}

/// The operation that a request is of: Stripe pools all identifiers.
fn operation(method: StripeMethod, path: &str) -> String {
    let method = match method {
        StripeMethod::Get => "GET",
        StripeMethod::Post => "POST",
        StripeMethod::Delete => "DELETE",
    };
    let is_id = |part: &str| {
        part.bytes()
            .any(|it| it.is_ascii_digit() || it.is_ascii_uppercase())
    };
    let parts = path
        .split('/')
        .map(|part| if is_id(part) { "{id}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn identifiers_are_pooled() {
        let of = |path| operation(StripeMethod::Get, path);
        assert_eq!(of("/subscriptions/sub_1Ab"), "GET /subscriptions/{id}");
        assert_eq!(of("/subscriptions"), "GET /subscriptions");
        assert_eq!(of("/invoice_payments"), "GET /invoice_payments");
        assert_eq!(
            of("/checkout/sessions/cs_test_a1"),
            "GET /checkout/sessions/{id}"
        );
    }

    #[tokio::test]
    async fn a_second_never_holds_more_than_stripe_allows() {
        let limits = Limits::new(StripeMode::Live);
        let began = Instant::now();
        for _ in 0..30 {
            limits.turn(StripeMethod::Get, "/subscriptions/sub_1").await;
        }
        // 5 at once, and 25 more at 20 a second.
        assert!(began.elapsed().as_millis() >= 1_200);
    }
}
