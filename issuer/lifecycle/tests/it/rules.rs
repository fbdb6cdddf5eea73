//! The rules, each by an example.

use paidup_lifecycle::{
    CheckoutPayment, EndReason, Fact, GraceReason, History, InvoiceStatus, Lack, LicenseState,
    Object, Reason, RefundRule, Settings, Status, SubscriptionStatus, Terms, Timestamp, reduce,
};

use crate::story::{DAY, MONTH, START, Story, item, terms};

pub(crate) fn state(story: &Story) -> LicenseState {
    state_under(story, &terms(), &Settings::default())
}

pub(crate) fn state_under(story: &Story, terms: &Terms, settings: &Settings) -> LicenseState {
    let history: History = story.facts.iter().cloned().collect();
    reduce(&history, &item(), terms, settings)
}

pub(crate) fn answer(story: &Story, now: Timestamp) -> (Status, Option<Reason>) {
    let condition = state(story).at(now);
    (condition.status, condition.reason)
}

#[test]
fn a_purchase_is_active_and_says_when_it_renews() {
    let condition = state(&Story::bought()).at(START);
    assert_eq!(condition.status, Status::Active);
    assert_eq!(condition.renews_at, Some(START.plus(MONTH)));
    assert_eq!(condition.paid_until, Some(START.plus(MONTH)));
    assert_eq!((condition.grace, condition.ends_by), (None, None));
}

