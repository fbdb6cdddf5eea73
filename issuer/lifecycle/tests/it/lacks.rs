//! What a history asks for, and what it does not ask for.

use std::collections::BTreeSet;

use paidup_lifecycle::{
    Charge, Checkout, CheckoutLines, CheckoutMode, CheckoutPayment, Customer, Dispute,
    DisputeStatus, Fact, History, Invoice, InvoiceStatus, Lack, Line, Mapping, Object, Refund,
    Subscription, SubscriptionItem, SubscriptionStatus, Terms,
};

use crate::story::{DAY, START};

fn lacks(objects: &[Object]) -> BTreeSet<Lack> {
    history(objects).lacks()
}

fn history(objects: &[Object]) -> History {
    objects
        .iter()
        .map(|it| Fact::event(START, it.clone()))
        .collect()
}

fn checkout(mode: CheckoutMode, payment_status: CheckoutPayment) -> Checkout {
    Checkout {
        id: "cs_1".to_owned(),
        created: Some(START),
        mode,
        payment_status,
        customer: None,
        email: Some("ada@example.com".to_owned()),
        name: Some("Ada".to_owned()),
        subscription: None,
        payment: Some("pi_1".to_owned()),
        invoice: None,
        reference: None,
        metadata: std::collections::BTreeMap::new(),
    }
}

fn lines(checkout: &str) -> Object {
    Object::CheckoutLines(CheckoutLines {
        checkout: checkout.to_owned(),
        lines: vec![Line {
            id: "li_1".to_owned(),
            price: "price_lifetime".to_owned(),
            product: None,
            quantity: 1,
            one_time: false,
        }],
    })
}

fn subscription(n: u32, status: SubscriptionStatus) -> Subscription {
    Subscription::new(&format!("sub_{n}"), status)
}

fn invoice(subscription: u32, status: InvoiceStatus) -> Object {
    Object::Invoice(Invoice {
        id: format!("in_{subscription}"),
        customer: None,
        subscription: Some(format!("sub_{subscription}")),
        status,
        total: 2900,
        finalized_at: Some(START),
        due_date: None,
        lines: Vec::new(),
        truncated: false,
        ..Invoice::new("", InvoiceStatus::Draft)
    })
}

fn charge(amount_refunded: u64) -> Charge {
    Charge {
        id: "ch_1".to_owned(),
        customer: None,
        payment: None,
        invoice: None,
        amount: 2900,
        amount_refunded,
    }
}

fn refund() -> Object {
    Object::Refund(Refund {
        id: "re_1".to_owned(),
        charge: Some("ch_1".to_owned()),
        payment: None,
        amount: 2900,
        failed: false,
        created: Some(START),
    })
}

#[test]
fn a_single_purchase_asks_what_it_sold() {
    let asked = [Lack::CheckoutLines("cs_1".to_owned())].into();
    let bought = Object::Checkout(checkout(CheckoutMode::Payment, CheckoutPayment::Settled));
    assert_eq!(lacks(std::slice::from_ref(&bought)), asked);
    assert_eq!(lacks(&[bought.clone(), lines("cs_2")]), asked);
    assert_eq!(lacks(&[bought.clone(), lines("cs_1")]), [].into());
    let mut mapping = Mapping::default();
    mapping.map_price("price_lifetime", Terms::default());
    let sold = |objects: &[Object]| history(objects).bought(&mapping).purchases.len();
    assert_eq!(sold(&[bought, lines("cs_1")]), 1);
    for (mode, payment) in [
        (CheckoutMode::Payment, CheckoutPayment::Open),
        (CheckoutMode::Other, CheckoutPayment::Settled),
        (CheckoutMode::Subscription, CheckoutPayment::Settled),
    ] {
        let sold_nothing = Object::Checkout(checkout(mode, payment));
        assert_eq!(
            lacks(std::slice::from_ref(&sold_nothing)),
            [].into(),
            "{mode:?} {payment:?}"
        );
        let nothing = sold(&[sold_nothing, lines("cs_1")]);
        assert_eq!(nothing, 0, "{mode:?} {payment:?}");
    }
}

#[test]
fn whoever_left_an_open_checkout_is_no_buyer() {
    let link = "email:ada@example.com";
    for (payment, links) in [
        (CheckoutPayment::Open, false),
        (CheckoutPayment::Unpaid, true),
        (CheckoutPayment::Settled, true),
    ] {
        let visited = Object::Checkout(checkout(CheckoutMode::Payment, payment));
        assert_eq!(visited.links().contains(link), links, "{payment:?}");
    }
}

