//! When an item changed, joined or left, and how that is known (rule 11).

use paidup_lifecycle::{
    Fact, Flag, History, Invoice, InvoiceLine, InvoiceStatus, ItemSet, LicenseState, Object,
    Period, Pricing, Status, SubscriptionItem, SubscriptionStatus, Timestamp,
};

use crate::story::{DAY, MONTH, START, Story};
use crate::walk::{GROWTH, licenses, mapping};

fn after(days: i64) -> Timestamp {
    START.plus(days * DAY)
}

/// The licenses by product, each with how often its items changed hands.
fn by_product(story: &Story) -> Vec<(String, usize, LicenseState)> {
    let all = licenses(&story.facts, &mapping()).into_iter();
    all.map(|(items, product, state)| (product, items.len(), state))
        .collect()
}

fn products(story: &Story) -> Vec<String> {
    let all = by_product(story).into_iter();
    all.map(|(product, _, _)| product).collect()
}

impl Story {
    fn price_is(&mut self, price: &str) {
        if let Some(item) = self.subscription.items.first_mut() {
            item.price = price.to_owned();
        }
    }

    /// The answer to a question shows the subscription as it is now.
    fn fetch(&mut self) {
        let at = self.now;
        let fetched = |object| Fact::fetched(at, 1, object);
        self.facts
            .push(fetched(Object::Subscription(self.subscription.clone())));
        let set = self.subscription.item_set().map(Object::ItemSet);
        self.facts.extend(set.map(fetched));
    }

    /// A bill for a change that was made at that moment.
    fn billed_change(&mut self, at: Timestamp) {
        let line = InvoiceLine {
            item: Some("si_1".to_owned()),
            proration: true,
            ..InvoiceLine::new(Period {
                start: at,
                end: START.plus(MONTH),
            })
        };
        self.tell(Object::Invoice(Invoice {
            subscription: Some("sub_1".to_owned()),
            total: 100,
            created: Some(self.now),
            lines: vec![line],
            off_cycle: true,
            ..Invoice::new(&format!("in_{}", at.0), InvoiceStatus::Paid)
        }));
    }
}

/// When the old license of an item ended that was moved on the tenth day, as only an answer
/// of the twentieth shows; and whether that is flagged.
fn moved_unseen(corrections: &[i64]) -> (Option<Timestamp>, bool) {
    let mut story = Story::bought();
    story.now = after(20);
    for day in corrections {
        story.billed_change(after(*day));
    }
    story.price_is("price_draw");
    story.fetch();
    let all = by_product(&story);
    let old = all.first().map(|(_, _, state)| state);
    let inferred = old.is_some_and(|old| old.flags.contains(&Flag::MomentInferred));
    (old.and_then(|old| old.left_at), inferred)
}

#[test]
fn a_change_that_only_an_answer_shows_is_dated_by_its_bill() {
    assert_eq!(moved_unseen(&[]), (Some(after(20)), true));
    assert_eq!(moved_unseen(&[10]), (Some(after(10)), false));
    assert_eq!(moved_unseen(&[5, 10]), (Some(after(10)), false));
    assert_eq!(moved_unseen(&[20]), (Some(after(20)), false));
    let later = moved_unseen(&[25]);
    assert_eq!(later, (Some(after(20)), true), "that was another change");
    let before = moved_unseen(&[0]);
    assert_eq!(before, (Some(after(20)), true), "that was the beginning");
}

#[test]
fn a_change_that_an_event_shows_has_its_moment() {
    let mut story = Story::bought();
    story.billed_change(after(0));
    story.move_to("price_draw", Pricing::Licensed);
    story.billed_change(after(9));
    let all = by_product(&story);
    assert_eq!(all[0].2.left_at, Some(after(1)));
    assert!(!all[0].2.flags.contains(&Flag::MomentInferred));
}

#[test]
fn a_return_that_no_event_shows_is_dated_by_its_bill() {
    let returned = |correction: Option<i64>| {
        let mut story = Story::bought();
        story.move_to("price_draw", Pricing::Licensed);
        story.now = after(20);
        if let Some(day) = correction {
            story.billed_change(after(day));
        }
        story.price_is(GROWTH);
        story.fetch();
        let all = by_product(&story);
        let seen: Vec<_> = all
            .iter()
            .map(|(product, turns, _)| (product.as_str(), *turns))
            .collect();
        assert_eq!(seen, [("notes", 2), ("draw", 1)]);
        let draw = &all[1].2;
        assert!(draw.flags.contains(&Flag::MomentInferred));
        draw.left_at
    };
    assert_eq!(returned(Some(15)), Some(after(15)));
    assert_eq!(returned(None), Some(after(1)), "not before it was there");
}

#[test]
fn of_several_returns_the_last_one_counts() {
    let mut story = Story::bought();
    for price in ["price_draw", GROWTH, "price_draw", GROWTH] {
        let before = story.subscription.item_set();
        story.move_to(price, Pricing::Licensed);
        before
            .into_iter()
            .for_each(|before| story.tell_change(before));
    }
    let all = by_product(&story);
    let (_, _, draw) = &all[1];
    assert_eq!(draw.left_at, Some(story.now));
}