#[test]
fn a_failed_renewal_suspends_until_it_is_paid() {
    let mut story = Story::bought();
    story.renew(false);
    assert_eq!(
        answer(&story, story.now),
        (Status::Suspended, Some(Reason::PaymentFailed))
    );
    story.pay();
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn an_unpaid_invoice_of_a_subscription_in_good_standing_does_no_harm() {
    let mut story = Story::bought();
    story.bill(InvoiceStatus::Open, 500);
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn the_grace_counts_from_the_end_and_then_it_is_over() {
    let mut story = Story::bought();
    story.end(EndReason::Requested);
    let over = story.now.plus(7 * DAY);
    let state = state(&story);
    let during = state.at(over.plus(-1));
    assert_eq!(during.status, Status::Active);
    assert_eq!(during.grace.unwrap().reason, GraceReason::Canceled);
    assert_eq!(during.grace_ends_at(), Some(over));
    assert_eq!(state.next_change(story.now), Some(over));
    assert_eq!(
        answer(&story, over),
        (Status::Revoked, Some(Reason::Canceled))
    );
    assert_eq!(state.next_change(over), None);
}

#[test]
fn no_grace_where_the_policy_has_none() {
    let mut story = Story::bought();
    story.end(EndReason::Requested);
    let state = state_under(
        &story,
        &Terms {
            grace: 0,
            ..terms()
        },
        &Settings::default(),
    );
    assert_eq!(state.at(story.now).status, Status::Revoked);
}

#[test]
fn a_grace_does_not_revive_a_non_payer() {
    let mut story = Story::bought();
    story.renew(false);
    story.end(EndReason::PaymentFailed);
    let over = story.now.plus(7 * DAY);
    assert_eq!(
        answer(&story, story.now),
        (Status::Suspended, Some(Reason::PaymentFailed))
    );
    assert_eq!(
        answer(&story, over),
        (Status::Revoked, Some(Reason::PaymentFailed))
    );
}

#[test]
fn canceling_at_the_period_end_leaves_it_active_and_caps_the_lease() {
    let mut story = Story::bought();
    story.cancel_at_period_end();
    let condition = state(&story).at(story.now);
    assert_eq!(condition.status, Status::Active);
    assert_eq!(condition.renews_at, None);
    assert_eq!(condition.ends_at, Some(START.plus(MONTH)));
    assert_eq!(condition.ends_by, Some(START.plus(MONTH + 7 * DAY)));
}

#[test]
fn a_trial_that_ends_unpaid_has_no_grace() {
    let mut story = Story::ordered(SubscriptionStatus::Trialing);
    story.subscription.trial_end = Some(START.plus(MONTH));
    story.bill(InvoiceStatus::Paid, 0);
    story.tell_subscription();
    assert_eq!(answer(&story, story.now), (Status::Active, None));
    story.end(EndReason::Requested);
    assert_eq!(
        answer(&story, story.now),
        (Status::Revoked, Some(Reason::Canceled))
    );
}

#[test]
fn a_period_covered_by_a_coupon_counts_as_paid() {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    story.bill(InvoiceStatus::Paid, 0);
    story.tell_subscription();
    story.end(EndReason::Requested);
    assert_eq!(
        state(&story).at(story.now).grace_ends_at(),
        Some(story.now.plus(7 * DAY))
    );
}

#[test]
fn a_first_payment_that_fails_makes_no_license() {
    let mut story = Story::ordered(SubscriptionStatus::Incomplete);
    story.bill(InvoiceStatus::Open, 2900);
    story.tell_subscription();
    assert!(!state(&story).is_provisioned());
    story.set_status(SubscriptionStatus::IncompleteExpired);
    assert!(!state(&story).is_provisioned());
}

#[test]
fn a_delayed_payment_that_never_comes_sells_nothing() {
    for status in [SubscriptionStatus::PastDue, SubscriptionStatus::Unpaid] {
        let mut story = Story::ordered(status);
        story.tell_subscription();
        let history: History = story.facts.iter().cloned().collect();
        let invoices = Lack::Invoices("sub_1".to_owned());
        assert!(
            history.lacks().contains(&invoices),
            "was anything ever paid?"
        );
        story.bill(InvoiceStatus::Open, 2900);
        assert!(!state(&story).is_provisioned());
        story.tell_checkout(CheckoutPayment::Unpaid);
        assert!(!state(&story).is_provisioned());
    }
}

#[test]
fn a_delayed_payment_makes_a_license_once_it_settles() {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    story.bill(InvoiceStatus::Open, 2900);
    story.tell_subscription();
    story.tell_checkout(CheckoutPayment::Unpaid);
    assert!(!state(&story).is_provisioned());
    story.pay();
    story.tell_checkout(CheckoutPayment::Settled);
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn a_full_refund_of_the_current_period_revokes_and_the_next_payment_restores() {
    let mut story = Story::bought();
    story.refund(2900);
    assert_eq!(
        answer(&story, story.now),
        (Status::Revoked, Some(Reason::Refunded))
    );
    story.renew(true);
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn a_partial_refund_changes_nothing_below_the_threshold() {
    let mut story = Story::bought();
    story.refund(1450);
    assert_eq!(answer(&story, story.now), (Status::Active, None));
    let half = Settings {
        refund_threshold: 500_000,
        ..Settings::default()
    };
    assert_eq!(
        state_under(&story, &terms(), &half).at(story.now).status,
        Status::Revoked
    );
}

#[test]
fn a_refund_of_an_old_period_follows_the_setting() {
    let mut story = Story::bought();
    story.refund(2900);
    story.renew(true);
    for (refund, expected) in [
        (RefundRule::Current, Status::Active),
        (RefundRule::Any, Status::Revoked),
        (RefundRule::Never, Status::Active),
    ] {
        let settings = Settings {
            refund,
            ..Settings::default()
        };
        assert_eq!(
            state_under(&story, &terms(), &settings)
                .at(story.now)
                .status,
            expected
        );
    }
}

#[test]
fn a_refund_that_failed_brings_the_license_back() {
    let mut story = Story::bought();
    story.refund(2900);
    story.refund(0);
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn a_payment_grace_runs_from_the_unpaid_invoice() {
    let with_grace = Terms {
        payment_grace: 3 * DAY,
        ..terms()
    };
    let mut story = Story::bought();
    story.renew(false);
    let state = state_under(&story, &with_grace, &Settings::default());
    let over = story.now.plus(3 * DAY);
    assert_eq!(
        state.at(story.now).grace.unwrap().reason,
        GraceReason::PaymentFailed
    );
    assert_eq!(state.next_change(story.now), Some(over));
    assert_eq!(state.at(over).status, Status::Suspended);
    story.end(EndReason::PaymentFailed);
    let ended = state_under(&story, &with_grace, &Settings::default());
    assert_eq!(
        ended.at(over.plus(-1)).grace_ends_at(),
        Some(over),
        "no second grace"
    );
    assert_eq!(ended.at(over).status, Status::Revoked, "and none after it");
    // Where it was over by then, the license stays suspended until the other grace is.
    story.now = over.plus(DAY);
    story.end(EndReason::PaymentFailed);
    let ended = state_under(&story, &with_grace, &Settings::default());
    assert_eq!(ended.at(story.now).status, Status::Suspended);
    assert_eq!(
        ended.at(story.now.plus(7 * DAY)).status,
        Status::Revoked,
        "seven days after the end"
    );
}

#[test]
fn paused_and_unpaid_are_suspended_and_an_unknown_word_changes_nothing() {
    let mut story = Story::bought();
    story.set_status(SubscriptionStatus::Unknown);
    assert_eq!(answer(&story, story.now), (Status::Active, None));
    story.set_status(SubscriptionStatus::Paused);
    assert_eq!(
        answer(&story, story.now),
        (Status::Suspended, Some(Reason::Paused))
    );
    story.set_status(SubscriptionStatus::Unpaid);
    assert_eq!(
        answer(&story, story.now),
        (Status::Suspended, Some(Reason::PaymentFailed))
    );
}

#[test]
fn a_created_body_that_comes_late_does_not_win() {
    let mut story = Story::bought();
    let mut first = story.subscription.clone();
    first.status = SubscriptionStatus::Incomplete;
    story
        .facts
        .push(Fact::event(START.plus(-5), Object::Subscription(first)));
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn what_was_asked_beats_what_was_told_in_the_same_second() {
    let mut story = Story::bought();
    let mut asked = story.subscription.clone();
    asked.status = SubscriptionStatus::PastDue;
    story
        .facts
        .insert(0, Fact::fetched(story.now, 1, Object::Subscription(asked)));
    assert_eq!(
        answer(&story, story.now),
        (Status::Suspended, Some(Reason::PaymentFailed))
    );
}

#[test]
fn of_two_answers_within_one_second_the_later_question_counts() {
    let mut story = Story::bought();
    for (asked, status) in [
        (2, SubscriptionStatus::Active),
        (1, SubscriptionStatus::PastDue),
    ] {
        let mut answer = story.subscription.clone();
        answer.status = status;
        story.facts.push(Fact::fetched(
            story.now,
            asked,
            Object::Subscription(answer),
        ));
    }
    assert_eq!(answer(&story, story.now), (Status::Active, None));
}

#[test]
fn seats_that_return_to_an_earlier_number_are_those_of_now() {
    let mut story = Story::bought();
    for quantity in [10, 3, 10, 3] {
        story.seats(quantity);
        assert_eq!(state(&story).seats, quantity);
    }
}

#[test]
fn a_history_says_what_it_lacks() {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    story.tell_checkout(CheckoutPayment::Settled);
    let history: History = story.facts.iter().cloned().collect();
    assert_eq!(
        history.lacks(),
        [
            Lack::Subscription("sub_1".to_owned()),
            // It may have sold something beside the subscription.
            Lack::CheckoutLines("cs_1".to_owned()),
        ]
        .into()
    );

    let mut story = Story::bought();
    story.refund(2900);
    story
        .facts
        .retain(|fact| matches!(fact.object, Object::Charge(_)));
    let history: History = story.facts.iter().cloned().collect();
    assert_eq!(history.lacks(), [Lack::Origin("pi_1".to_owned())].into());
    assert_eq!(state(&story).phase, paidup_lifecycle::Phase::Pending);
}

#[test]
fn a_first_invoice_that_was_only_told_of_as_open_is_asked_about() {
    let lacks = |facts: &[Fact]| facts.iter().cloned().collect::<History>().lacks();
    let asked = Lack::Invoices("sub_1".to_owned());
    let mut story = Story::ordered(SubscriptionStatus::Active);
    story.tell_subscription();
    for status in [InvoiceStatus::Draft, InvoiceStatus::Open] {
        let mut told = Story::ordered(SubscriptionStatus::Active);
        told.tell_subscription();
        assert!(lacks(&told.facts).contains(&asked), "nothing is known");
        told.bill(status, 2900);
        assert!(lacks(&told.facts).contains(&asked), "{status:?}");

        // Whoever has asked knows.
        for fact in &mut told.facts {
            *fact = Fact::fetched(story.now, 1, fact.object.clone());
        }
        assert!(!lacks(&told.facts).contains(&asked), "{status:?}");
    }
    story.bill(InvoiceStatus::Paid, 2900);
    assert!(!lacks(&story.facts).contains(&asked));
}
