//! One purchase in the shapes of two API versions: the facts are the same.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use paidup_lifecycle::{
    Charge, CheckoutMode, CheckoutPayment, EndReason, InvoiceStatus, Object, Period, Settlement,
    SubscriptionStatus, Timestamp,
};
use paidup_stripe::{Event, FactError, facts_of};
use proptest::prelude::*;
use serde_json::{Value, json};

fn one(value: &Value) -> Object {
    let mut objects = facts_of(value).unwrap();
    objects.retain(|it| !matches!(it, Object::Course(_) | Object::ItemSet(_)));
    assert_eq!(objects.len(), 1, "{objects:?}");
    objects.remove(0)
}

#[test]
fn a_subscription_before_and_after_basil() {
    let old = json!({
        "object": "subscription", "id": "sub_1", "customer": "cus_1", "status": "active",
        "current_period_end": 2_000, "cancel_at_period_end": false, "cancel_at": null,
        "items": {"object": "list", "data": [
            {"id": "si_1", "quantity": 3, "price": {"id": "price_1", "product": "prod_1"}}
        ]},
    });
    let new = json!({
        "object": "subscription", "id": "sub_1", "status": "active",
        "customer": {"id": "cus_1", "object": "customer"},
        "items": {"object": "list", "data": [{
            "id": "si_1", "quantity": 3, "current_period_end": 2_000,
            "price": {"id": "price_1", "product": {"id": "prod_1", "object": "product"}},
        }]},
        "billing_mode": {"type": "flexible"}, "a_member_of_the_future": {"x": [1]},
    });
    assert_eq!(one(&old), one(&new));
    let Object::Subscription(subscription) = one(&new) else {
        panic!()
    };
    assert_eq!(subscription.items[0].period_end, Some(Timestamp(2_000)));
    assert_eq!(subscription.items[0].quantity, 3);
}

#[test]
fn a_subscription_from_before_prices() {
    let plan = json!({
        "object": "subscription", "id": "sub_1", "status": "canceled", "ended_at": 9,
        "items": {"data": [{"id": "si_1", "plan": {"id": "plan_1", "product": "prod_1"}}]},
    });
    let Object::Subscription(subscription) = one(&plan) else {
        panic!()
    };
    assert_eq!(subscription.items[0].price, "plan_1");
    assert_eq!(subscription.ended_at, Some(Timestamp(9)));
    assert_eq!(subscription.end_reason, Some(EndReason::Requested));
}

#[test]
fn a_word_of_the_future_is_unknown_and_a_missing_one_is_an_error() {
    let future = json!({"object": "subscription", "id": "sub_1", "status": "hibernating"});
    let Object::Subscription(subscription) = one(&future) else {
        panic!()
    };
    assert_eq!(subscription.status, SubscriptionStatus::Unknown);
    let missing = json!({"object": "subscription", "id": "sub_1"});
    assert_eq!(facts_of(&missing), Err(FactError::Missing("status")));
}

#[test]
fn an_invoice_before_and_after_basil() {
    let old = json!({
        "object": "invoice", "id": "in_1", "customer": "cus_1", "subscription": "sub_1",
        "status": "paid", "total": 2900, "created": 5, "payment_intent": "pi_1", "charge": null,
        "lines": {"data": [{
            "id": "il_1", "subscription_item": "si_1", "proration": false,
            "period": {"start": 1, "end": 2}, "price": {"id": "price_1", "product": "prod_1"},
        }]},
    });
    let new = json!({
        "object": "invoice", "id": "in_1", "customer": "cus_1", "status": "paid", "total": 2900,
        "created": 5, "status_transitions": {"finalized_at": 5},
        "parent": {"type": "subscription_details",
                   "subscription_details": {"subscription": "sub_1"}},
        "payments": {"data": [{"object": "invoice_payment", "id": "inpay_1", "invoice": "in_1",
                     "payment": {"type": "payment_intent", "payment_intent": "pi_1"}}]},
        "lines": {"data": [{
            "parent": {"type": "subscription_item_details", "subscription_item_details": {
                "subscription_item": "si_1", "proration": false}},
            "id": "il_1", "period": {"start": 1, "end": 2},
            "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}},
        }]},
    });
    let (old, new) = (facts_of(&old).unwrap(), facts_of(&new).unwrap());
    assert_eq!(old, new);
    let Object::Invoice(invoice) = &new[0] else {
        panic!()
    };
    assert_eq!(invoice.status, InvoiceStatus::Paid);
    assert_eq!(
        invoice.lines[0].period,
        Period {
            start: Timestamp(1),
            end: Timestamp(2)
        }
    );
    let settlement = Settlement {
        invoice: "in_1".to_owned(),
        payment: "pi_1".to_owned(),
    };
    assert_eq!(new[1], Object::Settlement(settlement));
}

