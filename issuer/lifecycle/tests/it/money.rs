//! Money that comes back or is asked back, and what becomes of the license.

use paidup_lifecycle::{
    DisputeStatus, EndReason, Flag, History, Lack, Object, Reason, Status, SubscriptionStatus,
};

use crate::rules::{answer, state};
use crate::story::{DAY, MONTH, Story};

const REFUNDED: (Status, Option<Reason>) = (Status::Revoked, Some(Reason::Refunded));
const ACTIVE: (Status, Option<Reason>) = (Status::Active, None);
const DISPUTED: (Status, Option<Reason>) = (Status::Suspended, Some(Reason::Disputed));

fn now(story: &Story) -> (Status, Option<Reason>) {
    answer(story, story.now)
}

#[test]
fn a_dispute_suspends_until_it_is_decided() {
    let mut story = Story::bought();
    story.dispute(1, DisputeStatus::Inquiry);
    assert_eq!(now(&story), ACTIVE, "no money has moved");
    story.dispute(1, DisputeStatus::Open);
    assert_eq!(now(&story), DISPUTED);
    let mut won = Story::bought();
    won.dispute(1, DisputeStatus::Open);
    won.dispute(1, DisputeStatus::Won);
    assert_eq!(now(&won), ACTIVE);
    story.dispute(1, DisputeStatus::Lost);
    assert_eq!(now(&story), (Status::Revoked, Some(Reason::Disputed)));
    story.renew(true);
    assert_eq!(now(&story), ACTIVE, "the next period is paid");
}

#[test]
fn an_inquiry_that_comes_to_nothing_changes_nothing() {
    let mut story = Story::bought();
    story.dispute(1, DisputeStatus::Inquiry);
    story.dispute(1, DisputeStatus::Dropped);
    assert_eq!(now(&story), ACTIVE);
    assert!(state(&story).flags.is_empty());
}

#[test]
fn a_dispute_lost_for_an_old_period_is_flagged_and_no_more() {
    let mut story = Story::bought();
    story.renew(true);
    story.dispute(1, DisputeStatus::Lost);
    assert_eq!(now(&story), ACTIVE);
    assert_eq!(state(&story).flags, [Flag::OldDisputeLost].into());
}

#[test]
fn a_refund_of_an_old_period_is_flagged_and_no_more() {
    let mut story = Story::bought();
    story.refund(2900);
    story.renew(true);
    assert_eq!(now(&story), ACTIVE);
    assert_eq!(state(&story).flags, [Flag::OldPeriodRefunded].into());
}

#[test]
fn a_refund_of_the_last_period_is_no_reason_once_the_next_is_unpaid() {
    let mut story = Story::bought();
    story.refund(2900);
    assert_eq!(now(&story), REFUNDED);
    story.renew(false);
    assert_eq!(
        now(&story),
        (Status::Suspended, Some(Reason::PaymentFailed))
    );
}

#[test]
fn an_end_during_a_dispute_has_no_grace() {
    let mut story = Story::bought();
    story.dispute(1, DisputeStatus::Open);
    story.end(EndReason::Disputed);
    let ended = state(&story);
    assert_eq!(now(&story), DISPUTED);
    let over = story.now.plus(7 * DAY);
    assert_eq!(ended.at(over).status, Status::Revoked);
    assert_eq!(ended.next_change(story.now), Some(over));
}

#[test]
fn a_refund_that_failed_no_longer_counts_even_if_the_charge_goes_on_to_count_it() {
    for charge_is_corrected in [false, true] {
        let mut story = Story::bought();
        story.refund(2900);
        story.refund_object("re_1", 2900, false);
        assert_eq!(now(&story), REFUNDED);
        story.refund_object("re_1", 2900, true);
        if charge_is_corrected {
            story.refund(0);
        }
        assert_eq!(now(&story), ACTIVE);
        story.refund_object("re_2", 2900, false);
        story.refund(2900);
        assert_eq!(now(&story), REFUNDED, "refunded once more");
    }
}

#[test]
fn a_dispute_asks_for_what_its_payment_was_for() {
    let mut story = Story::bought();
    story.dispute(1, DisputeStatus::Open);
    let only = |keep: fn(&Object) -> bool| -> History {
        let facts = story.facts.iter().filter(|it| keep(&it.object));
        facts.cloned().collect()
    };
    let alone = only(|it| matches!(it, Object::Dispute(_)));
    assert_eq!(alone.lacks(), [Lack::Origin("pi_1".to_owned())].into());
    let settled = only(|it| matches!(it, Object::Dispute(_) | Object::Settlement(_)));
    assert_eq!(settled.lacks(), [Lack::Invoice("in_1".to_owned())].into());
}

#[test]
fn a_paused_subscription_in_dispute_is_disputed_first() {
    let mut story = Story::bought();
    story.set_status(SubscriptionStatus::Paused);
    story.dispute(1, DisputeStatus::Open);
    assert_eq!(now(&story), DISPUTED);
    story.dispute(1, DisputeStatus::Won);
    assert_eq!(now(&story), (Status::Suspended, Some(Reason::Paused)));
    story.set_status(SubscriptionStatus::Active);
    story.now = story.now.plus(MONTH);
    assert_eq!(now(&story), ACTIVE);
}
