//! One world in the shapes of two API versions.

use fake_stripe::{API_VERSION, FakeStripe, Purchase};
use serde_json::Value;

use super::Inbox;
use super::client::{Api, answer};

const OLD: &str = "2024-06-20";

async fn bought() -> (Api, Purchase) {
    let api = Api::start().await;
    let bought = api
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    (api, bought)
}

/// The object as a request of the old version gets it.
async fn old(api: &Api, path: &str) -> Value {
    let request = api.get(path).header("stripe-version", OLD);
    let reply = request.send().await.unwrap();
    assert_eq!(reply.headers()["stripe-version"], OLD);
    reply.json().await.unwrap()
}

#[tokio::test]
async fn an_old_invoice_names_its_subscription_and_its_payment() {
    let (api, bought) = bought().await;
    let path = format!("invoices/{}", bought.invoice);
    let invoice = old(&api, &path).await;
    assert_eq!(invoice["subscription"], bought.subscription);
    assert_eq!(invoice["charge"], bought.charge);
    assert_eq!(invoice["payment_intent"], bought.payment_intent);
    assert_eq!(invoice["paid"], true);
    assert_eq!(invoice["paid_out_of_band"], false);
    assert!(invoice.get("parent").is_none());
    let line = &invoice["lines"]["data"][0];
    assert_eq!(line["type"], "subscription");
    assert_eq!(line["price"]["id"], "price_growth_monthly");
    assert_eq!(line["plan"]["id"], "price_growth_monthly");
    assert_eq!(line["proration"], false);
    assert!(
        line["subscription_item"]
            .as_str()
            .unwrap()
            .starts_with("si_")
    );
    assert!(line.get("parent").is_none() && line.get("pricing").is_none());
    assert_eq!(invoice["lines"]["total_count"], 1);

    let present = api.found(&path).await;
    for gone in ["subscription", "charge", "payment_intent", "paid"] {
        assert!(present.get(gone).is_none(), "{gone}");
    }
    let parent = &present["parent"]["subscription_details"];
    assert_eq!(parent["subscription"], bought.subscription);
}

#[tokio::test]
async fn an_old_charge_names_its_invoice() {
    let (api, bought) = bought().await;
    for path in [
        format!("charges/{}", bought.charge),
        format!("payment_intents/{}", bought.payment_intent),
    ] {
        assert_eq!(old(&api, &path).await["invoice"], bought.invoice);
        assert!(api.found(&path).await.get("invoice").is_none());
    }
    let path = format!("charges/{}?expand[]=invoice", bought.charge);
    let expanded = old(&api, &path).await;
    assert_eq!(expanded["invoice"]["subscription"], bought.subscription);
    assert_eq!(answer(api.get(&path)).await.0, 400);
}

#[tokio::test]
async fn an_old_subscription_has_the_period_itself() {
    let (api, bought) = bought().await;
    let end = api.stripe.period_end(&bought.subscription).unwrap();
    let lists = old(
        &api,
        "subscriptions?status=all&expand[]=data.latest_invoice",
    )
    .await;
    let subscription = &lists["data"][0];
    assert_eq!(subscription["current_period_end"], end);
    assert_eq!(subscription["quantity"], 1);
    assert_eq!(subscription["latest_invoice"]["charge"], bought.charge);
    let item = &subscription["items"]["data"][0];
    assert!(item.get("current_period_end").is_none());
    let present = api
        .found(&format!("subscriptions/{}", bought.subscription))
        .await;
    assert!(present.get("current_period_end").is_none());
    assert_eq!(present["items"]["data"][0]["current_period_end"], end);
}

#[tokio::test]
async fn each_endpoint_gets_an_event_in_its_own_version() {
    let stripe = FakeStripe::builder()
        .api_version("2025-09-30.clover")
        .start()
        .await
        .unwrap();
    let api = Api::of(stripe);
    let (by_default, url) = Inbox::open().await;
    api.stripe.add_webhook_endpoint(&url, &["*"]).unwrap();
    let (past, url) = Inbox::open().await;
    let form = format!("url={url}&enabled_events[]=*&api_version={OLD}");
    assert_eq!(
        api.made("webhook_endpoints", &form).await["api_version"],
        OLD
    );
    let bought = api
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    api.stripe.renew(&bought.subscription).await.unwrap();
    assert_eq!(by_default.ids(), past.ids());

    let paid = |inbox: &Inbox, kind: &str| -> Vec<Value> {
        let bodies = inbox.received().into_iter();
        let events = bodies.map(|(_, body)| serde_json::from_str::<Value>(&body).unwrap());
        events.filter(|it| it["type"] == kind).collect()
    };
    let new = &paid(&by_default, "invoice.paid")[0];
    assert_eq!(new["api_version"], "2025-09-30.clover");
    assert!(new["data"]["object"].get("subscription").is_none());
    let of_old = &paid(&past, "invoice.paid")[0];
    assert_eq!(of_old["api_version"], OLD);
    let invoice = &of_old["data"]["object"];
    assert_eq!(invoice["subscription"], bought.subscription);
    assert_eq!(invoice["charge"], bought.charge);
    let renewed = &paid(&past, "customer.subscription.updated")[0];
    let before = &renewed["data"]["previous_attributes"]["current_period_end"];
    assert_eq!(
        *before, renewed["data"]["object"]["current_period_start"],
        "{before}"
    );

    // The log has the account's version, whatever the request's.
    let events = old(&api, "events?type=invoice.paid").await;
    assert_eq!(events["data"][0]["api_version"], "2025-09-30.clover");
    assert!(
        events["data"][0]["data"]["object"]
            .get("subscription")
            .is_none()
    );
    let event = api.stripe.events().pop().unwrap();
    let body = api.stripe.event_body(&event.id, API_VERSION).unwrap();
    assert_eq!(body["data"]["object"], event.object);
}

#[tokio::test]
async fn an_event_keeps_what_it_told() {
    let (api, bought) = bought().await;
    let events = api.stripe.events();
    let opened = events
        .iter()
        .find(|it| it.kind == "invoice.finalized")
        .unwrap();
    let body = api.stripe.event_body(&opened.id, OLD).unwrap();
    assert_eq!(body["data"]["object"]["id"], bought.invoice);
    assert_eq!(body["data"]["object"]["charge"], Value::Null);
    assert_eq!(body["data"]["object"]["paid"], false);
}

#[tokio::test]
async fn what_is_no_version_is_refused() {
    let api = Api::start().await;
    let request = api.get("prices").header("stripe-version", "newest");
    assert_eq!(answer(request).await.0, 400);
    let form = "url=http://127.0.0.1:9/&enabled_events[]=*&api_version=newest";
    assert_eq!(answer(api.post("webhook_endpoints", form)).await.0, 400);
}
