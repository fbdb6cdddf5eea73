//! How an item stood when it left a subscription that went on (rules 13 and 14).

use paidup_lifecycle::{InvoiceStatus, Object, Reason, Status, SubscriptionStatus};

use crate::book::{GOOD, Standing, UNPAID, after, correction, extra, grace, month, standing};
use crate::story::Story;
use crate::walk::mapping;

use InvoiceStatus::{Open, Paid, Uncollectible, Void};
use SubscriptionStatus::{Active, PastDue, Paused, Trialing, Unpaid};

/// Two items, of which one leaves on day 32, after a renewal that came to that.
fn left(status: SubscriptionStatus, renewal: InvoiceStatus) -> Story {
    let mut story = Story::bought_two();
    story.now = after(30);
    story.tell_bill(month("in_2", &["si_1", "si_2"], 30, renewal));
    story.stands(31, status);
    story.leaves("si_2", 32);
    story
}

fn draw(story: &Story) -> Option<Standing> {
    standing(story, "draw")
}

#[test]
fn the_status_of_that_moment_decides_whatever_bill_lies_open() {
    let paused = (Status::Suspended, Some(Reason::Paused));
    for (status, renewal, expected) in [
        (Active, Open, GOOD),
        (Active, Uncollectible, GOOD),
        (Trialing, Open, GOOD),
        (PastDue, Open, UNPAID),
        (PastDue, Uncollectible, UNPAID),
        (Unpaid, Open, UNPAID),
        (Paused, Paid, paused),
    ] {
        let story = left(status, renewal);
        assert_eq!(draw(&story), Some(expected), "{status:?} {renewal:?}");
    }
    let story = left(Active, Open);
    assert_eq!(grace(&story, "draw", &mapping()), Some(after(39)));
}

#[test]
fn where_the_status_was_not_seen_the_bills_decide() {
    for (renewal, expected) in [(Paid, GOOD), (Open, UNPAID), (Void, GOOD)] {
        let mut story = left(PastDue, renewal);
        for fact in &mut story.facts {
            if let Object::ItemSet(set) = &mut fact.object {
                set.status = None;
            }
        }
        assert_eq!(draw(&story), Some(expected), "{renewal:?}");
    }
}

#[test]
fn a_bill_that_is_withdrawn_after_the_removal_revives_nothing() {
    let mut story = left(PastDue, Open);
    let renewal = month("in_2", &["si_1", "si_2"], 30, Open);
    story.settle(renewal, 34, Void);
    assert_eq!(draw(&story), Some(UNPAID));
    story.stands(34, Active);
    assert_eq!(standing(&story, "notes"), Some(GOOD), "it goes on");
    // One that was withdrawn before the last month that was paid is of no interest.
    for day in [-1, 0] {
        let mut earlier = Story::bought_two();
        earlier.tell_bill(correction("in_0", "si_2", day, Void));
        earlier.tell_bill(extra("in_9", 20, Open));
        earlier.stands(20, PastDue);
        earlier.leaves("si_2", 21);
        assert_eq!(draw(&earlier), Some(GOOD));
    }
    // Nor is one that was made after the item had left.
    let mut later = left(PastDue, Paid);
    later.tell_bill(month("in_3", &["si_1", "si_2"], 33, Void));
    assert_eq!(draw(&later), Some(GOOD));
}

#[test]
fn a_bill_that_is_paid_after_the_removal_gives_the_rest_of_the_grace() {
    for status in [PastDue, Unpaid] {
        for (day, expected) in [(32, GOOD), (34, GOOD)] {
            let mut story = left(status, Open);
            let renewal = month("in_2", &["si_1", "si_2"], 30, Open);
            story.settle(renewal, day, Paid);
            assert_eq!(draw(&story), Some(expected), "{status:?}");
            assert_eq!(grace(&story, "draw", &mapping()), Some(after(39)));
        }
    }
    // The month was paid before it was paused.
    let paused = (Status::Suspended, Some(Reason::Paused));
    assert_eq!(draw(&left(Paused, Paid)), Some(paused));
    let mut unpaid = left(Unpaid, Paid);
    assert_eq!(draw(&unpaid), Some(UNPAID), "nothing was paid since");
    unpaid.settle(month("in_2", &["si_2"], 30, Open), 33, Void);
    assert_eq!(draw(&unpaid), Some(UNPAID));
}

