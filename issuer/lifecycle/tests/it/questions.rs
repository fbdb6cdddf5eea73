//! What must be asked to see what was bought, and which bill is unpaid.

use std::collections::BTreeSet;

use paidup_lifecycle::{
    Checkout, CheckoutMode, CheckoutPayment, Dispute, DisputeStatus, Fact, History, Invoice,
    InvoiceLine, InvoiceStatus, Lack, Object, Period, Settlement, Subscription, SubscriptionItem,
    SubscriptionStatus, Timestamp,
};

use crate::shop::Shop;
use crate::story::{DAY, START};

pub(crate) fn after(days: i64) -> Timestamp {
    START.plus(days * DAY)
}

pub(crate) fn lacks(facts: &[Fact]) -> BTreeSet<Lack> {
    facts.iter().cloned().collect::<History>().lacks()
}

pub(crate) fn told(object: Object) -> Fact {
    Fact::event(START, object)
}

pub(crate) fn invoice(id: &str, subscription: Option<&str>, status: InvoiceStatus) -> Invoice {
    Invoice {
        subscription: subscription.map(str::to_owned),
        created: Some(START),
        ..Invoice::new(id, status)
    }
}

pub(crate) fn settled(invoice: &str, payment: &str) -> Object {
    Object::Settlement(Settlement {
        invoice: invoice.to_owned(),
        payment: payment.to_owned(),
    })
}

