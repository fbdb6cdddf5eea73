//! What goes wrong on purpose: on the way of events, and with the API.

use std::time::{Duration, Instant};

use fake_stripe::{ApiFaults, Chaos, FakeStripe, Odds};
use reqwest::StatusCode;

use super::Inbox;
use super::client::{Api, answer, id};

/// The ids of all events, and those that arrived in their order of arrival.
async fn purchase(seed: u64, chaos: Chaos) -> (FakeStripe, Vec<String>, Vec<String>) {
    let stripe = FakeStripe::builder()
        .seed(seed)
        .chaos(chaos)
        .start()
        .await
        .unwrap();
    let (inbox, url) = Inbox::open().await;
    stripe.create_guide_catalog().unwrap();
    let from = stripe.events().len();
    stripe.add_webhook_endpoint(&url, &["*"]).unwrap();
    stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    stripe.settled().await;
    let all = stripe.events().into_iter().skip(from);
    let all = all.map(|it| it.id).collect();
    (stripe, all, inbox.ids())
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_duplicate_is_the_same_event_again() {
    let (_, all, arrived) = purchase(1, Chaos::none().duplicates(1.0)).await;
    assert_eq!(sorted(&arrived), sorted(&[all.clone(), all].concat()));
}

#[tokio::test]
async fn reordered_events_all_come_and_not_in_order() {
    let (_, all, arrived) = purchase(1, Chaos::none().reorders(1.0)).await;
    assert_ne!(arrived, all);
    assert_eq!(sorted(&arrived), sorted(&all));
    let (_, _, again) = purchase(1, Chaos::none().reorders(1.0)).await;
    assert_eq!(again, arrived, "the same seed, another order");
    let (_, straight, arrived) = purchase(1, Chaos::none()).await;
    assert_eq!(straight, all, "chaos must not change ids");
    assert_eq!(arrived, all);
}

#[tokio::test]
async fn a_lost_event_is_in_the_log_alone() {
    let turns = Odds::Turns(vec![false, true, false, true]);
    let (stripe, all, arrived) = purchase(1, Chaos::none().losses(turns)).await;
    assert_eq!(stripe.lost(), [all[1].clone(), all[3].clone()]);
    assert_eq!(arrived.len(), all.len() - 2);
    let api = Api::of_running(stripe);
    let missed = api.found("events?delivery_success=false&limit=100").await;
    let missed = missed["data"].as_array().unwrap();
    let missed: Vec<&str> = missed.iter().map(id).collect();
    assert_eq!(missed, [all[3].as_str(), all[1].as_str()]);
}

#[tokio::test]
async fn a_delayed_event_comes_after_the_verb_is_done() {
    let stripe = FakeStripe::builder().seed(3).start().await.unwrap();
    let (inbox, url) = Inbox::open().await;
    stripe.add_webhook_endpoint(&url, &["*"]).unwrap();
    let first_only = Odds::Turns(vec![true]);
    stripe.set_chaos(Chaos::none().delays(first_only, Duration::from_secs(1)));
    stripe.create_customer("ada@example.com").await.unwrap();
    stripe.create_customer("bob@example.com").await.unwrap();
    stripe.settled().await;
    let events = stripe.events();
    assert_eq!(inbox.ids(), [events[1].id.clone(), events[0].id.clone()]);
}

#[tokio::test]
async fn a_rate_limited_request_may_be_repeated() {
    let api = Api::start().await;
    let faults = ApiFaults::none().rate_limits(Odds::Every(2));
    api.stripe.set_api_faults(faults);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let reply = api.get("prices").send().await.unwrap();
        let retry = reply.headers()["stripe-should-retry"] == "true";
        assert_eq!(retry, reply.status() == 429);
        statuses.push(reply.status().as_u16());
    }
    assert_eq!(statuses, [200, 429, 200, 429]);
    api.stripe.set_api_faults(ApiFaults::none().errors(1.0));
    assert_eq!(answer(api.get("prices")).await.0, 500);
    api.stripe.set_api_faults(ApiFaults::none());
    assert_eq!(answer(api.get("prices")).await.0, 200);
}

#[tokio::test]
async fn a_lost_answer_was_given_all_the_same() {
    let api = Api::start().await;
    let first_only = Odds::Turns(vec![true]);
    api.stripe
        .set_api_faults(ApiFaults::none().lost_answers(first_only));
    let create = || {
        let form = "url=http://127.0.0.1:9/&enabled_events[]=*";
        api.post("webhook_endpoints", form)
            .header("idempotency-key", "we-1")
    };
    assert_eq!(answer(create()).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let (status, made) = answer(create()).await;
    assert_eq!(status, 200);
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let (_, again) = answer(create()).await;
    assert_eq!(
        (&again["id"], &again["secret"]),
        (&made["id"], &made["secret"])
    );
    let endpoints = api.found("webhook_endpoints").await;
    assert_eq!(endpoints["data"].as_array().unwrap().len(), 1);
    // A day later the key is forgotten.
    api.stripe.advance_clock(86_400);
    assert_ne!(answer(create()).await.1["id"], made["id"]);
}

#[tokio::test]
async fn an_answer_may_take_its_time() {
    let api = Api::start().await;
    let delay = Duration::from_millis(60);
    api.stripe.slow_next_requests(1, delay);
    let asked = Instant::now();
    api.found("prices").await;
    assert!(asked.elapsed() >= delay);
}

#[tokio::test]
async fn trouble_can_be_asked_for_from_other_languages() {
    let api = Api::start().await;
    let control = |path: &str, body: &str| {
        let url = format!("{}/_fake/{path}", api.stripe.base_url());
        let request = api
            .http
            .post(url)
            .header("content-type", "application/json");
        request.body(body.to_owned())
    };
    let (inbox, url) = Inbox::open().await;
    api.stripe.add_webhook_endpoint(&url, &["*"]).unwrap();
    answer(control("chaos", r#"{"duplicates": 1.0}"#)).await;
    api.stripe.create_customer("ada@example.com").await.unwrap();
    assert_eq!(inbox.ids().len(), 2);
    answer(control("faults", r#"{"odds": {"errors": 1.0}}"#)).await;
    assert_eq!(answer(api.get("prices")).await.0, 500);
    answer(control(
        "faults",
        r#"{"odds": {}, "count": 1, "status": 429}"#,
    ))
    .await;
    assert_eq!(answer(api.get("prices")).await.0, 429);
    assert_eq!(answer(api.get("prices")).await.0, 200);
}
