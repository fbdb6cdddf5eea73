//! What Stripe's command line does to cause an event: test cards that pay, are
//! declined or disputed, invoices by hand, the hosted page in the customer's stead.

use super::client::{Api, answer, id};

const CARD: &str = "type=card&card[token]=tok_visa&billing_details[email]=ada@example.com";

#[tokio::test]
async fn a_checkout_confirmed_on_its_page_sells_what_one_completed_by_a_verb_does() {
    let api = Api::start().await;
    let form = "mode=subscription&line_items[0][price]=price_growth_monthly\
                &line_items[0][quantity]=2&success_url=https://example.com";
    let session = api.made("checkout/sessions", form).await;
    let page = format!("payment_pages/{}", id(&session));
    assert_eq!(api.found(&page).await["status"], "open");
    let card = api.made("payment_methods", CARD).await;
    let confirm = format!("{page}/confirm");
    let wrong = format!("payment_method={}&expected_amount=1", id(&card));
    assert_eq!(answer(api.post(&confirm, &wrong)).await.0, 400);
    let right = format!("payment_method={}&expected_amount=5800", id(&card));
    let paid = api.made(&confirm, &right).await;
    assert_eq!(paid["customer_details"]["email"], "ada@example.com");

    let subscription = api
        .found(&format!(
            "subscriptions/{}?expand[]=latest_invoice.payments",
            paid["subscription"].as_str().unwrap()
        ))
        .await;
    assert_eq!(subscription["status"], "active");
    let invoice = &subscription["latest_invoice"];
    assert_eq!(invoice["amount_paid"], 5800);
    let intent = &invoice["payments"]["data"][0]["payment"]["payment_intent"];
    let charges = api
        .found(&format!(
            "charges?payment_intent={}",
            intent.as_str().unwrap()
        ))
        .await;
    assert_eq!(charges["data"][0]["payment_method"], card["id"]);
    for kind in [
        "customer.subscription.created",
        "invoice.paid",
        "invoice_payment.paid",
        "payment_intent.succeeded",
        "charge.succeeded",
        "checkout.session.completed",
    ] {
        assert_eq!(api.count(kind), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_declined_card_leaves_the_checkout_open() {
    let api = Api::start().await;
    let form = "mode=subscription&line_items[0][price]=price_growth_monthly\
                &line_items[0][quantity]=1";
    let session = api.made("checkout/sessions", form).await;
    let confirm = format!("payment_pages/{}/confirm", id(&session));
    let (status, body) = answer(api.post(&confirm, "payment_method=pm_card_chargeDeclined")).await;
    assert_eq!(status, 402);
    assert_eq!(body["error"]["type"], "card_error");
    assert_eq!(body["error"]["code"], "card_declined");
    assert_eq!(api.count("customer.subscription.created"), 0);
    api.made(&confirm, "payment_method=pm_card_visa").await;
}

#[tokio::test]
async fn a_bank_account_pays_later_or_never() {
    let api = Api::start().await;
    let product = api.stripe.create_product("Lifetime").unwrap();
    api.stripe
        .create_price(&product, "price_lifetime", 9900, None)
        .unwrap();
    let accounts = [
        ("AT611904300234573201", "async_payment_succeeded", "paid"),
        ("AT861904300235473202", "async_payment_failed", "unpaid"),
    ];
    for (iban, event, paid) in accounts {
        let form = "mode=payment&line_items[0][price]=price_lifetime\
                    &line_items[0][quantity]=1&payment_method_types[]=sepa_debit";
        let session = api.made("checkout/sessions", form).await;
        let account = format!("type=sepa_debit&sepa_debit[iban]={iban}");
        let account = api.made("payment_methods", &account).await;
        let confirm = format!("payment_pages/{}/confirm", id(&session));
        let form = format!("payment_method={}", id(&account));
        let session = api.made(&confirm, &form).await;
        assert_eq!(session["payment_status"], paid);
        assert_eq!(api.count(&format!("checkout.session.{event}")), 1);
    }
    assert_eq!(api.count("checkout.session.completed"), 2);
}

#[tokio::test]
async fn a_payment_ends_as_its_test_card_says() {
    let api = Api::start().await;
    let pay = |card: &str| {
        let form = format!("amount=2000&currency=usd&confirm=true&payment_method={card}");
        api.post("payment_intents", &form)
    };
    let (_, paid) = answer(pay("pm_card_visa")).await;
    assert_eq!(paid["status"], "succeeded");
    let (status, _) = answer(pay("pm_card_chargeDeclined")).await;
    assert_eq!(status, 402);
    assert_eq!(api.count("payment_intent.payment_failed"), 1);
    let (_, asked) = answer(pay("pm_card_authenticationRequired")).await;
    assert_eq!(asked["status"], "requires_action");
    let (_, inquired) = answer(pay("pm_card_createDisputeInquiry")).await;
    let disputes = api
        .found(&format!("disputes?payment_intent={}", id(&inquired)))
        .await;
    assert_eq!(disputes["data"][0]["status"], "warning_needs_response");
    let close = format!("disputes/{}/close", id(&disputes["data"][0]));
    assert_eq!(api.made(&close, "").await["status"], "warning_closed");

    let canceled = api.made("payment_intents", "amount=1&currency=usd").await;
    let cancel = format!("payment_intents/{}/cancel", id(&canceled));
    assert_eq!(api.made(&cancel, "").await["status"], "canceled");
    let refund = format!("payment_intent={}", id(&paid));
    api.made("refunds", &refund).await;
    assert_eq!(api.count("charge.refunded"), 1);
}

#[tokio::test]
async fn an_invoice_drawn_up_by_hand_is_paid_or_declined() {
    let api = Api::start().await;
    let customer = api.made("customers", "email=ada@example.com").await;
    let customer = id(&customer);
    let bill = async || {
        let item = format!("customer={customer}&amount=2000&currency=usd");
        api.made("invoiceitems", &item).await;
        let form = format!("customer={customer}&pending_invoice_items_behavior=include");
        let invoice = api.made("invoices", &form).await;
        assert_eq!(
            (&invoice["status"], &invoice["total"], &invoice["parent"]),
            (&"draft".into(), &2000.into(), &serde_json::Value::Null)
        );
        format!("invoices/{}", id(&invoice))
    };
    let invoice = bill().await;
    let paid = api
        .made(&format!("{invoice}/pay"), "payment_method=pm_card_visa")
        .await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(api.count("invoice.paid"), 1);

    let invoice = bill().await;
    let card = "payment_method=pm_card_chargeCustomerFail";
    let (status, _) = answer(api.post(&format!("{invoice}/pay"), card)).await;
    assert_eq!(status, 402);
    assert_eq!(api.found(&invoice).await["status"], "open");
    assert_eq!(api.count("invoice.payment_failed"), 1);
    let voided = api.made(&format!("{invoice}/void"), "").await;
    assert_eq!(voided["status"], "void");

    let draft = bill().await;
    assert_eq!(answer(api.delete(&draft)).await.1["deleted"], true);
    assert_eq!(answer(api.get(&draft)).await.0, 404);
}

#[tokio::test]
async fn a_subscription_is_paid_by_the_customers_own_card() {
    let api = Api::start().await;
    let cards = [
        ("pm_card_visa", "active"),
        ("pm_card_chargeCustomerFail", "incomplete"),
    ];
    for (card, status) in cards {
        let form = format!(
            "email=ada@example.com&payment_method={card}\
             &invoice_settings[default_payment_method]={card}"
        );
        let customer = api.made("customers", &form).await;
        let form = format!(
            "customer={}&items[0][price]=price_growth_monthly",
            id(&customer)
        );
        let subscription = api.made("subscriptions", &form).await;
        assert_eq!(subscription["status"], status, "{card}");
        let path = format!("subscriptions/{}", id(&subscription));
        let ended = answer(api.delete(&path)).await.1;
        assert_eq!(ended["status"], "canceled");
    }
    assert_eq!(api.count("payment_method.attached"), 2);
}
