//! Facts are joined, and hang together by what they name.

use std::collections::BTreeSet;

use paidup_lifecycle::{
    Charge, Checkout, CheckoutMode, CheckoutPayment, Customer, Fact, History, Invoice, InvoiceLine,
    InvoiceStatus, Item, ItemSet, Object, Period, Pricing, Refund, SoldItem, Subscription,
    SubscriptionItem, SubscriptionStatus,
};
use serde_json::{Value, json};

use crate::story::START;

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn subscription(id: &str, status: SubscriptionStatus) -> Object {
    let mut subscription = Subscription::new(id, status);
    subscription.customer = Some("cus_1".to_owned());
    Object::Subscription(subscription)
}

fn checkout(name: Option<&str>, email: Option<&str>) -> Checkout {
    Checkout {
        id: "cs_1".to_owned(),
        created: Some(START),
        mode: CheckoutMode::Payment,
        payment_status: CheckoutPayment::Settled,
        customer: Some("cus_1".to_owned()),
        email: email.map(str::to_owned),
        name: name.map(str::to_owned),
        subscription: None,
        payment: Some("pi_1".to_owned()),
        invoice: None,
        reference: None,
        metadata: std::collections::BTreeMap::new(),
    }
}

#[test]
fn to_learn_says_whether_it_was_news() {
    let mut history = History::default();
    let fact = |at, status| Fact::event(START.plus(at), subscription("sub_1", status));
    assert!(history.learn(fact(5, SubscriptionStatus::Active)));
    assert!(!history.learn(fact(5, SubscriptionStatus::Active)));
    assert!(!history.learn(fact(4, SubscriptionStatus::PastDue)));
    assert!(history.learn(fact(6, SubscriptionStatus::PastDue)));
    assert_eq!(history.facts().count(), 1);
}

#[test]
fn what_an_object_shares_with_its_own_purchase_is_neither_customer_nor_address() {
    let charge = Charge {
        id: "ch_1".to_owned(),
        customer: Some("cus_1".to_owned()),
        payment: Some("pi_1".to_owned()),
        invoice: Some("in_1".to_owned()),
        amount: 1,
        amount_refunded: 0,
    };
    let invoice = Invoice {
        customer: Some("cus_1".to_owned()),
        subscription: Some("sub_1".to_owned()),
        ..Invoice::new("in_1", InvoiceStatus::Paid)
    };
    let refund = Refund {
        id: "re_1".to_owned(),
        charge: Some("ch_1".to_owned()),
        payment: None,
        amount: 1,
        failed: false,
        created: None,
    };
    let customer = Customer {
        id: "cus_1".to_owned(),
        email: Some("ada@example.com".to_owned()),
        ..Customer::default()
    };
    for (object, own) in [
        (
            Object::Checkout(checkout(None, Some("ada@example.com"))),
            ids(&["cs_1", "pi_1"]),
        ),
        (
            subscription("sub_1", SubscriptionStatus::Active),
            ids(&["sub_1"]),
        ),
        (Object::Invoice(invoice), ids(&["in_1", "sub_1"])),
        (Object::Charge(charge), ids(&["ch_1", "in_1", "pi_1"])),
        (Object::Refund(refund), ids(&["ch_1", "re_1"])),
        (Object::Customer(customer), ids(&["cus_1"])),
    ] {
        assert_eq!(object.own_links(), own, "{object:?}");
    }
}

#[test]
fn a_name_or_an_address_alone_is_personal() {
    let mut history = History::default();
    let gone = Customer {
        id: "cus_1".to_owned(),
        ..Customer::default()
    };
    history.learn(Fact::event(START, Object::Customer(gone.forgotten())));
    let left = Fact::event(START, Object::Checkout(checkout(None, None)));
    for (name, email) in [(Some("Ada"), None), (None, Some("ada@example.com"))] {
        let fact = Fact::event(START, Object::Checkout(checkout(name, email)));
        assert_eq!(history.forgotten(&fact).as_ref(), Some(&left));
    }
    assert_eq!(history.forgotten(&left), None);
}

fn set(subscription: &str, items: &[(&str, &str, u64)], before: bool) -> ItemSet {
    let item = |(id, price, quantity): &(&str, &str, u64)| SoldItem {
        id: (*id).to_owned(),
        price: (*price).to_owned(),
        product: None,
        quantity: *quantity,
        pricing: Pricing::Licensed,
    };
    ItemSet {
        subscription: subscription.to_owned(),
        items: items.iter().map(item).collect(),
        before: before.then(|| items.iter().map(item).collect()),
        status: None,
    }
}

