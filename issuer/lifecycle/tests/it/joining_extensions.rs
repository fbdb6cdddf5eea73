//! What an extension shares of the arrears and of the end of the license that it extends
//! (rules 14, 15 and 18).

use paidup_lifecycle::{
    Extension, InvoiceStatus, Mapped, Mapping, Sale, Status, SubscriptionItem, SubscriptionStatus,
    Timestamp,
};

use crate::book::{after, correction, extra, license_of, month, patient};
use crate::story::{MONTH, START, Story};
use crate::walk::SEATS;

use InvoiceStatus::{Open, Paid, Void};
use SubscriptionStatus::PastDue;

fn mapping() -> Mapping {
    let mut mapping = patient();
    let extension = Extension {
        policy: "growth_policy".to_owned(),
        product: "notes".to_owned(),
        seats: true,
        ..Extension::default()
    };
    let seats = Mapped::Price(SEATS.to_owned());
    mapping.map(seats, Sale::Extension(extension));
    mapping
}

/// A license of one seat and an extension by four, both paid for a month.
fn extended() -> Story {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    let mut more = SubscriptionItem::new("si_2", SEATS);
    more.created = Some(START);
    more.quantity = 4;
    more.period_end = Some(START.plus(MONTH));
    story.subscription.items.push(more);
    story.tell_bill(month("in_1", &["si_1", "si_2"], 0, Paid));
    story.tell_subscription();
    story
}

type Seen = Option<(u64, Status, Option<Timestamp>)>;

/// The license: its seats, its status, and when its grace ends.
fn seen(story: &Story) -> Seen {
    let state = license_of(story, "notes", &mapping())?;
    let condition = state.at(story.now);
    Some((condition.seats, condition.status, condition.grace_ends_at()))
}

const ACTIVE: Status = Status::Active;

#[test]
fn an_extension_shares_the_payment_grace_and_an_end_within_it() {
    let mut story = extended();
    story.tell_bill(month("in_2", &["si_1", "si_2"], 30, Open));
    story.stands(30, PastDue);
    assert_eq!(seen(&story), Some((5, ACTIVE, Some(after(37)))));
    let mut ended = story.clone();
    ended.ends(32);
    assert_eq!(seen(&ended), Some((5, ACTIVE, Some(after(37)))));
    story.leaves("si_2", 31);
    assert_eq!(seen(&story), Some((1, ACTIVE, Some(after(37)))));
    story.ends(32);
    assert_eq!(seen(&story), Some((1, ACTIVE, Some(after(37)))));
}

#[test]
fn an_extension_that_joins_in_arrears_has_no_part_in_the_payment_grace() {
    let mut story = Story::bought();
    story.tell_bill(month("in_2", &["si_1"], 30, Open));
    story.stands(30, PastDue);
    story.now = after(31);
    story.add_item("si_2", SEATS, 50);
    assert_eq!(seen(&story), Some((1, ACTIVE, Some(after(37)))));
    story.ends(33);
    assert_eq!(seen(&story), Some((1, ACTIVE, Some(after(37)))));
}

#[test]
fn an_extension_that_joins_in_good_standing_shares_the_grace_of_the_end() {
    let mut story = Story::bought();
    story.now = after(5);
    story.add_item("si_2", SEATS, 4);
    assert_eq!(
        seen(&story),
        Some((5, ACTIVE, None)),
        "whichever bill carries it"
    );
    story.ends(6);
    assert_eq!(seen(&story), Some((5, ACTIVE, Some(after(13)))));
}

#[test]
fn an_extension_that_joined_and_was_not_paid_has_no_part_in_the_grace_of_the_end() {
    let mut story = Story::bought();
    story.now = after(5);
    story.add_item("si_2", SEATS, 4);
    story.tell_bill(correction("in_2", "si_2", 5, Open));
    story.stands(6, PastDue);
    assert_eq!(seen(&story), Some((1, ACTIVE, None)));
    story.ends(7);
    assert_eq!(seen(&story), Some((1, ACTIVE, Some(after(14)))));
}

