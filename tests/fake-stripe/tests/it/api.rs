//! The HTTP API: keys, pages, expansion, idempotency, faults.

use serde_json::Value;

use super::client::{Api, answer};

#[tokio::test]
async fn a_request_without_the_key_is_refused() {
    let api = Api::start().await;
    let url = format!("{}/v1/prices", api.stripe.base_url());
    let refused = [
        api.http.get(&url),
        api.http.get(&url).bearer_auth("sk_test_other"),
        api.http.get(&url).basic_auth("sk_test_other", Some("")),
    ];
    for request in refused {
        let (status, body) = answer(request).await;
        assert_eq!(status, 401);
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
    let basic = api
        .http
        .get(&url)
        .basic_auth(api.stripe.api_key(), Some(""));
    assert_eq!(answer(basic).await.0, 200);
}

#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let api = Api::start().await;
    for n in 0..5 {
        api.stripe
            .create_customer(&format!("{n}@example.com"))
            .await
            .unwrap();
    }
    let mut seen = Vec::new();
    let mut path = "customers?limit=2".to_owned();
    loop {
        let (_, page) = answer(api.get(&path)).await;
        let data = page["data"].as_array().unwrap();
        seen.extend(
            data.iter()
                .map(|it| it["email"].as_str().unwrap().to_owned()),
        );
        if page["has_more"] == false {
            break;
        }
        let last = data.last().unwrap()["id"].as_str().unwrap();
        path = format!("customers?limit=2&starting_after={last}");
    }
    let expected: Vec<String> = (0..5).rev().map(|n| format!("{n}@example.com")).collect();
    assert_eq!(seen, expected);
    for limit in ["0", "101", "many"] {
        let (status, _) = answer(api.get(&format!("customers?limit={limit}"))).await;
        assert_eq!(status, 400, "{limit}");
    }
}

#[tokio::test]
async fn references_are_ids_until_they_are_expanded() {
    let api = Api::start().await;
    let bought = api
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let path = format!("subscriptions/{}", bought.subscription);
    let (_, plain) = answer(api.get(&path)).await;
    assert_eq!(plain["customer"], bought.customer);
    let (_, expanded) = answer(api.get(&format!("{path}?expand[]=customer"))).await;
    assert_eq!(expanded["customer"]["email"], "ada@example.com");
    let (status, refusal) = answer(api.get(&format!("{path}?expand[]=nonsense"))).await;
    assert_eq!(status, 400);
    assert!(
        refusal["error"]["message"]
            .as_str()
            .unwrap()
            .contains("nonsense")
    );
}

#[tokio::test]
async fn what_a_checkout_sold_has_to_be_asked_for() {
    let api = Api::start().await;
    let bought = api
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let path = format!("checkout/sessions/{}/line_items", bought.session);
    let (_, lines) = answer(api.get(&path)).await;
    assert_eq!(lines["data"][0]["price"]["id"], "price_growth_monthly");
    let (_, session) = answer(api.get(&format!("checkout/sessions/{}", bought.session))).await;
    assert!(session.get("line_items").is_none());
}

#[tokio::test]
async fn a_request_repeated_under_its_key_is_done_once() {
    let api = Api::start().await;
    let create = |form: &str| {
        api.post("customers", form)
            .header("idempotency-key", "once")
    };
    let (_, first) = answer(create("email=ada@example.com")).await;
    let again = create("email=ada@example.com").send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap()["id"], first["id"]);
    let (status, body) = answer(create("email=bob@example.com")).await;
    assert_eq!(
        (status.as_u16(), body["error"]["type"].as_str()),
        (400, Some("idempotency_error"))
    );
}

#[tokio::test]
async fn an_endpoints_secret_is_shown_once_and_sixteen_are_the_limit() {
    let api = Api::start().await;
    let form = "url=http://127.0.0.1:9/&enabled_events[]=*";
    let (_, made) = answer(api.post("webhook_endpoints", form)).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = format!("webhook_endpoints/{}", made["id"].as_str().unwrap());
    let (_, later) = answer(api.get(&path)).await;
    assert!(later.get("secret").is_none());
    for _ in 1..16 {
        assert_eq!(answer(api.post("webhook_endpoints", form)).await.0, 200);
    }
    assert_eq!(answer(api.post("webhook_endpoints", form)).await.0, 400);
}

#[tokio::test]
async fn the_log_of_events_can_be_filtered() {
    let api = Api::start().await;
    api.stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let (_, all) = answer(api.get("events?limit=100")).await;
    assert_eq!(
        all["data"].as_array().unwrap().len(),
        api.stripe.events().len()
    );
    let (_, paid) = answer(api.get("events?type=invoice.paid")).await;
    let paid = paid["data"].as_array().unwrap();
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0]["data"]["object"]["status"], "paid");
}

#[tokio::test]
async fn faults_come_when_they_are_asked_for_and_go() {
    let api = Api::start().await;
    api.stripe.fail_next_requests(1, 429);
    let limited = api.get("prices").send().await.unwrap();
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["stripe-should-retry"], "true");
    assert_eq!(api.get("prices").send().await.unwrap().status(), 200);
    api.stripe.set_unreachable(true);
    assert_eq!(api.get("prices").send().await.unwrap().status(), 503);
    api.stripe.set_unreachable(false);
    assert_eq!(api.get("prices").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_not_there_says_so_as_stripe_does() {
    let api = Api::start().await;
    let (status, body) = answer(api.get("subscriptions/sub_nobody")).await;
    assert_eq!(status, 404);
    assert_eq!(body["error"]["code"], "resource_missing");
    let (status, body) = answer(api.get("nothing")).await;
    assert_eq!(status, 404);
    assert!(
        body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("/v1/nothing")
    );
}

#[tokio::test]
async fn every_verb_is_there_for_other_languages() {
    let api = Api::start().await;
    let control = |path: &str, body: &str| {
        let url = format!("{}/_fake/{path}", api.stripe.base_url());
        api.http
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_owned())
    };
    let wish = r#"{"price": "price_growth_monthly", "email": "ada@example.com"}"#;
    let (_, bought) = answer(control("buy", wish)).await;
    let subscription = bought["subscription"].as_str().unwrap();
    let verb = |verb: &str| control(&format!("subscriptions/{subscription}/{verb}"), "{}");
    assert_eq!(answer(verb("fail_renewal")).await.1["status"], "past_due");
    assert_eq!(answer(verb("pay")).await.1["status"], "active");
    assert_eq!(answer(verb("cancel")).await.1["status"], "canceled");
    assert_eq!(answer(verb("frobnicate")).await.0, 404);
}
