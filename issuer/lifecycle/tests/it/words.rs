//! The words that go over the wire, into the database and before people.

use paidup_lifecycle::{
    Customer, DisputeStatus, Fact, Flag, Item, Mapping, Object, Order, Pricing, Reason, Sale,
    Status, SubscriptionStatus, Transition, email_key,
};

use crate::story::{START, terms};

#[test]
fn each_word_is_the_one_that_is_promised() {
    let statuses = Status::ALL.map(Status::as_str);
    let expected = ["active", "suspended", "expired", "revoked", "banned"];
    assert_eq!(statuses, expected);
    assert_eq!(Status::Suspended.to_string(), "suspended");
    let reasons = [
        Reason::PaymentFailed,
        Reason::Paused,
        Reason::Canceled,
        Reason::Refunded,
        Reason::Disputed,
        Reason::Administrator,
    ];
    let expected = [
        "payment_failed",
        "paused",
        "canceled",
        "refunded",
        "disputed",
        "administrator",
    ];
    assert_eq!(reasons.map(Reason::as_str), expected);
    assert_eq!(Order::ALL.map(Order::as_str), ["suspend", "revoke", "ban"]);
    let transitions = [
        Transition::Created,
        Transition::Suspended,
        Transition::Reinstated,
        Transition::Updated,
        Transition::Renewed,
        Transition::Revoked,
        Transition::Expired,
    ];
    let expected = [
        "license.created",
        "license.suspended",
        "license.reinstated",
        "license.updated",
        "license.renewed",
        "license.revoked",
        "license.expired",
    ];
    assert_eq!(transitions.map(Transition::event_type), expected);
    assert!(Flag::OldPeriodRefunded.as_str().contains("was refunded"));
    assert!(Flag::OldDisputeLost.as_str().contains("dispute"));
    assert!(Flag::EarlierPurchaseBarred.as_str().contains("same buyer"));
}

#[test]
fn an_item_is_named_by_where_it_was_bought() {
    let recurring = Item::of_subscription("sub_1", "si_1");
    assert_eq!(recurring.to_string(), "sub_1/si_1");
    assert_eq!(
        (recurring.origin_id(), recurring.subscription()),
        ("sub_1", Some("sub_1"))
    );
    let single = Item::of_checkout("cs_1", "li_1");
    assert_eq!(single.to_string(), "cs_1/li_1");
    assert_eq!((single.origin_id(), single.subscription()), ("cs_1", None));
}

#[test]
fn which_states_are_final() {
    let statuses = [
        (SubscriptionStatus::Unknown, false),
        (SubscriptionStatus::Incomplete, false),
        (SubscriptionStatus::Trialing, false),
        (SubscriptionStatus::Active, false),
        (SubscriptionStatus::PastDue, false),
        (SubscriptionStatus::Unpaid, false),
        (SubscriptionStatus::Paused, false),
        (SubscriptionStatus::IncompleteExpired, true),
        (SubscriptionStatus::Canceled, true),
    ];
    for (status, is_final) in statuses {
        assert_eq!(status.is_final(), is_final, "{status:?}");
    }
    let disputes = [
        (DisputeStatus::Inquiry, false),
        (DisputeStatus::Open, false),
        (DisputeStatus::Dropped, true),
        (DisputeStatus::Won, true),
        (DisputeStatus::Lost, true),
    ];
    for (status, is_final) in disputes {
        assert_eq!(status.is_final(), is_final, "{status:?}");
    }
}

#[test]
fn addresses_are_the_same_but_for_case_and_space() {
    for same in ["ada@example.com", " Ada@Example.COM\n"] {
        assert_eq!(email_key(same).as_deref(), Some("ada@example.com"));
    }
    assert_eq!(email_key(" \t"), None);
}

#[test]
fn a_customer_who_is_deleted_keeps_nothing_but_the_identifier() {
    let customer = Customer {
        id: "cus_1".to_owned(),
        email: Some("ada@example.com".to_owned()),
        name: Some("Ada".to_owned()),
        deleted: false,
    };
    let known = Fact::event(START, Object::Customer(customer.clone()));
    assert_eq!(known.key().as_str(), "customer:cus_1");
    assert!(known.object.links().contains("email:ada@example.com"));
    let gone = Customer {
        id: "cus_1".to_owned(),
        deleted: true,
        ..Customer::default()
    };
    assert_eq!(customer.forgotten(), gone);
}

#[test]
fn a_price_is_mapped_by_itself_or_by_its_product() {
    let policy = |name: &str| paidup_lifecycle::Terms {
        policy: name.to_owned(),
        ..terms()
    };
    let mut mapping = Mapping::default();
    mapping.map_price("price_1", policy("by price"));
    mapping.map_product("prod_1", policy("by product"));
    let found = |price, product| {
        let sale = mapping.sale(price, product, Pricing::Licensed, None);
        sale.map(Sale::policy)
    };
    assert_eq!(found("price_1", Some("prod_1")), Some("by price"));
    assert_eq!(found("price_2", Some("prod_1")), Some("by product"));
    assert_eq!(found("price_2", Some("prod_2")), None);
    assert_eq!(found("price_2", None), None);
}