#[test]
fn an_end_asks_what_was_ever_paid() {
    let asked: BTreeSet<Lack> = [Lack::Invoices("sub_1".to_owned())].into();
    let ended = Object::Subscription(subscription(1, SubscriptionStatus::Canceled));
    assert_eq!(lacks(std::slice::from_ref(&ended)), asked);
    assert_eq!(
        lacks(&[ended.clone(), invoice(1, InvoiceStatus::Open)]),
        asked
    );
    assert_eq!(
        lacks(&[ended.clone(), invoice(1, InvoiceStatus::Paid)]),
        [].into()
    );
    let other = Object::Subscription(subscription(2, SubscriptionStatus::Canceled));
    let both = lacks(&[ended, other, invoice(2, InvoiceStatus::Paid)]);
    assert_eq!(both, asked, "what another paid says nothing");
}

#[test]
fn an_active_subscription_asks_for_its_own_payment() {
    let asked: BTreeSet<Lack> = [Lack::Invoices("sub_1".to_owned())].into();
    let active = subscription(1, SubscriptionStatus::Active);
    let other = Object::Subscription(subscription(2, SubscriptionStatus::Active));
    let paid = invoice(2, InvoiceStatus::Paid);
    assert_eq!(
        lacks(&[Object::Subscription(active.clone()), other, paid]),
        asked
    );
    let invoiced = Subscription {
        invoiced: true,
        ..active
    };
    assert_eq!(
        lacks(&[Object::Subscription(invoiced)]),
        [].into(),
        "it is paid by hand"
    );
}

#[test]
fn a_customer_is_asked_for_who_left_no_address() {
    let mut trialing = subscription(1, SubscriptionStatus::Trialing);
    trialing.customer = Some("cus_1".to_owned());
    let trialing = Object::Subscription(trialing);
    let asked: BTreeSet<Lack> = [Lack::Customer("cus_1".to_owned())].into();
    assert_eq!(lacks(std::slice::from_ref(&trialing)), asked);
    let known = Customer {
        id: "cus_1".to_owned(),
        ..Customer::default()
    };
    assert_eq!(
        lacks(&[trialing.clone(), Object::Customer(known)]),
        [].into()
    );
    for (customer, email, reached) in [
        ("cus_1", Some("ada@example.com"), true),
        ("cus_1", None, false),
        ("cus_2", Some("ada@example.com"), false),
    ] {
        let visit = Checkout {
            customer: Some(customer.to_owned()),
            email: email.map(str::to_owned),
            ..checkout(CheckoutMode::Subscription, CheckoutPayment::Settled)
        };
        let lacks = lacks(&[trialing.clone(), Object::Checkout(visit)]);
        assert_eq!(lacks.is_empty(), reached, "{customer} {email:?}");
    }
}

#[test]
fn a_dispute_without_a_payment_asks_for_its_charge() {
    let dispute = Object::Dispute(Dispute {
        id: "dp_1".to_owned(),
        charge: Some("ch_1".to_owned()),
        payment: None,
        status: DisputeStatus::Open,
        amount: None,
        created: None,
    });
    let asked: BTreeSet<Lack> = [Lack::Charge("ch_1".to_owned())].into();
    assert_eq!(lacks(std::slice::from_ref(&dispute)), asked);
    assert_eq!(
        lacks(&[dispute.clone(), Object::Charge(charge(0))]),
        [].into()
    );
    let paying = Charge {
        payment: Some("pi_1".to_owned()),
        ..charge(0)
    };
    let asked: BTreeSet<Lack> = [Lack::Origin("pi_1".to_owned())].into();
    assert_eq!(lacks(&[dispute, Object::Charge(paying)]), asked);
}

#[test]
fn money_that_went_back_asks_what_it_had_paid_for() {
    let invoiced = |refunded| Charge {
        invoice: Some("in_1".to_owned()),
        ..charge(refunded)
    };
    assert_eq!(
        lacks(&[Object::Charge(invoiced(0))]),
        [].into(),
        "nothing went back"
    );
    let asked: BTreeSet<Lack> = [Lack::Invoice("in_1".to_owned())].into();
    assert_eq!(lacks(&[Object::Charge(invoiced(1))]), asked);
    let ended = Object::Subscription(subscription(1, SubscriptionStatus::Canceled));
    let all = [
        Object::Charge(invoiced(1)),
        invoice(1, InvoiceStatus::Paid),
        ended,
    ];
    assert_eq!(lacks(&all), [].into());
    let asked: BTreeSet<Lack> = [Lack::Charge("ch_1".to_owned())].into();
    assert_eq!(lacks(&[refund()]), asked);
}