#[test]
fn a_checkout_and_its_lines() {
    let completed = json!({
        "object": "checkout.session", "id": "cs_1", "mode": "payment", "status": "complete",
        "payment_status": "paid", "customer": null, "payment_intent": "pi_1",
        "customer_details": {"email": "guest@example.com"},
    });
    let Object::Checkout(checkout) = one(&completed) else {
        panic!()
    };
    assert_eq!(checkout.mode, CheckoutMode::Payment);
    assert_eq!(checkout.payment_status, CheckoutPayment::Settled);
    assert_eq!(
        (checkout.customer, checkout.email.as_deref()),
        (None, Some("guest@example.com"))
    );

    let mut fetched = completed;
    fetched["line_items"] = json!({"data": [
        {"id": "li_1", "quantity": 2, "price": {"id": "price_1", "product": "prod_1"}}
    ]});
    let objects = facts_of(&fetched).unwrap();
    let Object::CheckoutLines(lines) = &objects[1] else {
        panic!()
    };
    assert_eq!(
        (lines.lines[0].price.as_str(), lines.lines[0].quantity),
        ("price_1", 2)
    );
}

#[test]
fn a_checkout_is_settled_open_or_on_its_way() {
    for (status, payment_status, expected) in [
        ("complete", "paid", CheckoutPayment::Settled),
        ("complete", "no_payment_required", CheckoutPayment::Settled),
        ("complete", "unpaid", CheckoutPayment::Unpaid),
        ("open", "unpaid", CheckoutPayment::Open),
        ("expired", "unpaid", CheckoutPayment::Open),
    ] {
        let session = json!({
            "object": "checkout.session", "id": "cs_1", "mode": "subscription",
            "status": status, "payment_status": payment_status,
        });
        let Object::Checkout(checkout) = one(&session) else {
            panic!()
        };
        assert_eq!(checkout.payment_status, expected);
    }
}

#[test]
fn a_charge_names_its_invoice_only_in_old_shapes() {
    let old = json!({
        "object": "charge", "id": "ch_1", "amount": 2900, "amount_refunded": 2900,
        "invoice": "in_1", "payment_intent": "pi_1", "status": "succeeded",
    });
    assert_eq!(
        one(&old),
        Object::Charge(Charge {
            id: "ch_1".to_owned(),
            customer: None,
            payment: Some("pi_1".to_owned()),
            invoice: Some("in_1".to_owned()),
            amount: 2900,
            amount_refunded: 2900,
        })
    );
    let failed = json!({"object": "charge", "id": "ch_2", "amount": 2900, "status": "failed"});
    assert_eq!(facts_of(&failed), Ok(vec![]));
}

#[test]
fn an_identifier_that_could_leave_its_path_is_refused() {
    for id in [
        "../../v1/account",
        "",
        "sub_1?x=1",
        "sub 1",
        ".hidden",
        "sub/1",
    ] {
        let object = json!({"object": "subscription", "id": id, "status": "active"});
        assert_eq!(
            facts_of(&object),
            Err(FactError::NotAnIdentifier("id")),
            "{id}"
        );
    }
}

#[test]
fn an_envelope_must_be_whole() {
    let whole = json!({
        "id": "evt_1", "object": "event", "type": "customer.deleted", "created": 7,
        "livemode": false, "data": {"object": {"object": "customer", "id": "cus_1",
        "deleted": true, "email": "gone@example.com"}},
    });
    let event = Event::parse(whole.to_string().as_bytes()).unwrap();
    let facts = event.facts().unwrap();
    let Object::Customer(customer) = &facts[0].object else {
        panic!()
    };
    assert_eq!((customer.deleted, &customer.email), (true, &None));
    for member in ["id", "object", "type", "created", "livemode", "data"] {
        let mut lacking = whole.clone();
        lacking.as_object_mut().unwrap().remove(member);
        assert!(
            Event::parse(lacking.to_string().as_bytes()).is_err(),
            "{member}"
        );
    }
    for body in ["", "null", "[]", "{", "\u{feff}{}", &"[".repeat(100_000)] {
        assert!(Event::parse(body.as_bytes()).is_err());
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z_0-9]{0,8}".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "id",
        "object",
        "status",
        "items",
        "lines",
        "data",
        "parent",
        "price",
        "plan",
        "payment",
        "customer",
        "period",
        "amount",
        "invoice",
        "subscription",
        "subscription_details",
    ]);
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics(
        mut value in json_value(),
        kind in prop::sample::select(vec![
            "subscription", "invoice", "charge", "checkout.session", "customer", "invoice_payment",
        ]),
    ) {
        if let Some(object) = value.as_object_mut() {
            object.insert("object".to_owned(), kind.into());
            object.insert("id".to_owned(), "x_1".into());
        }
        let _ = facts_of(&value);
    }
}

#[test]
fn a_listed_subscription_brings_its_customer_and_its_latest_invoice() {
    let object = json!({
        "object": "subscription", "id": "sub_1", "status": "active", "start_date": 900,
        "customer": { "object": "customer", "id": "cus_1", "created": 1, "email": "ada@example.com" },
        "latest_invoice": {
            "object": "invoice", "id": "in_1", "created": 1, "status": "paid", "total": 2900,
            "subscription": "sub_1", "payments": { "data": [
                { "payment": { "type": "payment_intent", "payment_intent": "pi_1" } }
            ] },
        },
        "items": { "data": [] },
    });
    let kinds: Vec<String> = facts_of(&object)
        .unwrap()
        .iter()
        .map(|it| it.key().as_str().to_owned())
        .collect();
    let expected = [
        "subscription:sub_1",
        "course:sub_1",
        "customer:cus_1",
        "invoice:in_1",
        "settlement:in_1:pi_1",
    ];
    assert_eq!(kinds, expected);
}