#[test]
fn what_a_subscription_sold_is_named_by_what_it_is() {
    let key = |set: ItemSet| Object::ItemSet(set).key();
    let (one, two) = (("si_1", "price_1", 1), ("si_2", "price_2", 1));
    let both = key(set("sub_1", &[one, two], false));
    assert_eq!(both, key(set("sub_1", &[two, one], false)), "in any order");
    // It is a key in a database: it must never change.
    assert_eq!(both.as_str(), "item_set:sub_1:f2480f1facc6073b");
    let mut all: Vec<_> = [
        set("sub_1", &[one, two], false),
        set("sub_2", &[one, two], false),
        set("sub_1", &[one], false),
        set("sub_1", &[("si_1", "price_1", 2)], false),
        set("sub_1", &[("si_1", "price_2", 1)], false),
        set("sub_1", &[("si_2", "price_1", 1)], false),
        set("sub_1", &[one], true),
    ]
    .map(key)
    .into();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "no two are the same");
    let found = set("sub_1", &[one, two], false);
    let price = |id| found.item(id).map(|item| item.price.as_str());
    assert_eq!(price("si_2"), Some("price_2"));
    assert_eq!(price("si_3"), None);
}

#[test]
fn an_item_of_an_invoice_is_of_no_subscription() {
    let item = Item::of_invoice("in_1", "il_1");
    assert_eq!(item.to_string(), "in_1/il_1");
    assert_eq!((item.origin_id(), item.subscription()), ("in_1", None));
}

#[test]
fn a_line_of_old_bills_one_and_what_is_not_one_is_kept() {
    let line = InvoiceLine::new(Period::default());
    let kept = |quantity| {
        let line = InvoiceLine {
            quantity,
            ..line.clone()
        };
        let written = serde_json::to_value(&line).unwrap();
        let read: InvoiceLine = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(read, line);
        written.get("quantity").cloned()
    };
    assert_eq!(kept(1), None);
    assert_eq!(kept(7), Some(json!(7)));
    assert_eq!(kept(0), Some(json!(0)));
}

#[test]
fn an_item_of_old_is_licensed_and_what_is_not_is_kept() {
    let kept = |pricing| {
        let item = SubscriptionItem {
            pricing,
            ..SubscriptionItem::new("si_1", "price_1")
        };
        let written: Value = serde_json::to_value(&item).unwrap();
        let read: SubscriptionItem = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(read, item);
        written.get("pricing").cloned()
    };
    assert_eq!(kept(Pricing::Licensed), None);
    assert_eq!(kept(Pricing::Metered), Some(json!("metered")));
    assert_eq!(kept(Pricing::Free), Some(json!("free")));
}

#[test]
fn what_a_subscription_sells_is_told_only_where_all_of_it_is_known() {
    let mut subscription = Subscription::new("sub_1", SubscriptionStatus::Active);
    assert_eq!(subscription.item_set(), None, "it says nothing");
    let item = SubscriptionItem {
        quantity: 3,
        product: Some("prod_1".to_owned()),
        pricing: Pricing::Metered,
        ..SubscriptionItem::new("si_1", "price_1")
    };
    subscription.items.push(item);
    let sold = SoldItem {
        id: "si_1".to_owned(),
        price: "price_1".to_owned(),
        product: Some("prod_1".to_owned()),
        quantity: 3,
        pricing: Pricing::Metered,
    };
    let set = ItemSet {
        subscription: "sub_1".to_owned(),
        items: vec![sold],
        before: None,
        status: Some(SubscriptionStatus::Active),
    };
    assert_eq!(subscription.item_set(), Some(set));
    subscription.truncated = true;
    assert_eq!(subscription.item_set(), None);
}

#[test]
fn how_a_subscription_stands_is_told_while_it_lives() {
    for (status, lives) in [
        (SubscriptionStatus::Unknown, false),
        (SubscriptionStatus::Incomplete, true),
        (SubscriptionStatus::PastDue, true),
        (SubscriptionStatus::IncompleteExpired, false),
        (SubscriptionStatus::Canceled, false),
    ] {
        let course = Subscription::new("sub_1", status).course();
        assert_eq!(
            course.map(|course| course.status),
            Some(status).filter(|_| lives)
        );
    }
}