#[test]
fn what_was_told_before_a_purchase_began_is_not_asked_for_again() {
    let mut active = subscription(1, SubscriptionStatus::Trialing);
    active.started_at = Some(START.plus(DAY));
    active
        .items
        .push(SubscriptionItem::new("si_1", "price_growth_monthly"));
    assert_eq!(lacks(&[Object::Subscription(active)]), [].into());
}

#[test]
fn what_an_event_hints_at() {
    let hint = |object: &Object| Fact::event(START, object.clone()).hint();
    let of = |status| Object::Subscription(subscription(1, status));
    let anew = Some(Lack::Subscription("sub_1".to_owned()));
    assert_eq!(hint(&of(SubscriptionStatus::Active)), anew);
    assert_eq!(hint(&invoice(1, InvoiceStatus::Open)), anew);
    let invoices = Some(Lack::Invoices("sub_1".to_owned()));
    assert_eq!(hint(&of(SubscriptionStatus::Canceled)), invoices);
    assert_eq!(hint(&refund()), Some(Lack::Charge("ch_1".to_owned())));
    assert_eq!(hint(&Object::Charge(charge(0))), None);
}

#[test]
fn only_a_deleted_customer_is_forgotten() {
    let bought = Checkout {
        customer: Some("cus_1".to_owned()),
        ..checkout(CheckoutMode::Payment, CheckoutPayment::Settled)
    };
    let told = Fact::event(START, Object::Checkout(bought.clone()));
    let of = |deleted| {
        let customer = Customer {
            id: "cus_1".to_owned(),
            deleted,
            ..Customer::default()
        };
        history(&[Object::Customer(customer), Object::Checkout(bought.clone())])
    };
    assert_eq!(of(false).forgotten(&told), None);
    let nameless = Checkout {
        email: None,
        name: None,
        ..bought.clone()
    };
    let nameless = Fact::event(START, Object::Checkout(nameless));
    assert_eq!(of(true).forgotten(&told), Some(nameless.clone()));
    assert_eq!(
        of(true).forgotten(&nameless),
        None,
        "there is nothing left to forget"
    );
    assert!(of(true).holds(&told) && !of(true).holds(&nameless));
    assert!(!History::default().holds(&told));
}

#[test]
fn what_a_deleted_customer_owned_is_theirs_alone() {
    let customer = |id: &str, deleted| {
        Object::Customer(Customer {
            id: id.to_owned(),
            deleted,
            ..Customer::default()
        })
    };
    let bought = |n: u32| {
        Object::Checkout(Checkout {
            id: format!("cs_{n}"),
            customer: Some(format!("cus_{n}")),
            payment: Some(format!("pi_{n}")),
            ..checkout(CheckoutMode::Payment, CheckoutPayment::Settled)
        })
    };
    let disputed = Object::Dispute(Dispute {
        id: "dp_1".to_owned(),
        charge: None,
        payment: Some("pi_1".to_owned()),
        status: DisputeStatus::Open,
        amount: None,
        created: None,
    });
    let all = [
        customer("cus_1", true),
        customer("cus_2", false),
        bought(1),
        bought(2),
        disputed,
        Object::Charge(Charge {
            payment: Some("pi_1".to_owned()),
            ..charge(0)
        }),
    ];
    let history = history(&all);
    let theirs = ["ch_1", "cs_1", "cus_1", "dp_1", "pi_1"].map(str::to_owned);
    assert_eq!(
        history.deleted_customers(),
        [("cus_1", theirs.into())].into()
    );
}

#[test]
fn what_was_cut_short_is_asked_for_whole() {
    let mut cut = subscription(1, SubscriptionStatus::Trialing);
    cut.truncated = true;
    let asked: BTreeSet<Lack> = [Lack::Subscription("sub_1".to_owned())].into();
    assert_eq!(lacks(&[Object::Subscription(cut)]), asked);
    let whole = Object::Subscription(subscription(1, SubscriptionStatus::Trialing));
    let mut paid = invoice(1, InvoiceStatus::Paid);
    assert_eq!(lacks(&[whole.clone(), paid.clone()]), [].into());
    if let Object::Invoice(it) = &mut paid {
        it.truncated = true;
    }
    let asked: BTreeSet<Lack> = [Lack::Invoice("in_1".to_owned())].into();
    assert_eq!(lacks(&[whole, paid]), asked);
}

#[test]
fn every_question_names_what_it_is_about() {
    let questions = [
        Lack::Subscription,
        Lack::CheckoutLines,
        Lack::Invoices,
        Lack::Origin,
        Lack::Invoice,
        Lack::Customer,
        Lack::Charge,
    ];
    for question in questions {
        assert_eq!(question("x_1".to_owned()).id(), "x_1");
    }
}
