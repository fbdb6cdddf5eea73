//! Decides where a purchase stands: the facts about one item, reduced to a state.
//!
//! Highest first: lost or refunded · ended · not paid · paid or in trial.

use std::collections::BTreeSet;

use crate::coverage::Bills;
use crate::ledger::{Ledger, Money};
use crate::{
    Checkout, CheckoutPayment, EndReason, Flag, History, Item, ItemOrigin, LicenseState, Phase,
    Reason, Settings, Subscription, SubscriptionItem, SubscriptionStatus, Terms, Timestamp,
};

/// Reduces the history of one item to the state of its license. Total: facts
/// that are missing leave the purchase [`Phase::Pending`].
#[must_use]
pub fn reduce(history: &History, item: &Item, terms: &Terms, settings: &Settings) -> LicenseState {
    let ledger = Ledger::of(history);
    let case = Case {
        history,
        ledger: &ledger,
        terms,
        settings,
    };
    case.decide(item)
}

/// What a decision is based on.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) history: &'a History,
    pub(crate) ledger: &'a Ledger<'a>,
    pub(crate) terms: &'a Terms,
    pub(crate) settings: &'a Settings,
}

impl<'a> Case<'a> {
    pub(crate) fn decide(self, item: &Item) -> LicenseState {
        let decided = match &item.origin {
            ItemOrigin::Subscription(id) => {
                let subscription = self.history.subscription(id);
                subscription.map(|it| self.recurring(it, &item.id))
            }
            ItemOrigin::Checkout(id) => {
                let checkout = self.history.checkout(id);
                checkout.map(|it| self.single(it, &item.id))
            }
        };
        decided.unwrap_or_else(|| LicenseState {
            policy: self.terms.policy.clone(),
            seats: 1,
            paid_until: None,
            phase: Phase::Pending,
            over_since: None,
            flags: BTreeSet::new(),
        })
    }

    fn recurring(self, subscription: &'a Subscription, item: &str) -> LicenseState {
        let bills = Bills::of(self.ledger, subscription, item);
        let bought = subscription.items.iter().find(|it| it.id == item);
        let phase = match bought {
            None => Phase::Revoked {
                reason: Reason::Canceled,
            },
            Some(item) => self.phase(subscription, item, &bills),
        };
        LicenseState {
            policy: self.terms.policy.clone(),
            seats: bought.map_or(1, |it| it.quantity),
            paid_until: bills.paid_until(),
            over_since: over_since(&phase, subscription),
            phase,
            flags: flags(&bills, self.ledger, self.settings),
        }
    }

    fn phase(
        self,
        subscription: &Subscription,
        item: &SubscriptionItem,
        bills: &Bills<'_>,
    ) -> Phase {
        let Self {
            history,
            ledger,
            terms,
            settings,
        } = self;
        let money = bills.current(ledger, item, settings);
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
            SubscriptionStatus::Trialing => {
                let ends_at = trial_end(subscription);
                Phase::Active {
                    renews_at: subscription.trial_end.filter(|_| ends_at.is_none()),
                    ends_at,
                    ends_by: ends_at,
                }
            }
            SubscriptionStatus::Active
            | SubscriptionStatus::PastDue
            | SubscriptionStatus::Unpaid
                if awaits_first_payment(history, subscription, bills) =>
            {
                Phase::Pending
            }
            SubscriptionStatus::Active => {
                let ends_at = subscription.cancel_at.or_else(|| {
                    item.period_end
                        .filter(|_| subscription.cancel_at_period_end)
                });
                Phase::Active {
                    renews_at: item.period_end.filter(|_| ends_at.is_none()),
                    ends_at,
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
                } else if let Some(reason) = suspended_by(history, subscription, bills) {
                    Phase::EndedUnpaid {
                        reason,
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

    fn single(self, checkout: &'a Checkout, item: &str) -> LicenseState {
        let money = self.ledger.behind_checkout(checkout, self.settings);
        let settled = checkout.payment_status == CheckoutPayment::Settled;
        let phase = match (taken_back(money), money) {
            _ if !settled => Phase::Pending,
            (Some(reason), _) => Phase::Revoked { reason },
            (None, Money::Disputed) => Phase::Unpaid {
                reason: Reason::Disputed,
                grace_ends_at: None,
            },
            (None, _) => Phase::Active {
                renews_at: None,
                ends_at: None,
                ends_by: None,
            },
        };
        let refunded = phase
            == Phase::Revoked {
                reason: Reason::Refunded,
            };
        let lines = self.history.lines_of(&checkout.id);
        LicenseState {
            policy: self.terms.policy.clone(),
            seats: lines
                .and_then(|it| it.lines.iter().find(|it| it.id == item))
                .map_or(1, |it| it.quantity),
            paid_until: None,
            over_since: refunded
                .then(|| refunded_at(self.ledger, checkout))
                .flatten(),
            phase,
            flags: BTreeSet::new(),
        }
    }
}

/// An end that was lost in a dispute, or may yet be, is nothing to build on.
fn over_since(phase: &Phase, subscription: &Subscription) -> Option<Timestamp> {
    let ended_at = subscription.ended_at;
    match phase {
        Phase::Lapsed | Phase::Ended { .. } => ended_at,
        Phase::EndedUnpaid { reason, .. } | Phase::Revoked { reason } => {
            ended_at.filter(|_| *reason != Reason::Disputed)
        }
        Phase::Pending | Phase::Active { .. } | Phase::Unpaid { .. } => None,
    }
}

/// Why a subscription that ended was suspended by then, if it was. A bill that is
/// withdrawn afterwards does not bring it back.
fn suspended_by(
    history: &History,
    subscription: &Subscription,
    bills: &Bills<'_>,
) -> Option<Reason> {
    let unpaid =
        subscription.end_reason == Some(EndReason::PaymentFailed) || bills.unpaid_since().is_some();
    match history.last_alive(&subscription.id) {
        _ if unpaid => Some(Reason::PaymentFailed),
        Some(SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid)
            if bills.latest_withdrawn() =>
        {
            Some(Reason::PaymentFailed)
        }
        Some(SubscriptionStatus::Paused) => Some(Reason::Paused),
        _ => None,
    }
}

/// When the last refund of a single purchase was made, where that is known.
fn refunded_at(ledger: &Ledger<'_>, checkout: &Checkout) -> Option<Timestamp> {
    let charges = ledger.charges_of(checkout);
    let refunds = charges.iter().flat_map(|it| ledger.refunds_of(it));
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

fn flags(bills: &Bills<'_>, ledger: &Ledger<'_>, settings: &Settings) -> BTreeSet<Flag> {
    let lost = bills.lost_an_old_period(ledger, settings);
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
    let trial_end = subscription.trial_end.filter(|_| over);
    [subscription.cancel_at, trial_end]
        .into_iter()
        .flatten()
        .min()
}

/// "Active" can also mean that a delayed payment is still on its way, and "past due"
/// that it never came: then the checkout says so, or the only invoices there are have
/// not been paid.
fn awaits_first_payment(history: &History, subscription: &Subscription, bills: &Bills<'_>) -> bool {
    if subscription.invoiced || bills.paid_until().is_some() {
        return false;
    }
    let unsettled = history
        .checkout_of(&subscription.id)
        .map(|checkout| checkout.payment_status != CheckoutPayment::Settled);
    unsettled.unwrap_or_else(|| bills.any_open())
}
