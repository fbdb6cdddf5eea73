//! Decides where a purchase stands: the facts about one item, reduced to a state.
//!
//! Highest first: lost or refunded · ended · not paid · paid or in trial.

use std::collections::BTreeSet;

use crate::coverage::{Bills, Money, money};
use crate::{
    CheckoutPayment, EndReason, Flag, History, Item, ItemOrigin, LicenseState, Phase, Reason,
    Settings, Subscription, SubscriptionStatus, Terms, Timestamp,
};

/// Reduces the history of one item to the state of its license. Total: facts
/// that are missing leave the purchase [`Phase::Pending`].
#[must_use]
pub fn reduce(history: &History, item: &Item, terms: &Terms, settings: &Settings) -> LicenseState {
    match &item.origin {
        ItemOrigin::Subscription(id) => {
            let bills = Bills::of(history, id, &item.id);
            let phase = recurring(history, id, &item.id, &bills, terms, settings);
            LicenseState {
                policy: terms.policy.clone(),
                seats: history
                    .subscription(id)
                    .and_then(|it| it.items.iter().find(|it| it.id == item.id))
                    .map_or(1, |it| it.quantity),
                paid_until: bills.paid_until(),
                over_since: over_since(&phase, history.subscription(id)),
                phase,
                flags: flags(&bills, history, settings),
            }
        }
        ItemOrigin::Checkout(id) => {
            let phase = single(history, id, settings);
            LicenseState {
                policy: terms.policy.clone(),
                seats: history
                    .lines_of(id)
                    .and_then(|it| it.lines.iter().find(|it| it.id == item.id))
                    .map_or(1, |it| it.quantity),
                paid_until: None,
                over_since: match phase {
                    Phase::Revoked {
                        reason: Reason::Refunded,
                    } => refunded_at(history, id),
                    _ => None,
                },
                phase,
                flags: BTreeSet::new(),
            }
        }
    }
}

fn recurring(
    history: &History,
    id: &str,
    item: &str,
    bills: &Bills<'_>,
    terms: &Terms,
    settings: &Settings,
) -> Phase {
    let Some(subscription) = history.subscription(id) else {
        return Phase::Pending;
    };
    let Some(item) = subscription.items.iter().find(|it| it.id == item) else {
        return Phase::Revoked {
            reason: Reason::Canceled,
        };
    };
    let money = bills.current(history, item, settings);
    if let Some(reason) = taken_back(money) {
        return Phase::Revoked { reason };
    }
    let payment_grace_ends_at = bills
        .unpaid_since()
        .filter(|_| terms.payment_grace > 0)
        .map(|since| since.plus(terms.payment_grace));
    match subscription.status {
        SubscriptionStatus::Unknown | SubscriptionStatus::Incomplete => Phase::Pending,
        SubscriptionStatus::IncompleteExpired => Phase::Lapsed,
        SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::PastDue
        | SubscriptionStatus::Unpaid
        | SubscriptionStatus::Paused
            if money == Money::Disputed =>
        {
            Phase::Unpaid {
                reason: Reason::Disputed,
                grace_ends_at: None,
            }
        }
        SubscriptionStatus::Trialing => Phase::Active {
            renews_at: subscription.trial_end,
            ends_by: trial_end(subscription),
        },
        SubscriptionStatus::Active if awaits_first_payment(history, subscription, bills) => {
            Phase::Pending
        }
        SubscriptionStatus::Active => {
            let ends_at = subscription.cancel_at.or_else(|| {
                item.period_end
                    .filter(|_| subscription.cancel_at_period_end)
            });
            Phase::Active {
                renews_at: item.period_end.filter(|_| ends_at.is_none()),
                ends_by: ends_at.map(|at| at.plus(terms.grace)),
            }
        }
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => Phase::Unpaid {
            reason: Reason::PaymentFailed,
            grace_ends_at: payment_grace_ends_at,
        },
        SubscriptionStatus::Paused => Phase::Unpaid {
            reason: Reason::Paused,
            grace_ends_at: None,
        },
        SubscriptionStatus::Canceled => {
            let ended_at = subscription.ended_at.unwrap_or_default();
            if !bills.ever_paid(subscription) {
                match subscription.trial_end {
                    Some(_) => Phase::Ended {
                        grace_ends_at: ended_at,
                    },
                    None => Phase::Lapsed,
                }
            } else if money == Money::Disputed {
                Phase::EndedUnpaid {
                    reason: Reason::Disputed,
                    payment_grace_ends_at: None,
                    revoked_at: ended_at.plus(terms.grace),
                }
            } else if subscription.end_reason == Some(EndReason::PaymentFailed)
                || bills.unpaid_since().is_some()
            {
                Phase::EndedUnpaid {
                    reason: Reason::PaymentFailed,
                    payment_grace_ends_at,
                    revoked_at: ended_at.plus(terms.grace),
                }
            } else {
                Phase::Ended {
                    grace_ends_at: ended_at.plus(terms.grace),
                }
            }
        }
    }
}

