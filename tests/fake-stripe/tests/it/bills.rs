//! What is billed beside a subscription's cycle, and what the API shows of it.

use fake_stripe::{
    Charging, Checkout, FakeStripe, Interval, Outcome, PausedCollection, Proration, Subscribe,
    SubscriptionStatus,
};
use serde_json::Value;

use super::client::{Api, answer};

const DAY: i64 = 86_400;
const GROWTH: &str = "price_growth_monthly";

fn newest<'a>(events: &'a [fake_stripe::Event], kind: &str) -> &'a fake_stripe::Event {
    events.iter().rfind(|event| event.kind == kind).unwrap()
}

async fn api() -> (Api, FakeStripe) {
    let api = Api::start().await;
    let stripe = api.stripe.clone();
    (api, stripe)
}

#[tokio::test]
async fn an_extra_bill_is_manual_and_leaves_the_subscription_alone() {
    let (api, stripe) = api().await;
    let bought = stripe.buy(GROWTH, "ada@example.com").await.unwrap();
    let extra = stripe.bill_extra(&bought.subscription, 900).await.unwrap();
    assert!(stripe.open_invoice(&bought.subscription).is_err());
    let shown = api.found(&format!("invoices/{extra}")).await;
    assert_eq!(shown["billing_reason"], "manual");
    assert_eq!(shown["status"], "open");
    let parent = &shown["parent"]["subscription_details"];
    assert_eq!(parent["subscription"], bought.subscription);
    let line = &shown["lines"]["data"][0]["parent"];
    assert_eq!(line["type"], "invoice_item_details");
    assert_eq!(line["invoice_item_details"]["proration"], false);
    stripe.pay_invoice(&extra).await.unwrap();
    let latest = stripe.latest_invoice(&bought.subscription).unwrap();
    assert_eq!(latest, bought.invoice);
}

#[tokio::test]
async fn parts_pay_an_invoice() {
    let (api, stripe) = api().await;
    let customer = stripe.create_customer("ada@example.com").await.unwrap();
    let offer = Subscribe::to(GROWTH).days_until_due(30);
    let subscription = stripe
        .subscribe_by(&customer, offer, Outcome::Succeeds)
        .await
        .unwrap();
    let invoice = stripe.open_invoice(&subscription).unwrap();
    assert!(stripe.pay_part(&invoice, 3000).await.is_err());
    stripe.pay_part(&invoice, 2000).await.unwrap();
    let path = format!("invoices/{invoice}?expand[]=payments");
    let shown = api.found(&path).await;
    assert_eq!(shown["status"], "open");
    assert_eq!(shown["amount_paid"], 2000);
    assert_eq!(shown["amount_remaining"], 900);
    stripe.pay_part(&invoice, 900).await.unwrap();
    let shown = api.found(&path).await;
    assert_eq!(shown["status"], "paid");
    let payments = shown["payments"]["data"].as_array().unwrap();
    let amount = |payment: &Value| payment["amount_paid"].as_i64();
    let mut paid: Vec<i64> = payments.iter().filter_map(amount).collect();
    paid.sort_unstable();
    assert_eq!(paid, [900, 2000]);
    assert_eq!(stripe.payments_of(&invoice).len(), 2);
    let first = &stripe.payments_of(&invoice)[0];
    stripe.refund(first, None).await.unwrap();
    let events = stripe.events();
    let refunded = newest(&events, "charge.refunded");
    assert_eq!(refunded.object["amount_refunded"], 2000);
}

#[tokio::test]
async fn what_is_sent_is_active_until_it_is_overdue() {
    let (api, stripe) = api().await;
    let customer = stripe.create_customer("ada@example.com").await.unwrap();
    let offer = Subscribe::to(GROWTH).days_until_due(30);
    let subscription = stripe
        .subscribe_by(&customer, offer, Outcome::Fails)
        .await
        .unwrap();
    let status = || stripe.subscription_status(&subscription).unwrap();
    assert_eq!(status(), SubscriptionStatus::Active);
    let shown = api.found(&format!("subscriptions/{subscription}")).await;
    assert_eq!(shown["collection_method"], "send_invoice");
    assert_eq!(shown["days_until_due"], 30);
    let invoice = stripe.open_invoice(&subscription).unwrap();
    let shown = api.found(&format!("invoices/{invoice}")).await;
    let due = shown["created"].as_i64().unwrap() + 30 * DAY;
    assert_eq!(shown["due_date"], due);
    stripe.fall_due(&subscription).await.unwrap();
    assert_eq!(status(), SubscriptionStatus::PastDue);
    stripe.void_invoice(&invoice).await.unwrap();
    assert_eq!(status(), SubscriptionStatus::Active);
}

#[tokio::test]
async fn a_month_without_collection_is_written_off() {
    let (api, stripe) = api().await;
    let bought = stripe.buy(GROWTH, "ada@example.com").await.unwrap();
    let paused = Some(PausedCollection::MarkUncollectible);
    stripe
        .pause_collection(&bought.subscription, paused)
        .await
        .unwrap();
    let invoice = stripe.renew(&bought.subscription).await.unwrap();
    let shown = api.found(&format!("invoices/{invoice}")).await;
    assert_eq!(shown["status"], "uncollectible");
    let shown = api
        .found(&format!("subscriptions/{}", bought.subscription))
        .await;
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["pause_collection"]["behavior"], "mark_uncollectible");
}

