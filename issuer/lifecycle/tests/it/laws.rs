//! The laws: order, repetition and splitting of a history do not matter, time
//! changes an answer only when it said it would, and each change is told once.

use paidup_lifecycle::{
    DisputeStatus, EndReason, Fact, History, Settings, Status, SubscriptionStatus, Transition,
    reduce, transitions,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::story::{DAY, START, Story, item, terms};

#[derive(Debug, Clone)]
enum Step {
    Renew { paid: bool },
    Pay,
    Refund(u64),
    RefundObject { amount: u64, failed: bool },
    Dispute { bill: usize, status: DisputeStatus },
    Seats(u64),
    CancelAtPeriodEnd,
    Status(SubscriptionStatus),
    End(EndReason),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|paid| Step::Renew { paid }),
        3 => Just(Step::Pay),
        2 => prop_oneof![Just(0), Just(1450), Just(2900)].prop_map(Step::Refund),
        1 => (0_u64..3000, any::<bool>())
            .prop_map(|(amount, failed)| Step::RefundObject { amount, failed }),
        1 => (1_usize..4, prop_oneof![
            Just(DisputeStatus::Inquiry),
            Just(DisputeStatus::Open),
            Just(DisputeStatus::Dropped),
            Just(DisputeStatus::Won),
            Just(DisputeStatus::Lost),
        ])
        .prop_map(|(bill, status)| Step::Dispute { bill, status }),
        1 => (1_u64..20).prop_map(Step::Seats),
        1 => Just(Step::CancelAtPeriodEnd),
        1 => prop_oneof![
            Just(SubscriptionStatus::Paused),
            Just(SubscriptionStatus::Unpaid),
            Just(SubscriptionStatus::Unknown),
            Just(SubscriptionStatus::Active),
        ]
        .prop_map(Step::Status),
        1 => prop_oneof![Just(EndReason::Requested), Just(EndReason::PaymentFailed)]
            .prop_map(Step::End),
    ]
}

fn life() -> impl Strategy<Value = Story> {
    prop::collection::vec(step(), 0..12).prop_map(|steps| {
        let mut story = Story::bought();
        for step in steps {
            match step {
                Step::Renew { paid } => story.renew(paid),
                Step::Pay => story.pay(),
                Step::Refund(amount) => story.refund(amount),
                Step::RefundObject { amount, failed } => {
                    story.refund_object("re_1", amount, failed);
                }
                Step::Dispute { bill, status } => story.dispute(bill, status),
                Step::Seats(quantity) => story.seats(quantity),
                Step::CancelAtPeriodEnd => story.cancel_at_period_end(),
                Step::Status(status) => story.set_status(status),
                Step::End(reason) => {
                    story.end(reason);
                    break;
                }
            }
        }
        story
    })
}

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.facts).finish()
    }
}

/// The facts in any order, some of them more than once.
pub(crate) fn retold(facts: &[Fact], order: &[Index], again: &[Index]) -> Vec<Fact> {
    let mut left = facts.to_vec();
    let mut told: Vec<Fact> = Vec::new();
    for index in order {
        if left.is_empty() {
            break;
        }
        told.push(left.swap_remove(index.index(left.len())));
    }
    told.append(&mut left);
    for index in again {
        let fact = index.get(facts).clone();
        told.insert(index.index(told.len() + 1), fact);
    }
    told
}

/// So many histories, or as many as a longer run asks for.
#[expect(
    clippy::disallowed_methods,
    reason = "a library has no settings, and proptest's own variable is the customary one"
)]
pub(crate) fn cases(usual: u32) -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|it| it.parse().ok()).unwrap_or(usual)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    #[test]
    fn any_order_and_any_repetition_give_the_same_license(
        story in life(),
        order in prop::collection::vec(any::<Index>(), 0..64),
        again in prop::collection::vec(any::<Index>(), 0..16),
    ) {
        let told: History = story.facts.iter().cloned().collect();
        let retold: History = retold(&story.facts, &order, &again).into_iter().collect();
        prop_assert_eq!(&told, &retold);
        let settings = Settings::default();
        prop_assert_eq!(
            reduce(&told, &item(), &terms(), &settings),
            reduce(&retold, &item(), &terms(), &settings)
        );
    }

    #[test]
    fn a_history_told_in_two_parts_is_the_same_history(story in life(), cut in any::<Index>()) {
        let whole: History = story.facts.iter().cloned().collect();
        let (first, second) = story.facts.split_at(cut.index(story.facts.len() + 1));
        let second: History = second.iter().cloned().collect();
        let mut joined: History = first.iter().cloned().collect();
        joined.extend(second.facts().cloned());
        prop_assert_eq!(whole, joined);
    }

    #[test]
    fn time_changes_an_answer_exactly_when_it_was_said_to(story in life(), ahead in 0..60 * DAY) {
        let history: History = story.facts.iter().cloned().collect();
        let state = reduce(&history, &item(), &terms(), &Settings::default());
        let now = START.plus(ahead);
        match state.next_change(now) {
            Some(change) => {
                prop_assert!(change > now);
                prop_assert_eq!(state.at(now), state.at(change.plus(-1)));
                prop_assert_ne!(state.at(now), state.at(change));
            }
            None => prop_assert_eq!(state.at(now), state.at(now.plus(1_000 * DAY))),
        }
    }

    #[test]
    fn nobody_keeps_a_license_beyond_its_end_and_grace(story in life()) {
        let history: History = story.facts.iter().cloned().collect();
        let state = reduce(&history, &item(), &terms(), &Settings::default());
        if let Some(ended_at) = story.subscription.ended_at {
            prop_assert!(!state.at(ended_at.plus(terms().grace)).usable());
        }
    }

    #[test]
    fn each_change_is_told_once_and_the_last_word_is_true(
        story in life(),
        order in prop::collection::vec(any::<Index>(), 0..64),
        again in prop::collection::vec(any::<Index>(), 0..16),
    ) {
        let mut history = History::default();
        let mut told = None;
        let mut status = None;
        let mut created = 0;
        let now = story.now;
        let mut last = None;
        for fact in retold(&story.facts, &order, &again) {
            history.learn(fact);
            let state = reduce(&history, &item(), &terms(), &Settings::default());
            if !state.is_provisioned() && last.is_none() {
                continue;
            }
            let condition = state.at(now);
            for transition in transitions(told.as_ref(), &condition) {
                match transition {
                    Transition::Created => {
                        created += 1;
                        prop_assert!(status.is_none());
                        prop_assert_ne!(condition.status, Status::Revoked);
                        status = Some(Status::Active);
                    }
                    Transition::Suspended => {
                        prop_assert_ne!(status.replace(Status::Suspended), Some(Status::Suspended));
                    }
                    Transition::Reinstated => {
                        prop_assert_ne!(status.replace(Status::Active), Some(Status::Active));
                    }
                    Transition::Revoked => {
                        prop_assert_ne!(status.replace(Status::Revoked), Some(Status::Revoked));
                    }
                    _ => prop_assert!(status.is_some()),
                }
                told = Some(condition.clone());
            }
            if told.is_some() {
                told = Some(condition.clone());
            }
            last = Some(condition);
        }
        prop_assert!(created <= 1);
        if let (Some(status), Some(last)) = (status, last) {
            prop_assert_eq!(status, last.status);
        }
    }
}
