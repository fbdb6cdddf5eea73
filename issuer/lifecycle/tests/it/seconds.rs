//! What happened within one second, in the order in which one change led to the next.

use paidup_lifecycle::{
    Fact, History, InvoiceStatus, ItemSet, Object, SoldItem, Status, SubscriptionItem,
};

use crate::book::{after, correction, license_of, month};
use crate::story::{DAY, Story};
use crate::walk::{GROWTH, licenses, mapping};

use InvoiceStatus::Paid;

/// The item has these prices one after the other, all of it on day 5.
fn within_a_second(prices: &[&str]) -> Story {
    let mut story = Story::bought();
    story.now = after(5);
    for price in prices {
        let before = story.subscription.item_set();
        for item in &mut story.subscription.items {
            item.price = (*price).to_owned();
        }
        story.tell_subscription();
        before
            .into_iter()
            .for_each(|before| story.tell_change(before));
    }
    // Which of several events of one second is the newest only an answer tells.
    let now = Object::Subscription(story.subscription.clone());
    story.facts.push(Fact::fetched(story.now, 1, now));
    story
}

/// Each license: its product, how often it changed hands, and whether it is in a grace.
fn seen(story: &Story) -> Vec<(String, usize, bool)> {
    let all = licenses(&story.facts, &mapping()).into_iter();
    let see = all.map(|(items, product, state)| {
        let graced = state.at(story.now).grace.is_some();
        (product, items.len(), graced)
    });
    see.collect()
}

#[test]
fn the_last_of_several_changes_in_a_second_is_what_is_sold() {
    let sold = |product: &str, links, graced| (product.to_owned(), links, graced);
    let once = within_a_second(&["price_draw"]);
    let moved = [sold("notes", 1, true), sold("draw", 1, false)];
    assert_eq!(seen(&once), moved);
    let thrice = within_a_second(&["price_draw", GROWTH, "price_draw"]);
    assert_eq!(seen(&thrice).len(), 2);
    let graced: Vec<_> = seen(&thrice).into_iter().map(|(_, _, it)| it).collect();
    assert_eq!(graced, [true, false]);
    let across = within_a_second(&["price_draw", "price_pro"]);
    let back = [sold("notes", 2, false), sold("draw", 1, true)];
    assert_eq!(seen(&across), back);
}

#[test]
fn the_order_of_changes_in_a_second_outlasts_later_months() {
    let mut story = within_a_second(&["price_draw", GROWTH, "price_draw"]);
    story.now = after(31);
    story.tell_bill(month("in_2", &["si_1"], 30, Paid));
    story.tell_subscription();
    story.now = after(41);
    let status = |product| {
        let state = license_of(&story, product, &mapping())?;
        Some(state.at(story.now).status)
    };
    assert_eq!(status("notes"), Some(Status::Revoked));
    assert_eq!(status("draw"), Some(Status::Active));
}

#[test]
fn bills_of_one_period_follow_each_other_by_when_they_were_made() {
    // Named against their order; the later one went back.
    for (first, last) in [("in_a", "in_b"), ("in_b", "in_a")] {
        let mut story = Story::bought();
        let earlier = month(first, &["si_1"], 30, Paid);
        let mut later = month(last, &["si_1"], 30, Paid);
        later.created = Some(after(31));
        later.finalized_at = later.created;
        later.paid_at = later.created;
        story.tell_bill(earlier);
        story.tell_bill(later);
        let state = license_of(&story, "notes", &mapping());
        let paid_at = state.and_then(|state| state.paid_at);
        assert_eq!(paid_at, Some(after(31)), "{last} was paid last");
    }
    let mut corrected = Story::bought();
    corrected.tell_bill(correction("in_2", "si_1", 0, Paid));
    let state = license_of(&corrected, "notes", &mapping());
    assert_eq!(state.and_then(|state| state.paid_at), Some(after(0)));
}

fn set(price: &str, before: Option<&str>) -> ItemSet {
    let items =
        |price: &str| -> Vec<SoldItem> { vec![(&SubscriptionItem::new("si_1", price)).into()] };
    ItemSet {
        subscription: "sub_1".to_owned(),
        items: items(price),
        before: before.map(items),
        status: None,
    }
}

#[test]
fn a_change_whose_beginning_was_never_seen_is_lacking() {
    let lacks = |sets: &[ItemSet]| {
        let facts = sets.iter().zip(0..).map(|(set, n)| {
            let at = after(1).plus(n * DAY);
            Fact::event(at, Object::ItemSet(set.clone()))
        });
        let history: History = facts.collect();
        history.lacks_changes("sub_1")
    };
    assert!(!lacks(&[]));
    assert!(!lacks(&[set("price_a", None)]));
    assert!(lacks(&[set("price_b", Some("price_a"))]));
    let seen = [set("price_a", None), set("price_b", Some("price_a"))];
    assert!(!lacks(&seen));
    let skipped = [set("price_a", None), set("price_c", Some("price_b"))];
    assert!(lacks(&skipped));
    // How many there are is no change of what is sold.
    let mut more = set("price_a", None);
    for item in &mut more.items {
        item.quantity = 7;
    }
    assert!(!lacks(&[more, set("price_b", Some("price_a"))]));
    let history: History = [Fact::event(
        after(1),
        Object::ItemSet(set("price_b", Some("price_a"))),
    )]
    .into_iter()
    .collect();
    assert!(!history.lacks_changes("sub_2"));
}