#[tokio::test]
async fn a_backdated_subscription_starts_before_it_was_made() {
    let (api, stripe) = api().await;
    let customer = stripe.create_customer("ada@example.com").await.unwrap();
    for days in [12, 70] {
        let start = stripe.now() - days * DAY;
        let offer = Subscribe::to(GROWTH).start_date(start);
        let subscription = stripe
            .subscribe_by(&customer, offer, Outcome::Succeeds)
            .await
            .unwrap();
        let shown = api.found(&format!("subscriptions/{subscription}")).await;
        assert_eq!(shown["start_date"], start);
        assert!(shown["created"].as_i64().unwrap() > start);
        let item = &shown["items"]["data"][0];
        let period = |name: &str| item[name].as_i64().unwrap();
        let now = stripe.now();
        assert!(period("current_period_start") <= now && now < period("current_period_end"));
    }
}

#[tokio::test]
async fn an_item_comes_and_goes() {
    let (api, stripe) = api().await;
    let bought = stripe.buy(GROWTH, "ada@example.com").await.unwrap();
    let subscription = &bought.subscription;
    let other = "price_starter_monthly";
    let item = stripe
        .add_item(subscription, other, 4, Proration::Later)
        .await
        .unwrap();
    let events = stripe.events();
    let updated = newest(&events, "customer.subscription.updated");
    let before = updated.previous_attributes.as_ref().unwrap();
    assert_eq!(before["items"]["data"].as_array().unwrap().len(), 1);
    assert_eq!(updated.object["items"]["data"][1]["id"], item);
    // The difference is on the next invoice, beside the month.
    let invoice = stripe.bill_next_period(subscription).await.unwrap();
    let shown = api.found(&format!("invoices/{invoice}")).await;
    let lines = shown["lines"]["data"].as_array().unwrap();
    let prorated = |line: &&Value| {
        line["parent"]["subscription_item_details"]["proration"] == Value::Bool(true)
    };
    assert_eq!((lines.len(), lines.iter().filter(prorated).count()), (3, 1));

    stripe
        .remove_item(subscription, other, Proration::None)
        .await
        .unwrap();
    let invoice = stripe.bill_next_period(subscription).await.unwrap();
    let shown = api.found(&format!("invoices/{invoice}")).await;
    assert_eq!(shown["lines"]["data"].as_array().unwrap().len(), 1);
    let last = stripe.remove_item(subscription, GROWTH, Proration::None);
    assert!(last.await.is_err());
}

#[tokio::test]
async fn usage_is_billed_when_its_period_is_over() {
    let (api, stripe) = api().await;
    let product = stripe.create_product("Calls").unwrap();
    let calls = stripe
        .create_monthly_price(&product, "price_calls", 5, Charging::Metered)
        .unwrap();
    let price = api.found("prices/price_calls").await;
    assert_eq!(price["recurring"]["usage_type"], "metered");
    assert_eq!(price["billing_scheme"], "per_unit");
    let customer = stripe.create_customer("ada@example.com").await.unwrap();
    let subscription = stripe.subscribe(&customer, &calls, Outcome::Succeeds);
    let subscription = subscription.await.unwrap();
    let shown = api.found(&format!("subscriptions/{subscription}")).await;
    let item = &shown["items"]["data"][0];
    assert!(item.get("quantity").is_none());
    stripe.count_usage(&subscription, 200).unwrap();
    let invoice = stripe.renew(&subscription).await.unwrap();
    let shown = api.found(&format!("invoices/{invoice}")).await;
    let line = &shown["lines"]["data"][0];
    assert_eq!(
        (&line["amount"], &line["quantity"]),
        (&1000.into(), &200.into())
    );
    assert_eq!(line["period"]["end"], item["current_period_end"]);
}

#[tokio::test]
async fn a_tiered_price_shows_no_amount() {
    let (api, stripe) = api().await;
    let product = stripe.create_product("Seats").unwrap();
    stripe
        .create_monthly_price(&product, "price_seats", 0, Charging::Tiered)
        .unwrap();
    let price = api.found("prices/price_seats").await;
    assert_eq!(price["billing_scheme"], "tiered");
    assert_eq!(price["unit_amount"], Value::Null);
    assert_eq!(price["recurring"]["usage_type"], "licensed");
}