#[test]
fn of_two_sets_within_one_second_what_is_sold_now_came_last() {
    for (first, last, product) in [
        ("price_draw", GROWTH, "notes"),
        (GROWTH, "price_draw", "draw"),
    ] {
        let mut story = Story::ordered(SubscriptionStatus::Active);
        story.price_is(first);
        let set = story.subscription.item_set();
        story.price_is(last);
        story.bill(InvoiceStatus::Paid, 2900);
        story.tell_subscription();
        set.into_iter()
            .for_each(|set| story.tell(Object::ItemSet(set)));
        let seen = products(&story);
        assert_eq!(seen.last().map(String::as_str), Some(product));
        assert_eq!(seen.len(), 2, "each once: {seen:?}");
    }
}

#[test]
fn an_item_that_only_the_subscription_shows_is_sold() {
    let mut story = Story::bought();
    story.now = after(3);
    let mut joined = SubscriptionItem::new("si_2", "price_draw");
    joined.created = Some(after(2));
    story.subscription.items.push(joined);
    story.tell(Object::Subscription(story.subscription.clone()));
    assert_eq!(products(&story), ["notes", "draw"]);
    story.now = after(4);
    story.subscription.items.remove(0);
    story.tell(Object::Subscription(story.subscription.clone()));
    let all = by_product(&story);
    assert_eq!(
        all[0].2.left_at,
        Some(START),
        "known no better, and flagged"
    );
    assert!(all[0].2.flags.contains(&Flag::MomentInferred));
}

#[test]
fn a_subscription_that_is_cut_short_or_says_nothing_has_lost_no_item() {
    let mut story = Story::bought();
    story.now = after(1);
    story.add_item("si_2", "price_draw", 1);
    story.now = after(2);
    let mut cut = story.subscription.clone();
    cut.items.truncate(1);
    cut.truncated = true;
    story.tell(Object::Subscription(cut.clone()));
    assert_eq!(products(&story), ["notes", "draw"]);
    let left = |story: &Story| {
        by_product(story)
            .iter()
            .any(|(_, _, state)| state.left_at.is_some())
    };
    assert!(!left(&story));
    story.now = after(3);
    cut.items.clear();
    cut.truncated = false;
    story.tell(Object::Subscription(cut));
    assert_eq!(products(&story), ["notes", "draw"]);
    assert!(!left(&story));
}

#[test]
fn which_items_joined_later_is_known_from_the_first_look_on() {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    let mut joined = SubscriptionItem::new("si_2", "price_draw");
    joined.created = Some(after(2));
    story.subscription.items.push(joined);
    let mut founding = SubscriptionItem::new("si_3", "price_pro");
    founding.created = Some(START);
    story.subscription.items.push(founding);
    story.now = after(3);
    story.tell_subscription();
    // It was there before anything was seen, and is gone.
    let first = ItemSet {
        subscription: "sub_1".to_owned(),
        items: vec![(&SubscriptionItem::new("si_0", "price_draw")).into()],
        before: None,
        status: None,
    };
    let joins = |story: &Story| -> Vec<(String, bool)> {
        let history: History = story.facts.iter().cloned().collect();
        let mapping = mapping();
        let mut joins: Vec<_> = history
            .bought(&mapping)
            .purchases
            .iter()
            .map(|purchase| (purchase.key.item.id.clone(), purchase.joined))
            .collect();
        joins.sort();
        joins
    };
    let named = |id: &str, joined| (id.to_owned(), joined);
    assert_eq!(
        joins(&story),
        [
            named("si_1", false),
            named("si_2", true),
            named("si_3", false)
        ]
    );
    story
        .facts
        .push(Fact::event(after(1), Object::ItemSet(first)));
    assert_eq!(
        joins(&story),
        [
            named("si_0", false),
            named("si_1", true),
            named("si_2", true),
            named("si_3", true)
        ]
    );
}

#[test]
fn an_item_that_joins_is_active_whichever_bill_carries_it() {
    for checked_out in [true, false] {
        let mut story = Story::bought();
        if !checked_out {
            story
                .facts
                .retain(|fact| !matches!(fact.object, Object::Checkout(_)));
        }
        story.now = after(1);
        story.add_item("si_2", "price_draw", 1);
        let mut line = InvoiceLine::new(Period::default());
        line.item = Some("si_2".to_owned());
        story.tell(Object::Invoice(Invoice {
            subscription: Some("sub_1".to_owned()),
            created: Some(story.now),
            finalized_at: Some(story.now),
            attempted: true,
            lines: vec![line],
            ..Invoice::new("in_2", InvoiceStatus::Open)
        }));
        let all = by_product(&story);
        assert_eq!(all[1].2.at(story.now).status, Status::Active);
        // There is a license to suspend, whether or not anybody looked before.
        story.set_status(SubscriptionStatus::PastDue);
        let all = by_product(&story);
        assert_eq!(all[1].2.at(story.now).status, Status::Suspended);
    }
}