/// An end that was lost in a dispute, or may yet be, is nothing to build on.
fn over_since(phase: &Phase, subscription: Option<&Subscription>) -> Option<Timestamp> {
    let ended_at = subscription.and_then(|it| it.ended_at);
    match phase {
        Phase::Lapsed | Phase::Ended { .. } => ended_at,
        Phase::EndedUnpaid { reason, .. } | Phase::Revoked { reason } => {
            ended_at.filter(|_| *reason != Reason::Disputed)
        }
        Phase::Pending | Phase::Active { .. } | Phase::Unpaid { .. } => None,
    }
}

fn single(history: &History, checkout: &str, settings: &Settings) -> Phase {
    let Some(checkout) = history.checkout(checkout) else {
        return Phase::Pending;
    };
    if checkout.payment_status != CheckoutPayment::Settled {
        return Phase::Pending;
    }
    let money = money(history, settings, |_, payment| {
        payment.is_some_and(|payment| history.pays_for(payment, checkout))
    });
    match (taken_back(money), money) {
        (Some(reason), _) => Phase::Revoked { reason },
        (None, Money::Disputed) => Phase::Unpaid {
            reason: Reason::Disputed,
            grace_ends_at: None,
        },
        (None, _) => Phase::Active {
            renews_at: None,
            ends_by: None,
        },
    }
}

/// When the last refund of a single purchase was made, where that is known.
fn refunded_at(history: &History, checkout: &str) -> Option<Timestamp> {
    let charges = history.charges_of(history.checkout(checkout)?);
    let refunds = charges.flat_map(|it| history.refunds_of(it));
    refunds
        .filter(|it| !it.failed)
        .filter_map(|it| it.created)
        .max()
}

fn taken_back(money: Money) -> Option<Reason> {
    match money {
        Money::Lost => Some(Reason::Disputed),
        Money::Refunded => Some(Reason::Refunded),
        Money::Disputed | Money::Kept => None,
    }
}

fn flags(bills: &Bills<'_>, history: &History, settings: &Settings) -> BTreeSet<Flag> {
    let lost = bills.lost_an_old_period(history, settings);
    let flag = |money: &Money| match money {
        Money::Lost => Some(Flag::OldDisputeLost),
        Money::Refunded => Some(Flag::OldPeriodRefunded),
        Money::Disputed | Money::Kept => None,
    };
    lost.iter().filter_map(flag).collect()
}

/// The end of a trial that nothing follows: it has no grace.
fn trial_end(subscription: &Subscription) -> Option<Timestamp> {
    let over = subscription.cancel_at_period_end || subscription.trial_ends_without_payment;
    subscription
        .cancel_at
        .or_else(|| subscription.trial_end.filter(|_| over))
}

/// "Active" can also mean that a delayed payment is still on its way: then the
/// checkout says so, or the only invoices there are have not been paid.
fn awaits_first_payment(history: &History, subscription: &Subscription, bills: &Bills<'_>) -> bool {
    if subscription.invoiced || bills.paid_until().is_some() {
        return false;
    }
    let unsettled = history
        .checkout_of(&subscription.id)
        .map(|checkout| checkout.payment_status != CheckoutPayment::Settled);
    unsettled.unwrap_or_else(|| bills.any_open())
}