#[tokio::test]
async fn a_single_purchase_has_an_invoice_where_it_was_asked_for() {
    let (api, stripe) = api().await;
    let product = stripe.create_product("Lifetime").unwrap();
    stripe
        .create_price(&product, "price_lifetime", 9900, None::<Interval>)
        .unwrap();
    let offer = Checkout::payment("price_lifetime").email("ada@example.com");
    let session = stripe.checkout(offer.creates_invoice()).unwrap();
    let receipt = stripe.complete_checkout(&session).await.unwrap();
    let invoice = receipt.invoice.unwrap();
    let shown = api.found(&format!("invoices/{invoice}")).await;
    assert_eq!(shown["status"], "paid");
    assert_eq!(shown["parent"], Value::Null);
    let line = &shown["lines"]["data"][0];
    assert_eq!(line["pricing"]["price_details"]["price"], "price_lifetime");
    let intent = receipt.payment_intent.unwrap();
    assert_eq!(stripe.payments_of(&invoice)[0], intent);
    // The session of an invoice is found by its payment.
    let list = format!("checkout/sessions?payment_intent={intent}");
    assert_eq!(api.found(&list).await["data"][0]["invoice"], invoice);

    // An invoice from the dashboard has no session.
    let customer = receipt.customer.unwrap();
    let lines = [("price_lifetime", 1)];
    let invoice = stripe.sell_by_invoice(&customer, &lines).await.unwrap();
    stripe.pay_invoice(&invoice).await.unwrap();
    let intent = &stripe.payments_of(&invoice)[0];
    let list = api
        .found(&format!("checkout/sessions?payment_intent={intent}"))
        .await;
    assert_eq!(list["data"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_hidden_object_is_not_known_for_a_while() {
    let (api, stripe) = api().await;
    let bought = stripe.buy(GROWTH, "ada@example.com").await.unwrap();
    let path = format!("checkout/sessions/{}", bought.session);
    stripe.hide(&bought.session);
    for path in [path.clone(), format!("{path}/line_items")] {
        let (status, body) = answer(api.get(&path)).await;
        assert_eq!(
            (status.as_u16(), body["error"]["code"].as_str().unwrap()),
            (404, "resource_missing")
        );
    }
    let list = format!("checkout/sessions?subscription={}", bought.subscription);
    assert_eq!(api.found(&list).await["data"].as_array().unwrap().len(), 0);
    stripe.reveal(&bought.session);
    assert_eq!(api.found(&path).await["id"], bought.session);
    assert_eq!(api.found(&list).await["data"][0]["id"], bought.session);
}

#[tokio::test]
async fn an_event_of_the_future_is_listed_first() {
    let (api, stripe) = api().await;
    let ahead = 60 * DAY;
    stripe
        .change_customer_ahead("clock@example.com", ahead)
        .await
        .unwrap();
    stripe.buy(GROWTH, "ada@example.com").await.unwrap();
    let list = api
        .found("events?types[]=customer.updated&types[]=invoice.paid")
        .await;
    let kind = |place: usize| list["data"][place]["type"].as_str().unwrap().to_owned();
    assert_eq!(
        (kind(0), kind(1)),
        ("customer.updated".into(), "invoice.paid".into())
    );
    assert!(list["data"][0]["created"].as_i64().unwrap() >= stripe.now() + ahead - DAY);
    let now = stripe.now();
    let past = api
        .found(&format!("events?type=customer.updated&created[lte]={now}"))
        .await;
    assert_eq!(past["data"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn the_old_rendering_shows_the_same_bills() {
    const OLD: &str = "2024-06-20";
    let (_, stripe) = api().await;
    let customer = stripe.create_customer("ada@example.com").await.unwrap();
    let invoice = stripe.sell_by_invoice(&customer, &[(GROWTH, 2)]).await;
    stripe.pay_invoice(&invoice.unwrap()).await.unwrap();
    let body = |kind: &str| {
        let events = stripe.events();
        stripe.event_body(&newest(&events, kind).id, OLD).unwrap()
    };
    let sold = &body("invoice.paid")["data"]["object"];
    assert_eq!(sold["subscription"], Value::Null);
    assert_eq!(sold["paid_out_of_band"], false);
    let line = &sold["lines"]["data"][0];
    assert_eq!(line["type"], "invoiceitem");
    assert_eq!(
        (&line["price"]["id"], &line["quantity"]),
        (&GROWTH.into(), &2.into())
    );
    assert!(line.get("parent").is_none());

    let bought = stripe.buy(GROWTH, "bob@example.com").await.unwrap();
    let extra = stripe.bill_extra(&bought.subscription, 900).await.unwrap();
    stripe.pay_invoice(&extra).await.unwrap();
    let extra = &body("invoice.paid")["data"]["object"];
    assert_eq!(extra["subscription"], bought.subscription);
    assert_eq!(extra["lines"]["data"][0]["proration"], false);
    assert!(extra["lines"]["data"][0].get("subscription_item").is_none());

    let other = "price_starter_monthly";
    let added = stripe.add_item(&bought.subscription, other, 1, Proration::Later);
    added.await.unwrap();
    let updated = body("customer.subscription.updated");
    let before = &updated["data"]["previous_attributes"];
    assert_eq!(before["items"]["data"].as_array().unwrap().len(), 1);
    // With one item, the subscription named its quantity itself.
    assert_eq!(
        (&before["quantity"], &updated["data"]["object"]["quantity"]),
        (&1.into(), &Value::Null)
    );
}
