//! What must be asked to see which earlier license a purchase carries on.

use std::collections::BTreeSet;

use paidup_lifecycle::{
    Charge, CheckoutMode, CheckoutPayment, Fact, Invoice, InvoiceOrigin, InvoiceStatus, Lack,
    Object, Refund, Subscription, SubscriptionItem, SubscriptionStatus,
};

use crate::questions::{after, checkout, invoice, lacks, settled, told, trialing};
use crate::shop::Shop;
use crate::story::START;

fn charge(id: &str, payment: Option<&str>) -> Charge {
    Charge {
        id: id.to_owned(),
        customer: None,
        payment: payment.map(str::to_owned),
        invoice: None,
        amount: 2900,
        amount_refunded: 0,
    }
}

#[test]
fn a_refund_without_a_moment_asks_for_its_charge() {
    let refund = |id: &str, created| {
        Object::Refund(Refund {
            id: id.to_owned(),
            charge: Some("ch_1".to_owned()),
            payment: None,
            amount: 9900,
            failed: false,
            created,
        })
    };
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    shop.charge(1, after(1), 9900);
    shop.facts.push(told(refund("re_1", None)));
    let asked: BTreeSet<Lack> = [Lack::Charge("ch_1".to_owned())].into();
    assert_eq!(shop.history().lacks(), asked);
    shop.facts.push(told(refund("re_2", Some(after(1)))));
    assert_eq!(shop.history().lacks(), [].into());
}

#[test]
fn an_earlier_single_purchase_is_asked_whether_it_was_refunded() {
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    shop.single(2, "ada@example.com", after(4));
    let asked: BTreeSet<Lack> = [Lack::Payment("pi_1".to_owned())].into();
    assert_eq!(shop.history().lacks(), asked);
    let mut early = shop.clone();
    early.charge(1, after(4).plus(-1), 0);
    assert_eq!(early.history().lacks(), asked);
    let mut asked_since = shop.clone();
    asked_since.charge(1, after(4), 0);
    assert_eq!(asked_since.history().lacks(), [].into());
    shop.refund(1, after(3), false);
    assert_eq!(shop.history().lacks(), [].into(), "it was");
    let mut unsettled = Shop::default();
    unsettled.single(1, "ada@example.com", START);
    for fact in &mut unsettled.facts {
        if let Object::Checkout(checkout) = &mut fact.object {
            checkout.payment_status = CheckoutPayment::Unpaid;
        }
    }
    unsettled.single(2, "ada@example.com", after(4));
    assert_eq!(unsettled.history().lacks(), [].into());
}

#[test]
fn an_earlier_bill_on_its_own_is_asked_for_each_of_its_payments() {
    let bought = |status| {
        let mut shop = Shop::default();
        let origin = InvoiceOrigin {
            invoice: "in_1".to_owned(),
            checkout: None,
        };
        let objects = [
            Object::Invoice(invoice("in_1", None, status)),
            Object::InvoiceOrigin(origin),
            settled("in_1", "pi_1"),
            settled("in_1", "ch_2"),
            Object::Charge(charge("ch_1", Some("pi_1"))),
            Object::Charge(charge("ch_2", None)),
        ];
        shop.facts.extend(objects.map(told));
        shop.single(9, "ada@example.com", after(4));
        shop
    };
    let payments = |ids: &[&str]| -> BTreeSet<Lack> {
        let asked = ids.iter().map(|id| Lack::Payment((*id).to_owned()));
        asked.collect()
    };
    let mut shop = bought(InvoiceStatus::Paid);
    assert_eq!(shop.history().lacks(), payments(&["pi_1", "ch_2"]));
    let seen = |object| Fact::event(after(4), Object::Charge(object));
    shop.facts.push(seen(charge("ch_1", Some("pi_1"))));
    assert_eq!(shop.history().lacks(), payments(&["ch_2"]));
    shop.facts.push(seen(charge("ch_2", None)));
    assert_eq!(shop.history().lacks(), [].into());
    let unpaid = bought(InvoiceStatus::Open);
    assert_eq!(unpaid.history().lacks(), [].into(), "nothing was bought");
}

#[test]
fn the_payment_of_a_subscription_is_not_that_of_a_single_purchase() {
    let mut shop = Shop::default();
    shop.subscription(1, "cus_1", START, Some(after(2)));
    shop.customer("cus_1", "ada@example.com");
    let mut bought = checkout(CheckoutMode::Subscription, CheckoutPayment::Settled);
    bought.created = Some(START);
    shop.facts.push(told(Object::Checkout(bought)));
    shop.single(2, "ada@example.com", after(4));
    assert_eq!(shop.history().lacks(), [].into());
}

#[test]
fn what_counts_as_a_later_purchase() {
    let asked: BTreeSet<Lack> = [Lack::Subscription("sub_1".to_owned())].into();
    let lacks_after = |object: Object| {
        let mut lacks = lacks(&[told(Object::Subscription(trialing())), told(object)]);
        lacks.remove(&Lack::CheckoutLines("cs_1".to_owned()));
        lacks
    };
    let checkout = |mode, payment| lacks_after(Object::Checkout(checkout(mode, payment)));
    let (single, settled) = (CheckoutMode::Payment, CheckoutPayment::Settled);
    assert_eq!(checkout(single, settled), asked);
    assert_eq!(checkout(single, CheckoutPayment::Unpaid), asked);
    assert_eq!(checkout(single, CheckoutPayment::Open), [].into());
    assert_eq!(checkout(CheckoutMode::Other, settled), [].into());
    let invoice = |subscription, status| {
        lacks_after(Object::Invoice(Invoice {
            created: Some(after(60)),
            ..invoice("in_1", subscription, status)
        }))
    };
    assert_eq!(invoice(None, InvoiceStatus::Paid), asked);
    assert_eq!(invoice(None, InvoiceStatus::Open), [].into());
    let renewal = invoice(Some("sub_1"), InvoiceStatus::Paid);
    assert_eq!(renewal, [].into(), "a renewal is no purchase");
    let mut other = Subscription::new("sub_2", SubscriptionStatus::IncompleteExpired);
    assert_eq!(lacks_after(Object::Subscription(other.clone())), [].into());
    let mut joined = SubscriptionItem::new("si_2", "price_growth_monthly");
    joined.created = Some(after(60));
    other.items.push(joined);
    assert_eq!(lacks_after(Object::Subscription(other)), asked);
}
