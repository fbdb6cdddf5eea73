//! Webhooks: signed, in any order that a test wants, repeated until they arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fake_stripe::FakeStripe;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Inbox;

async fn listening() -> (FakeStripe, Inbox, String) {
    let stripe = FakeStripe::builder()
        .retry_schedule(vec![Duration::from_millis(20); 2])
        .start()
        .await
        .unwrap();
    stripe.create_guide_catalog().unwrap();
    let (inbox, url) = Inbox::open().await;
    let secret = stripe.add_webhook_endpoint(&url, &["*"]).unwrap().secret;
    (stripe, inbox, secret)
}

#[tokio::test]
async fn each_delivery_is_signed_under_the_endpoints_secret() {
    let (stripe, inbox, secret) = listening().await;
    stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let received = inbox.received();
    assert!(received.len() > 5);
    for (header, body) in received {
        let part = |name: &str| {
            header
                .split(',')
                .find_map(|it| it.strip_prefix(name))
                .unwrap()
        };
        let (t, v1) = (part("t="), part("v1="));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{t}.{body}").as_bytes());
        let tag: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(v1, tag);
    }
}

#[tokio::test]
async fn only_the_types_that_an_endpoint_wants_reach_it() {
    let stripe = FakeStripe::builder().start().await.unwrap();
    stripe.create_guide_catalog().unwrap();
    let (inbox, url) = Inbox::open().await;
    stripe
        .add_webhook_endpoint(&url, &["invoice.paid"])
        .unwrap();
    stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let bodies: Vec<String> = inbox.received().into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains("\"type\": \"invoice.paid\""));
}

#[tokio::test]
async fn held_events_come_in_the_order_that_a_test_brings_them() {
    let (stripe, inbox, _) = listening().await;
    stripe.hold_deliveries();
    stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let pending = stripe.pending();
    assert!(inbox.received().is_empty());
    let (last, first) = (&pending[pending.len() - 1], &pending[0]);
    stripe.deliver(last).await.unwrap();
    stripe.deliver(first).await.unwrap();
    stripe.deliver(last).await.unwrap();
    assert_eq!(inbox.ids(), [last, first, last].map(Clone::clone));

    let lost = &pending[1];
    stripe.drop_event(lost).unwrap();
    stripe.release_deliveries();
    stripe.settled().await;
    assert!(!inbox.ids().contains(lost));
    assert_eq!(inbox.ids().len(), pending.len());
    assert!(stripe.pending().is_empty());
}

#[tokio::test]
async fn a_refused_delivery_is_tried_again_and_given_up_in_the_end() {
    let (stripe, inbox, _) = listening().await;
    inbox.answer(&[500, 302, 400]);
    stripe.create_customer("ada@example.com").await.unwrap();
    // It went at once, and twice more after its pauses.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while inbox.received().len() < 3 && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let tried: Vec<_> = stripe
        .deliveries()
        .iter()
        .map(|it| (it.attempt, it.status, it.succeeded()))
        .collect();
    assert_eq!(
        tried,
        [
            (1, Some(500), false),
            (2, Some(302), false),
            (3, Some(400), false)
        ]
    );
    let ids = inbox.ids();
    assert!(ids.iter().all(|id| id == &ids[0]));
}

#[tokio::test]
async fn everything_follows_the_clock_it_was_given() {
    let now = Arc::new(AtomicI64::new(1_790_000_000));
    let of_fake = Arc::clone(&now);
    let stripe = FakeStripe::builder()
        .clock(Arc::new(move || of_fake.load(Ordering::SeqCst)))
        .start()
        .await
        .unwrap();
    let (inbox, url) = Inbox::open().await;
    stripe.add_webhook_endpoint(&url, &["*"]).unwrap();
    stripe.create_customer("ada@example.com").await.unwrap();
    now.fetch_add(60, Ordering::SeqCst);
    stripe.advance_clock(40);
    stripe.create_customer("bob@example.com").await.unwrap();
    let created: Vec<i64> = stripe.events().iter().map(|it| it.created).collect();
    assert_eq!(created, [1_790_000_000, 1_790_000_100]);
    assert!(inbox.received()[1].0.starts_with("t=1790000100,"));
}