pub(crate) fn checkout(mode: CheckoutMode, payment_status: CheckoutPayment) -> Checkout {
    Checkout {
        id: "cs_1".to_owned(),
        created: Some(after(60)),
        mode,
        payment_status,
        customer: None,
        email: Some("ada@example.com".to_owned()),
        name: None,
        subscription: Some("sub_1".to_owned()).filter(|_| mode == CheckoutMode::Subscription),
        payment: None,
        invoice: Some("in_1".to_owned()),
        reference: None,
        metadata: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn trialing() -> Subscription {
    let mut subscription = Subscription::new("sub_1", SubscriptionStatus::Trialing);
    subscription.started_at = Some(START);
    let item = SubscriptionItem::new("si_1", "price_growth_monthly");
    subscription.items.push(item);
    subscription
}

#[test]
fn a_checkout_is_asked_what_it_sold_beside_its_subscription() {
    let asked: BTreeSet<Lack> = [Lack::CheckoutLines("cs_1".to_owned())].into();
    let bought = Object::Checkout(checkout(
        CheckoutMode::Subscription,
        CheckoutPayment::Settled,
    ));
    let lacks_with = |change: fn(&mut Invoice)| {
        let mut first = invoice("in_1", Some("sub_1"), InvoiceStatus::Paid);
        let line = InvoiceLine {
            item: Some("si_1".to_owned()),
            ..InvoiceLine::new(Period::default())
        };
        first.lines = vec![line.clone(), line];
        change(&mut first);
        let objects = [
            bought.clone(),
            Object::Subscription(trialing()),
            Object::Invoice(first),
        ];
        let mut lacks = lacks(&objects.map(told));
        lacks.remove(&Lack::Invoice("in_1".to_owned()));
        lacks
    };
    assert_eq!(lacks_with(|_| {}), [].into(), "its bill names items only");
    assert_eq!(lacks_with(|first| first.lines.clear()), asked);
    assert_eq!(lacks_with(|first| first.truncated = true), asked);
    let unnamed = |first: &mut Invoice| {
        let line = InvoiceLine::new(Period::default());
        first.lines.push(line);
    };
    assert_eq!(lacks_with(unnamed), asked);
    assert_eq!(lacks_with(|first| first.id = "in_2".to_owned()), asked);
}

#[test]
fn a_paid_bill_on_its_own_is_asked_who_made_it() {
    let asked: BTreeSet<Lack> = [Lack::InvoiceOrigin("in_1".to_owned())].into();
    let priced = |subscription, status| {
        let mut invoice = invoice("in_1", subscription, status);
        let mut line = InvoiceLine::new(Period::default());
        invoice.lines.push(line.clone());
        line.price = Some("price_lifetime".to_owned());
        invoice.lines.push(line);
        invoice
    };
    let of = |invoice: Invoice| lacks(&[told(Object::Invoice(invoice))]);
    assert_eq!(of(priced(None, InvoiceStatus::Paid)), asked);
    assert_eq!(of(priced(None, InvoiceStatus::Open)), [].into());
    let mut unpriced = priced(None, InvoiceStatus::Paid);
    unpriced.lines.truncate(1);
    assert_eq!(of(unpriced), [].into(), "it sold nothing that is mapped");
    assert_eq!(
        of(priced(Some("sub_1"), InvoiceStatus::Paid)),
        [Lack::Subscription("sub_1".to_owned())].into()
    );
}

/// Whose bill, how far it has come, and how that was learnt.
type Learnt<'a> = (Option<&'a str>, InvoiceStatus, fn(Object) -> Fact);

/// Whether a subscription in arrears asks for its invoices where these are known.
fn in_arrears(invoices: &[Learnt<'_>]) -> bool {
    let subscription = Subscription::new("sub_1", SubscriptionStatus::PastDue);
    let mut facts = vec![told(Object::Subscription(subscription))];
    for (n, (subscription, status, learnt)) in invoices.iter().enumerate() {
        let invoice = invoice(&format!("in_{n}"), *subscription, *status);
        facts.push(learnt(Object::Invoice(invoice)));
    }
    lacks(&facts).contains(&Lack::Invoices("sub_1".to_owned()))
}

#[test]
fn arrears_ask_which_bill_is_unpaid() {
    let ours = Some("sub_1");
    let (open, paid) = (InvoiceStatus::Open, InvoiceStatus::Paid);
    let fetched = |object| Fact::fetched(START, 1, object);
    let fetched_before = |object| Fact::fetched(START.plus(-1), 1, object);
    let told_since = |object| Fact::event(START.plus(1), object);
    assert!(in_arrears(&[]));
    assert!(in_arrears(&[(ours, open, told)]), "it may be paid by now");
    assert!(in_arrears(&[(ours, paid, told)]), "some other is not");
    assert!(in_arrears(&[(ours, paid, told_since)]));
    assert!(in_arrears(&[(ours, paid, fetched_before)]));
    assert!(!in_arrears(&[(ours, paid, fetched)]), "it was asked since");
    assert!(!in_arrears(&[(ours, paid, told), (ours, open, told)]));
    let given_up = InvoiceStatus::Uncollectible;
    assert!(!in_arrears(&[(ours, paid, told), (ours, given_up, told)]));
    let theirs = Some("sub_2");
    assert!(in_arrears(&[(ours, paid, told), (theirs, open, told)]));
}

#[test]
fn an_inquiry_asks_nothing() {
    let dispute = |status| {
        told(Object::Dispute(Dispute {
            id: "dp_1".to_owned(),
            charge: None,
            payment: Some("pi_1".to_owned()),
            status,
            amount: None,
            created: None,
        }))
    };
    assert_eq!(lacks(&[dispute(DisputeStatus::Inquiry)]), [].into());
    let asked: BTreeSet<Lack> = [Lack::Origin("pi_1".to_owned())].into();
    assert_eq!(lacks(&[dispute(DisputeStatus::Open)]), asked);
    // What another payment was for says nothing of this one.
    let other = told(settled("in_2", "pi_2"));
    assert_eq!(lacks(&[dispute(DisputeStatus::Open), other]), asked);
    let this = told(settled("in_1", "pi_1"));
    let open = dispute(DisputeStatus::Open);
    let others = invoice("in_2", None, InvoiceStatus::Open);
    let asked: BTreeSet<Lack> = [Lack::Invoice("in_1".to_owned())].into();
    assert_eq!(lacks(&[open, this, told(Object::Invoice(others))]), asked);
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    shop.dispute(1, START, DisputeStatus::Open);
    assert_eq!(shop.history().lacks(), [].into(), "its checkout is known");
    shop.dispute(2, START, DisputeStatus::Open);
    let asked: BTreeSet<Lack> = [Lack::Origin("pi_2".to_owned())].into();
    assert_eq!(shop.history().lacks(), asked);
}