#[test]
fn the_newest_bill_that_is_paid_settles_the_older_ones() {
    let told = |newest: i64, drafted: bool| {
        let mut story = left(PastDue, Open);
        let second = month("in_3", &["si_1", "si_2"], newest, Open);
        story.tell_bill(second.clone());
        if drafted {
            story.tell_bill(month("in_4", &["si_1", "si_2"], 31, InvoiceStatus::Draft));
        }
        story.settle(second, 33, Paid);
        story
    };
    assert_eq!(draw(&told(31, false)), Some(GOOD));
    assert_eq!(
        draw(&told(31, true)),
        Some(GOOD),
        "a draft asks for nothing"
    );
    assert_eq!(draw(&told(29, false)), Some(UNPAID), "a newer one is open");
}

#[test]
fn arrears_of_something_else_leave_an_item_in_good_standing() {
    for (status, last) in [(Open, GOOD), (Void, GOOD), (Paid, GOOD)] {
        let mut story = Story::bought_two();
        story.tell_bill(extra("in_9", 20, status));
        story.stands(20, PastDue);
        story.leaves("si_2", 21);
        assert_eq!(draw(&story), Some(last), "{status:?}");
    }
    // A correction that was paid before pays for no month, and speaks of none.
    let mut corrected = Story::bought_two();
    corrected.tell_bill(correction("in_2", "si_2", 10, Paid));
    corrected.tell_bill(extra("in_9", 20, Open));
    corrected.stands(20, PastDue);
    corrected.leaves("si_2", 21);
    assert_eq!(draw(&corrected), Some(GOOD));
    let mut other = Story::bought_two();
    other.tell_bill(correction("in_2", "si_1", 20, Open));
    other.stands(20, PastDue);
    other.leaves("si_2", 21);
    assert_eq!(draw(&other), Some(GOOD), "the other item was upgraded");
}

#[test]
fn what_was_paid_before_explains_no_arrears() {
    let ended = |day: i64, status| {
        let mut story = Story::ordered(PastDue);
        story.tell_subscription();
        story.tell_bill(extra("in_9", day, status));
        story.ends(5);
        story.settle(extra("in_9", day, status), day.max(5), status);
        standing(&story, "notes")
    };
    assert_eq!(ended(2, Open), Some(GOOD));
    assert_eq!(ended(2, Paid), Some(GOOD), "paid since");
    assert_eq!(ended(6, Paid), Some(UNPAID), "made since");
    let mut before = Story::ordered(PastDue);
    before.tell_subscription();
    before.tell_bill(extra("in_9", 2, Paid));
    before.ends(5);
    assert_eq!(
        standing(&before, "notes"),
        Some(UNPAID),
        "its own is unknown"
    );
}

#[test]
fn what_is_in_arrears_under_one_product_has_no_grace_when_it_moves() {
    let mut story = Story::bought_two();
    story.tell_bill(correction("in_2", "si_1", 5, Open));
    story.stands(5, PastDue);
    story.moves("price_maps", 7);
    let mut mapping = mapping();
    mapping.map_price("price_maps", crate::walk::policy("maps_policy", "maps"));
    let seen = |story: &Story, product| crate::book::standing_under(story, product, &mapping);
    assert_eq!(seen(&story, "notes"), Some(UNPAID));
    // And it takes its arrears along, until they are paid.
    assert_eq!(seen(&story, "maps"), Some(UNPAID));
    story.leaves("si_1", 9);
    assert_eq!(seen(&story, "maps"), Some(UNPAID));
    story.settle(correction("in_2", "si_1", 5, Open), 10, Paid);
    assert_eq!(seen(&story, "notes"), Some(GOOD));
    assert_eq!(seen(&story, "maps"), Some(GOOD));
}

#[test]
fn arrears_that_it_shared_are_settled_when_the_others_pay() {
    let mut maps = mapping();
    maps.map_price("price_maps", crate::walk::policy("maps_policy", "maps"));
    let shared = |settled: Option<InvoiceStatus>| {
        let mut story = Story::bought_two();
        let upgrade = correction("in_2", "si_2", 32, Open);
        story.moves("price_maps", 31);
        story.now = after(32);
        story.tell_bill(upgrade.clone());
        story.stands(32, PastDue);
        story.leaves("si_1", 33);
        if let Some(status) = settled {
            story.settle(upgrade, 34, status);
        }
        crate::book::standing_under(&story, "maps", &maps)
    };
    assert_eq!(shared(None), Some(UNPAID));
    assert_eq!(shared(Some(Void)), Some(UNPAID));
    assert_eq!(shared(Some(Paid)), Some(GOOD));
}
