//! What happens to a subscription, and the events of it.

use fake_stripe::{Checkout, FakeStripe, Refusal, SubscriptionStatus};

async fn stripe() -> FakeStripe {
    let stripe = FakeStripe::builder().start().await.unwrap();
    stripe.create_guide_catalog().unwrap();
    stripe
}

/// The types of the events since `from`.
fn kinds(stripe: &FakeStripe, from: usize) -> Vec<&'static str> {
    stripe
        .events()
        .iter()
        .skip(from)
        .map(|it| it.kind)
        .collect()
}

#[tokio::test]
async fn a_purchase_tells_of_all_that_it_makes() {
    let stripe = stripe().await;
    let from = stripe.events().len();
    let purchase = stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let kinds = kinds(&stripe, from);
    for kind in [
        "customer.created",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "payment_intent.succeeded",
        "charge.succeeded",
        "invoice.paid",
        "checkout.session.completed",
    ] {
        assert_eq!(
            kinds.iter().filter(|it| **it == kind).count(),
            1,
            "{kind} in {kinds:?}"
        );
    }
    let events = stripe.events();
    let completed = events
        .iter()
        .find(|it| it.kind == "checkout.session.completed")
        .unwrap();
    assert_eq!(completed.object["subscription"], purchase.subscription);
    assert_eq!(completed.object["payment_status"], "paid");
    // As Stripe's events, without what has to be asked for.
    assert!(completed.object.get("line_items").is_none());
}

#[tokio::test]
async fn a_renewal_fails_recovers_and_ends() {
    let stripe = stripe().await;
    let bought = stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let subscription = &bought.subscription;
    let status = || stripe.subscription_status(subscription).unwrap();
    assert_eq!(status(), SubscriptionStatus::Active);
    let period_end = stripe.period_end(subscription).unwrap();

    let from = stripe.events().len();
    stripe.fail_renewal(subscription).await.unwrap();
    assert_eq!(status(), SubscriptionStatus::PastDue);
    assert!(kinds(&stripe, from).contains(&"invoice.payment_failed"));
    assert!(stripe.period_end(subscription).unwrap() > period_end);

    let from = stripe.events().len();
    stripe.pay_latest_invoice(subscription).await.unwrap();
    assert_eq!(status(), SubscriptionStatus::Active);
    let paid = kinds(&stripe, from);
    assert!(paid.contains(&"invoice.paid") && paid.contains(&"customer.subscription.updated"));

    let from = stripe.events().len();
    stripe.cancel(subscription).await.unwrap();
    assert_eq!(status(), SubscriptionStatus::Canceled);
    assert_eq!(kinds(&stripe, from), ["customer.subscription.deleted"]);
    assert!(stripe.cancel(subscription).await.is_err());
}

#[tokio::test]
async fn dunning_that_is_exhausted_ends_the_subscription() {
    let stripe = stripe().await;
    let bought = stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    stripe.fail_renewal(&bought.subscription).await.unwrap();
    stripe.exhaust_dunning(&bought.subscription).await.unwrap();
    let ended = stripe.events();
    let ended = ended
        .iter()
        .rfind(|it| it.kind == "customer.subscription.deleted")
        .unwrap();
    assert_eq!(
        ended.object["cancellation_details"]["reason"],
        "payment_failed"
    );
}

#[tokio::test]
async fn refunds_add_up_to_the_charge_and_no_further() {
    let stripe = stripe().await;
    let bought = stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    stripe.refund(&bought.charge, Some(1000)).await.unwrap();
    stripe.refund(&bought.payment_intent, None).await.unwrap();
    let events = stripe.events();
    let refunded: Vec<_> = events
        .iter()
        .filter(|it| it.kind == "charge.refunded")
        .map(|it| {
            (
                it.object["amount_refunded"].as_i64(),
                it.object["refunded"].as_bool(),
            )
        })
        .collect();
    assert_eq!(
        refunded,
        [(Some(1000), Some(false)), (Some(2900), Some(true))]
    );
    assert!(stripe.refund(&bought.charge, Some(1)).await.is_err());
}

#[tokio::test]
async fn a_delayed_payment_comes_later_or_not_at_all() {
    let stripe = stripe().await;
    let product = stripe.create_product("Lifetime").unwrap();
    let price = stripe
        .create_price(&product, "price_lifetime", 9900, None)
        .unwrap();
    for settles in [true, false] {
        let offer = Checkout::payment(&price)
            .email("ada@example.com")
            .delayed_payment();
        let session = stripe.checkout(offer).unwrap();
        stripe.complete_checkout(&session).await.unwrap();
        let completed = stripe.events();
        let completed = completed.last().unwrap();
        assert_eq!(completed.object["payment_status"], "unpaid");
        let expected = if settles {
            stripe.settle_checkout(&session).await.unwrap();
            "checkout.session.async_payment_succeeded"
        } else {
            stripe.fail_checkout(&session).await.unwrap();
            "checkout.session.async_payment_failed"
        };
        assert_eq!(stripe.events().last().unwrap().kind, expected);
    }
}

#[tokio::test]
async fn what_does_not_exist_or_does_not_fit_is_refused() {
    let stripe = stripe().await;
    let missing = stripe.renew("sub_nobody").await;
    assert!(
        matches!(missing, Err(Refusal::Missing { .. })),
        "{missing:?}"
    );
    assert!(
        stripe
            .buy("price_nothing", "ada@example.com")
            .await
            .is_err()
    );
    let once = stripe.checkout(Checkout::payment("price_growth_monthly"));
    assert!(
        matches!(once, Err(Refusal::InvalidParameter { param: "mode", .. })),
        "{once:?}"
    );
    assert!(stripe.create_guide_catalog().is_err());
}
