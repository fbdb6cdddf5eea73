//! Decides where a purchase stands: the facts about one item, reduced to a state.
//!
//! Highest first: refunded · ended · not paid · paid or in trial.

use crate::{
    CheckoutPayment, EndReason, History, Invoice, InvoiceStatus, Item, ItemOrigin, LicenseState,
    Period, Phase, Reason, RefundRule, Settings, Subscription, SubscriptionStatus, Terms,
    Timestamp,
};

/// Reduces the history of one item to the state of its license. Total: facts
/// that are missing leave the purchase [`Phase::Pending`].
#[must_use]
pub fn reduce(history: &History, item: &Item, terms: &Terms, settings: &Settings) -> LicenseState {
    match &item.origin {
        ItemOrigin::Subscription(id) => {
            let bills = Bills::of(history, id, &item.id);
            LicenseState {
                policy: terms.policy.clone(),
                seats: history
                    .subscription(id)
                    .and_then(|it| it.items.iter().find(|it| it.id == item.id))
                    .map_or(1, |it| it.quantity),
                paid_until: bills.latest_paid().map(|(_, period)| period.end),
                phase: recurring(history, id, &item.id, &bills, terms, settings),
            }
        }
        ItemOrigin::Checkout(id) => LicenseState {
            policy: terms.policy.clone(),
            seats: history
                .lines_of(id)
                .and_then(|it| it.lines.iter().find(|it| it.id == item.id))
                .map_or(1, |it| it.quantity),
            paid_until: None,
            phase: single(history, id, settings),
        },
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
    if bills.refunded(history, settings) {
        return Phase::Revoked {
            reason: Reason::Refunded,
        };
    }
    let payment_grace_ends_at = bills
        .unpaid_since()
        .filter(|_| terms.payment_grace > 0)
        .map(|since| since.plus(terms.payment_grace));
    match subscription.status {
        SubscriptionStatus::Unknown | SubscriptionStatus::Incomplete => Phase::Pending,
        SubscriptionStatus::IncompleteExpired => Phase::Lapsed,
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
            } else if subscription.end_reason == Some(EndReason::PaymentFailed)
                || bills.unpaid_since().is_some()
            {
                Phase::EndedUnpaid {
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

fn single(history: &History, checkout: &str, settings: &Settings) -> Phase {
    let Some(checkout) = history.checkout(checkout) else {
        return Phase::Pending;
    };
    if checkout.payment_status != CheckoutPayment::Settled {
        return Phase::Pending;
    }
    let paid_by_this = |payment: &str| {
        checkout.payment.as_deref() == Some(payment)
            || history.settlements().any(|it| {
                Some(it.invoice.as_str()) == checkout.invoice.as_deref() && it.payment == payment
            })
    };
    let refunded = settings.refund != RefundRule::Never
        && is_refunded(
            history
                .charges()
                .filter(|it| it.payment.as_deref().is_some_and(paid_by_this)),
            settings,
        );
    if refunded {
        Phase::Revoked {
            reason: Reason::Refunded,
        }
    } else {
        Phase::Active {
            renews_at: None,
            ends_by: None,
        }
    }
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
    if subscription.invoiced || bills.latest_paid().is_some() {
        return false;
    }
    let unsettled = history
        .checkout_of(&subscription.id)
        .map(|checkout| checkout.payment_status != CheckoutPayment::Settled);
    unsettled.unwrap_or_else(|| bills.any_open())
}

/// The invoices of one subscription, as far as they bill one of its items.
struct Bills<'a> {
    billed: Vec<(&'a Invoice, Period)>,
}

impl<'a> Bills<'a> {
    fn of(history: &'a History, subscription: &'a str, item: &str) -> Self {
        let mut billed: Vec<_> = history
            .invoices_of(subscription)
            .filter_map(|invoice| Some((invoice, coverage(invoice, item)?)))
            .collect();
        billed.sort_by(|(a, a_period), (b, b_period)| (a_period, &a.id).cmp(&(b_period, &b.id)));
        Self { billed }
    }

    fn latest_paid(&self) -> Option<(&'a Invoice, Period)> {
        self.billed
            .iter()
            .rev()
            .find(|(it, _)| it.status == InvoiceStatus::Paid)
            .copied()
    }

    fn any_open(&self) -> bool {
        self.billed
            .iter()
            .any(|(it, _)| it.status == InvoiceStatus::Open)
    }

    /// Since when the latest invoice has been waiting for its payment.
    fn unpaid_since(&self) -> Option<Timestamp> {
        let (latest, _) = self
            .billed
            .iter()
            .rev()
            .find(|(it, _)| it.status != InvoiceStatus::Draft)?;
        match latest.status {
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {
                latest.due_date.or(latest.finalized_at)
            }
            InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Paid => None,
        }
    }

    /// Something other than a trial's zero invoice was paid, or covered by a coupon.
    fn ever_paid(&self, subscription: &Subscription) -> bool {
        let in_trial = |period: Period| subscription.trial_end.is_some_and(|end| period.end <= end);
        let mut paid = self
            .billed
            .iter()
            .filter(|(it, _)| it.status == InvoiceStatus::Paid)
            .peekable();
        if paid.peek().is_none() && self.billed.is_empty() {
            // Without any invoice to look at, outliving the trial is the evidence.
            return subscription
                .trial_end
                .is_none_or(|end| subscription.ended_at > Some(end));
        }
        paid.any(|(it, period)| it.total > 0 || !in_trial(*period))
    }

    fn refunded(&self, history: &History, settings: &Settings) -> bool {
        let refunded = |invoice: &Invoice| {
            let settles = |id: &str| {
                history
                    .settlements()
                    .any(|it| it.invoice == invoice.id && it.payment == id)
            };
            let charges = history.charges().filter(|charge| {
                charge.invoice.as_deref() == Some(&invoice.id)
                    || charge.payment.as_deref().is_some_and(settles)
                    || settles(&charge.id)
            });
            is_refunded(charges, settings)
        };
        match settings.refund {
            RefundRule::Never => false,
            RefundRule::Current => self.latest_paid().is_some_and(|(it, _)| refunded(it)),
            RefundRule::Any => self.billed.iter().any(|(it, _)| refunded(it)),
        }
    }
}

/// The period for which an invoice bills an item, corrections apart. An invoice
/// whose lines name no item bills them all.
fn coverage(invoice: &Invoice, item: &str) -> Option<Period> {
    let names_items = invoice.lines.iter().any(|line| line.item.is_some());
    if invoice.lines.is_empty() {
        return Some(Period::default());
    }
    invoice
        .lines
        .iter()
        .filter(|line| !line.proration)
        .filter(|line| !names_items || line.item.as_deref() == Some(item))
        .map(|line| line.period)
        .max_by_key(|period| period.end)
}

fn is_refunded<'a>(charges: impl Iterator<Item = &'a crate::Charge>, settings: &Settings) -> bool {
    let (amount, refunded) = charges.fold((0_u128, 0_u128), |(amount, refunded), charge| {
        (
            amount + u128::from(charge.amount),
            refunded + u128::from(charge.amount_refunded),
        )
    });
    refunded > 0 && refunded * 1_000_000 >= amount * u128::from(settings.refund_threshold)
}