#[test]
fn an_extension_that_is_removed_and_added_counts_as_it_was_added() {
    let mut story = extended();
    story.leaves("si_2", 5);
    assert_eq!(seen(&story), Some((1, ACTIVE, None)));
    story.now = after(6);
    story.add_item("si_3", SEATS, 2);
    assert_eq!(seen(&story), Some((3, ACTIVE, None)));
    story.ends(7);
    assert_eq!(seen(&story), Some((3, ACTIVE, Some(after(14)))));
}

#[test]
fn an_upgrade_of_the_license_that_is_not_paid_is_none_of_the_extension() {
    let mut story = extended();
    story.tell_bill(correction("in_2", "si_1", 10, Open));
    story.stands(10, PastDue);
    assert_eq!(seen(&story), Some((5, ACTIVE, Some(after(17)))));
    let mut other = extended();
    other.tell_bill(correction("in_2", "si_2", 10, Open));
    other.stands(10, PastDue);
    assert_eq!(
        seen(&other),
        Some((1, ACTIVE, None)),
        "and the other way round"
    );
}

/// A trial of a fortnight that ends on day 5, beside something that is paid once.
fn trial(once: Option<i64>, of_item: Option<i64>) -> Seen {
    let mut story = Story::ordered(SubscriptionStatus::Trialing);
    story.subscription.trial_end = Some(after(14));
    let mut bill = month("in_1", &["si_1"], 0, Paid);
    let mut lines = extra("in_1", 0, Paid).lines;
    for line in &mut bill.lines {
        line.period.end = after(14);
        line.amount = of_item;
    }
    for line in &mut lines {
        line.amount = once;
    }
    bill.lines.append(&mut lines);
    bill.total = 9900;
    story.tell_bill(bill);
    story.tell_subscription();
    story.ends(5);
    seen(&story)
}

#[test]
fn a_trial_has_no_grace_though_something_beside_it_was_paid() {
    let over = Some((1, Status::Revoked, None));
    let graced = Some((1, ACTIVE, Some(after(12))));
    assert_eq!(trial(Some(9900), Some(0)), over);
    assert_eq!(
        trial(Some(9900), Some(-100)),
        over,
        "a credit pays for nothing"
    );
    assert_eq!(trial(Some(4900), Some(5000)), graced, "its own line cost");
    assert_eq!(
        trial(None, None),
        graced,
        "known no better than the whole bill"
    );
}

#[test]
fn what_of_a_bill_several_lines_bill_is_their_sum() {
    let ended = |amounts: [Option<i64>; 2]| {
        let mut story = Story::ordered(SubscriptionStatus::Trialing);
        story.subscription.trial_end = Some(after(14));
        let mut bill = correction("in_1", "si_1", 1, Paid);
        let line = bill.lines.first().cloned();
        bill.lines.extend(line);
        for (line, amount) in bill.lines.iter_mut().zip(amounts) {
            line.amount = amount;
        }
        bill.total = 500;
        story.tell_bill(bill);
        story.tell_subscription();
        story.ends(5);
        seen(&story).map(|(_, status, _)| status)
    };
    assert_eq!(ended([Some(900), Some(-400)]), Some(ACTIVE));
    assert_eq!(ended([Some(400), Some(-400)]), Some(Status::Revoked));
    assert_eq!(ended([Some(-900), Some(400)]), Some(Status::Revoked));
    assert_eq!(ended([None, Some(-400)]), Some(ACTIVE), "the whole bill's");
}

#[test]
fn a_voided_upgrade_leaves_the_extension_what_it_was() {
    let mut story = extended();
    let upgrade = correction("in_2", "si_2", 10, Open);
    story.tell_bill(upgrade.clone());
    story.stands(10, PastDue);
    story.settle(upgrade, 12, Void);
    story.stands(12, SubscriptionStatus::Active);
    assert_eq!(seen(&story), Some((5, ACTIVE, None)));
}
