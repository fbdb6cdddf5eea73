//! Whether a purchase was in good standing when it ended (rules 13 and 14).

use paidup_lifecycle::{
    EndReason, Flag, Invoice, InvoiceStatus, Object, Reason, Status, SubscriptionStatus, Timestamp,
};

use crate::rules::{answer, state};
use crate::story::{DAY, MONTH, START, Story};
use crate::walk::{licenses, mapping};

const GRACE: (Status, Option<Reason>) = (Status::Active, None);
const UNPAID: (Status, Option<Reason>) = (Status::Suspended, Some(Reason::PaymentFailed));

impl Story {
    /// Nobody saw how it stood while it lived, as after an import.
    fn unseen(mut self) -> Self {
        self.facts
            .retain(|fact| !matches!(fact.object, Object::Course(_)));
        self
    }

    pub(crate) fn change_last_bill(&mut self, change: impl Fn(&mut Invoice)) {
        let bills = self.facts.iter_mut().rev();
        let last = bills.into_iter().find_map(|fact| match &mut fact.object {
            Object::Invoice(invoice) => Some(invoice),
            _ => None,
        });
        last.into_iter().for_each(change);
    }
}

fn now(story: &Story) -> (Status, Option<Reason>) {
    answer(story, story.now)
}

fn inferred(story: &Story) -> bool {
    state(story).flags.contains(&Flag::StandingInferred)
}

#[test]
fn the_last_live_snapshot_decides_whatever_bill_lies_open() {
    // The renewal's bill was made in the second of that snapshot, or before it.
    for later in [0, DAY] {
        let mut story = Story::bought();
        story.now = story.now.plus(MONTH);
        story.bill(InvoiceStatus::Open, 2900);
        story.now = story.now.plus(later);
        story.tell_subscription();
        story.end(EndReason::Requested);
        assert_eq!(now(&story), GRACE);
        assert!(!inferred(&story));
    }
}

#[test]
fn a_bill_that_failed_after_the_last_live_snapshot_is_believed() {
    let mut story = Story::bought();
    story.now = story.now.plus(MONTH);
    story.bill(InvoiceStatus::Open, 2900);
    story.end(EndReason::Requested);
    assert_eq!(now(&story), UNPAID);
    assert!(inferred(&story));
    // A snapshot that says so itself needs no inference.
    let mut past_due = Story::bought();
    past_due.renew(false);
    past_due.now = past_due.now.plus(MONTH);
    past_due.bill(InvoiceStatus::Open, 2900);
    past_due.end(EndReason::Requested);
    assert_eq!(now(&past_due), UNPAID);
    assert!(!inferred(&past_due));
}

#[test]
fn an_end_for_failed_payments_beats_a_snapshot_that_missed_them() {
    let mut story = Story::bought();
    story.now = story.now.plus(MONTH);
    story.bill(InvoiceStatus::Open, 2900);
    story.tell_subscription();
    story.end(EndReason::PaymentFailed);
    assert_eq!(now(&story), UNPAID);
    assert!(inferred(&story));
    let mut paid = Story::bought();
    paid.renew(true);
    paid.end(EndReason::PaymentFailed);
    assert_eq!(now(&paid), GRACE, "no bill of its own says so");
}

#[test]
fn past_due_without_any_bill_of_its_own() {
    let mut story = Story::ordered(SubscriptionStatus::PastDue);
    story.tell_subscription();
    story.end(EndReason::Requested);
    assert_eq!(now(&story), UNPAID, "its bills are not known");
    let mut extra = Story::ordered(SubscriptionStatus::PastDue);
    extra.tell_subscription();
    extra.extra_bill("in_extra", InvoiceStatus::Open);
    extra.end(EndReason::Requested);
    assert_eq!(now(&extra), GRACE, "only something else is unpaid");
}

#[test]
fn an_end_that_nobody_saw_and_that_nothing_speaks_against_has_its_grace() {
    let mut story = Story::bought();
    story.end(EndReason::Requested);
    let story = story.unseen();
    assert_eq!(now(&story), GRACE);
    assert!(!inferred(&story));
    let mut failed = Story::bought();
    failed.end(EndReason::PaymentFailed);
    let failed = failed.unseen();
    assert_eq!(now(&failed), UNPAID);
    assert!(inferred(&failed));
    let mut open = Story::bought();
    open.renew(false);
    open.end(EndReason::Requested);
    let open = open.unseen();
    assert_eq!(now(&open), UNPAID);
    assert!(inferred(&open));
}

#[test]
fn a_bill_by_hand_is_overdue_after_its_last_day() {
    let ended = |due: Timestamp| {
        let mut story = Story::bought();
        story.renew(false);
        story.change_last_bill(|invoice| invoice.due_date = Some(due));
        story.end(EndReason::Requested);
        let story = story.unseen();
        now(&story)
    };
    let end = START.plus(MONTH + DAY);
    assert_eq!(ended(end.plus(-1)), UNPAID);
    assert_eq!(ended(end), GRACE);
    assert_eq!(ended(end.plus(DAY)), GRACE);
}

#[test]
fn an_item_that_was_not_paid_when_it_was_removed_has_no_grace() {
    let removed = |paid| {
        let mut story = Story::bought();
        story.add_item("si_2", "price_draw", 1);
        story.renew(paid);
        story.remove_item("si_1");
        let all = licenses(&story.facts, &mapping());
        let condition = all[0].2.at(story.now);
        (condition.status, condition.reason)
    };
    assert_eq!(removed(true), GRACE);
    assert_eq!(removed(false), UNPAID);
}

#[test]
fn an_item_is_not_removed_from_what_never_began() {
    for status in [
        SubscriptionStatus::Incomplete,
        SubscriptionStatus::IncompleteExpired,
        SubscriptionStatus::Unknown,
    ] {
        let mut story = Story::ordered(SubscriptionStatus::Incomplete);
        story.add_item("si_2", "price_draw", 1);
        story.remove_item("si_1");
        story.set_status(status);
        assert_eq!(licenses(&story.facts, &mapping()), [], "{status:?}");
    }
}
