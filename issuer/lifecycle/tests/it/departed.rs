//! What is asked before it is decided about items that have left, and about single purchases
//! from long ago.

use std::collections::BTreeSet;

use paidup_lifecycle::{
    Fact, History, Invoice, InvoiceOrigin, InvoiceStatus, Lack, Object, SubscriptionStatus,
};

use crate::book::{after, extra, month};
use crate::questions::{invoice, settled};
use crate::shop::Shop;
use crate::story::Story;
use crate::walk::GROWTH;

use InvoiceStatus::Paid;

fn asks(story: &Story) -> bool {
    let history: History = story.facts.iter().cloned().collect();
    let invoices = Lack::Invoices("sub_1".to_owned());
    history.lacks().contains(&invoices)
}

/// An item joins on day 5 and leaves on day 8.
fn left() -> Story {
    let mut story = Story::bought();
    story.now = after(5);
    story.add_item("si_2", "price_draw", 1);
    story.leaves("si_2", 8);
    story
}

fn answered(story: &mut Story, day: i64, invoice: Invoice) {
    let fact = Fact::fetched(after(day), 1, Object::Invoice(invoice));
    story.facts.push(fact);
}

#[test]
fn an_item_that_left_asks_for_its_bills() {
    assert!(!asks(&Story::bought()));
    assert!(asks(&left()));
    let mut billed = left();
    billed.tell_bill(month("in_2", &["si_1", "si_2"], 6, Paid));
    assert!(!asks(&billed), "a bill names it");
    let mut others = left();
    others.tell_bill(month("in_2", &["si_1"], 6, Paid));
    others.tell_bill(extra("in_3", 6, Paid));
    assert!(asks(&others));
    let mut elsewhere = left();
    elsewhere.tell_bill(Invoice {
        subscription: Some("sub_2".to_owned()),
        ..month("in_2", &["si_2"], 6, Paid)
    });
    assert!(asks(&elsewhere), "that is another subscription's");
}

#[test]
fn an_item_that_left_is_asked_about_once() {
    for (day, asked_again) in [(7, true), (8, false), (9, false)] {
        let mut story = left();
        answered(&mut story, day, month("in_9", &["si_1"], 0, Paid));
        assert_eq!(asks(&story), asked_again, "asked on day {day}");
    }
    let mut elsewhere = left();
    let other = Invoice {
        subscription: Some("sub_2".to_owned()),
        ..month("in_9", &["si_1"], 0, Paid)
    };
    answered(&mut elsewhere, 9, other);
    assert!(asks(&elsewhere));
    let mut told = left();
    told.now = after(9);
    told.tell_bill(month("in_9", &["si_1"], 0, Paid));
    assert!(asks(&told), "an event tells of one bill only");
}

#[test]
fn what_moved_and_what_is_over() {
    let mut moved = Story::bought();
    moved.moves("price_draw", 8);
    assert!(!asks(&moved), "its bill is known");
    let mut unbilled = Story::ordered(SubscriptionStatus::Trialing);
    unbilled.tell_subscription();
    unbilled.moves("price_draw", 8);
    assert!(asks(&unbilled));
    unbilled.moves(GROWTH, 9);
    answered(&mut unbilled, 8, extra("in_9", 0, Paid));
    assert!(asks(&unbilled), "it has moved again since");
    let mut over = left();
    over.ends(9);
    assert!(!asks(&over), "its end is asked about by itself");
}

#[test]
fn an_old_single_purchase_asks_for_payments_whose_charges_are_not_known() {
    let unseen = |shop: &Shop, day: i64| shop.history().unseen_payments(after(day));
    let payment = |id: &str| -> BTreeSet<Lack> { [Lack::Payment(id.to_owned())].into() };
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", after(3));
    assert_eq!(unseen(&shop, 9), [].into(), "its charge is known");
    shop.facts
        .retain(|fact| !matches!(fact.object, Object::Charge(_)));
    assert_eq!(unseen(&shop, 4), payment("pi_1"));
    assert_eq!(unseen(&shop, 3), [].into(), "it was bought then");
    assert_eq!(unseen(&shop, 2), [].into());
    let mut billed = Shop::default();
    let origin = InvoiceOrigin {
        invoice: "in_1".to_owned(),
        checkout: None,
    };
    let objects = [
        Object::Invoice(invoice("in_1", None, Paid)),
        Object::InvoiceOrigin(origin),
        settled("in_1", "pi_7"),
    ];
    let told = objects.map(|object| Fact::event(after(0), object));
    billed.facts.extend(told);
    assert_eq!(unseen(&billed, 4), payment("pi_7"));
}
