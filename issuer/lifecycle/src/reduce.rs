//! Decides how a purchase stands: the facts about one item, reduced to a state.
//!
//! Highest first: lost or refunded · ended · not paid · paid or in trial.

use std::collections::BTreeSet;

use crate::coverage::{Bills, Scope};
use crate::ledger::{Ledger, Money};
use crate::standing::Standing;
use crate::timeline::Timeline;
use crate::{
    Checkout, CheckoutPayment, End, Flag, History, Invoice, InvoiceStatus, Item, ItemOrigin,
    LicenseState, Phase, Purchase, PurchaseKey, Reason, Settings, Subscription, SubscriptionItem,
    SubscriptionStatus, Terms, Timestamp,
};

/// Reduces the history of one item to the state of its license, whatever its prices are
/// mapped to. Total: facts that are missing leave the purchase [`Phase::Pending`].
#[must_use]
pub fn reduce(history: &History, item: &Item, terms: &Terms, settings: &Settings) -> LicenseState {
    let ledger = Ledger::of(history);
    let case = Case {
        history,
        ledger: &ledger,
        settings,
    };
    case.decide(&whole(history, item, terms))
}

/// As [`reduce`], for a license whose purchase has made way for another one of the same item:
/// it ended when the item got its last price, if not before.
#[must_use]
pub fn reduce_replaced(
    history: &History,
    item: &Item,
    terms: &Terms,
    settings: &Settings,
) -> LicenseState {
    let ledger = Ledger::of(history);
    let case = Case {
        history,
        ledger: &ledger,
        settings,
    };
    let mut purchase = whole(history, item, terms);
    let timeline = item
        .subscription()
        .and_then(|id| history.subscription(id))
        .map(|subscription| Timeline::of(history, subscription));
    let segments = timeline
        .as_ref()
        .and_then(|it| it.items.get(item.id.as_str()));
    let last = segments.and_then(|segments| segments.last());
    purchase.ended = purchase.ended.or(last.map(|last| End {
        at: last.from.at.unwrap_or_default(),
        inferred: true,
        status: last.from.status,
    }));
    case.decide(&purchase)
}

/// An item from its first price to its last, as one purchase.
fn whole<'a>(history: &'a History, item: &Item, terms: &'a Terms) -> Purchase<'a> {
    let subscription = item.subscription().and_then(|id| history.subscription(id));
    let timeline = subscription.map(|it| Timeline::of(history, it));
    let segments = timeline
        .as_ref()
        .and_then(|it| it.items.get(item.id.as_str()))
        .map_or(&[][..], Vec::as_slice);
    let (first, last) = (segments.first(), segments.last());
    let until = last.and_then(|it| it.until);
    Purchase {
        key: PurchaseKey {
            item: item.clone(),
            product: terms.product.clone(),
            turn: 1,
        },
        terms,
        price: last.map_or("", |it| it.price),
        quantity: last.map_or_else(|| quantity(history, item), |it| it.quantity),
        customer: subscription.and_then(|it| it.customer.as_deref()),
        started_at: first.and_then(|it| it.from.at),
        ended: until.map(|moment| End {
            at: moment.at.unwrap_or_default(),
            inferred: moment.inferred,
            status: moment.status,
        }),
        unmapped: false,
        earlier: Vec::new(),
        replaces: Vec::new(),
        joined: timeline.is_some_and(|it| it.joined_later(&item.id)),
    }
}

fn quantity(history: &History, item: &Item) -> u64 {
    let lines = history.lines_of(item.origin_id()).map(|it| &it.lines);
    let sold = lines.and_then(|lines| lines.iter().find(|line| line.id == item.id));
    let billed = || {
        let invoice = history.invoice(item.origin_id())?;
        let line = |it: &&crate::InvoiceLine| it.id.as_ref() == Some(&item.id);
        invoice.lines.iter().find(line).map(|line| line.quantity)
    };
    sold.map(|line| line.quantity).or_else(billed).unwrap_or(1)
}

/// What a decision is based on.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) history: &'a History,
    pub(crate) ledger: &'a Ledger<'a>,
    pub(crate) settings: &'a Settings,
}

impl<'a> Case<'a> {
    pub(crate) fn decide(self, purchase: &Purchase<'_>) -> LicenseState {
        let origin = purchase.key.item.origin_id();
        let decided = match &purchase.key.item.origin {
            ItemOrigin::Subscription(id) => {
                let subscription = self.history.subscription(id);
                subscription.map(|it| self.recurring(it, purchase))
            }
            ItemOrigin::Checkout(id) => {
                let checkout = self.history.checkout(id);
                checkout.map(|it| self.checked_out(it, purchase))
            }
            ItemOrigin::Invoice(_) => {
                let invoice = self.history.invoice(origin);
                invoice.map(|it| self.invoiced(it, purchase))
            }
        };
        let mut state = decided.unwrap_or_else(|| LicenseState::new(purchase, Phase::Pending));
        if purchase.unmapped {
            state.flags.insert(Flag::UnmappedPrice);
        }
        if purchase.ended.is_some_and(|end| end.inferred) {
            state.flags.insert(Flag::MomentInferred);
        }
        state
    }

    fn recurring(self, subscription: &'a Subscription, purchase: &Purchase<'_>) -> LicenseState {
        let item = &purchase.key.item.id;
        let bills = self.bills(subscription, purchase);
        let sold = subscription.items.iter().find(|it| it.id == *item);
        let sold = sold.filter(|_| purchase.ended.is_none());
        let decision = match purchase.ended {
            Some(end) => self.left(subscription, purchase, &bills, end),
            None => self.phase(subscription, purchase, sold, &bills),
        };
        let mut flags = flags(&bills, self.ledger, self.settings);
        if decision.inferred {
            flags.insert(Flag::StandingInferred);
        }
        let ended_at = purchase.ended.map(|end| end.at).or(subscription.ended_at);
        LicenseState {
            seats: sold.map_or(purchase.quantity, |it| it.quantity),
            paid_until: bills.paid_until(),
            paid_at: bills.paid_at(),
            over_since: over_since(&decision.phase, ended_at),
            flags,
            ..LicenseState::new(purchase, decision.phase)
        }
    }

    fn bills(self, subscription: &'a Subscription, purchase: &Purchase<'_>) -> Bills<'a> {
        let item = &purchase.key.item.id;
        let timeline = Timeline::of(self.history, subscription);
        let segments = timeline.items.get(item.as_str());
        let scope = Scope {
            subscription,
            item,
            replaces: &purchase.replaces,
            prices: segments.into_iter().flatten().map(|it| it.price).collect(),
            known: timeline.items.keys().copied().collect(),
            joined: purchase.joined,
            from: purchase.started_at.filter(|_| purchase.joined),
            until: purchase.ended.map(|end| end.at),
            earlier: &purchase.earlier,
        };
        Bills::of(self.ledger, &scope)
    }

    /// When a recurring purchase ended, and when its money was first disputed, where that
    /// came later: what has carried its license on by then goes on doing so.
    pub(crate) fn end_before_dispute(
        self,
        purchase: &Purchase<'_>,
    ) -> Option<(Timestamp, Timestamp)> {
        if !self.ledger.knows_disputes() {
            return None;
        }
        let subscription = self
            .history
            .subscription(purchase.key.item.subscription()?)?;
        let ended_at = purchase.ended.map(|end| end.at).or(subscription.ended_at)?;
        let disputed_at = self
            .bills(subscription, purchase)
            .disputed_at(self.ledger)?;
        (disputed_at >= ended_at).then_some((ended_at, disputed_at))
    }

    fn phase(
        self,
        subscription: &Subscription,
        purchase: &Purchase<'_>,
        item: Option<&SubscriptionItem>,
        bills: &Bills<'_>,
    ) -> Decision {
        let money = bills.current(self.ledger, item, self.settings);
        if let Some(reason) = taken_back(money) {
            return Phase::Revoked { reason }.into();
        }
        let terms = purchase.terms;
        let phase = match subscription.status {
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
                if self.awaits_first_payment(subscription, purchase, bills) =>
            {
                Phase::Pending
            }
            SubscriptionStatus::Active => active(subscription, item, terms),
            SubscriptionStatus::PastDue if bills.only_others_unpaid() => {
                active(subscription, item, terms)
            }
            SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => Phase::Unpaid {
                reason: Reason::PaymentFailed,
                grace_ends_at: payment_grace(bills, terms),
            },
            SubscriptionStatus::Paused => Phase::Unpaid {
                reason: Reason::Paused,
                grace_ends_at: None,
            },
            SubscriptionStatus::Canceled => {
                let ended_at = subscription.ended_at.unwrap_or_default();
                let standing = || Standing::at_end(self.history, subscription, bills, ended_at);
                return ended(subscription, purchase, bills, money, ended_at, standing);
            }
        };
        phase.into()
    }

    /// An item that was removed or moved while its subscription went on.
    fn left(
        self,
        subscription: &Subscription,
        purchase: &Purchase<'_>,
        bills: &Bills<'_>,
        end: End,
    ) -> Decision {
        let money = bills.current(self.ledger, None, self.settings);
        if let Some(reason) = taken_back(money) {
            return Phase::Revoked { reason }.into();
        }
        match subscription.status {
            SubscriptionStatus::Unknown | SubscriptionStatus::Incomplete => Phase::Pending.into(),
            SubscriptionStatus::IncompleteExpired => Phase::Lapsed.into(),
            _ => {
                let standing = || Standing::at_removal(end.status, bills, end.at);
                ended(subscription, purchase, bills, money, end.at, standing)
            }
        }
    }

    /// "Active" can also mean that a delayed payment is still on its way, and "past due"
    /// that it never came: then the checkout says so, or the only invoices there are have
    /// not been paid. An item that joins later has the standing of the others from the
    /// first moment on.
    fn awaits_first_payment(
        self,
        subscription: &Subscription,
        purchase: &Purchase<'_>,
        bills: &Bills<'_>,
    ) -> bool {
        if subscription.invoiced || bills.any_paid() || purchase.joined {
            return false;
        }
        let unsettled = self
            .history
            .checkout_of(&subscription.id)
            .map(|checkout| checkout.payment_status != CheckoutPayment::Settled);
        unsettled.unwrap_or_else(|| bills.any_open())
    }

    fn checked_out(self, checkout: &'a Checkout, purchase: &Purchase<'_>) -> LicenseState {
        let money = self.ledger.behind_checkout(checkout, self.settings);
        let settled = checkout.payment_status == CheckoutPayment::Settled;
        let refunds = || self.ledger.last_refund(&self.ledger.charges_of(checkout));
        single(purchase, settled, money, refunds)
    }

    fn invoiced(self, invoice: &'a Invoice, purchase: &Purchase<'_>) -> LicenseState {
        let money = self.ledger.behind_invoice(invoice, self.settings);
        let settled = invoice.status == InvoiceStatus::Paid;
        let refunds = || {
            self.ledger
                .last_refund(&self.ledger.charges_behind(&invoice.id))
        };
        single(purchase, settled, money, refunds)
    }
}

/// A phase, and whether it was inferred how the purchase stood at its end.
struct Decision {
    phase: Phase,
    inferred: bool,
}

impl From<Phase> for Decision {
    fn from(phase: Phase) -> Self {
        Self {
            phase,
            inferred: false,
        }
    }
}

fn active(subscription: &Subscription, item: Option<&SubscriptionItem>, terms: &Terms) -> Phase {
    let period_end = item.and_then(|it| it.period_end);
    let at_period_end = period_end.filter(|_| subscription.cancel_at_period_end);
    let ends_at = subscription.cancel_at.or(at_period_end);
    Phase::Active {
        renews_at: period_end.filter(|_| ends_at.is_none()),
        ends_at,
        ends_by: ends_at.map(|at| at.plus(terms.grace)),
    }
}

fn ended(
    subscription: &Subscription,
    purchase: &Purchase<'_>,
    bills: &Bills<'_>,
    money: Money,
    ended_at: Timestamp,
    standing: impl FnOnce() -> Standing,
) -> Decision {
    let terms = purchase.terms;
    let revoked_at = ended_at.plus(terms.grace);
    if !bills.ever_paid(subscription.trial_end, Some(ended_at)) {
        // What joined has been sold, though nothing was paid for it.
        let phase = match subscription.trial_end.is_some() || purchase.joined {
            true => Phase::Ended {
                grace_ends_at: ended_at,
            },
            false => Phase::Lapsed,
        };
        return phase.into();
    }
    if money == Money::Disputed {
        return Phase::EndedUnpaid {
            reason: Reason::Disputed,
            payment_grace_ends_at: None,
            revoked_at,
        }
        .into();
    }
    let standing = standing();
    let phase = match standing.suspended {
        None => Phase::Ended {
            grace_ends_at: revoked_at,
        },
        Some(reason) => {
            let payment_grace_ends_at = match reason {
                Reason::PaymentFailed => payment_grace(bills, terms),
                _ => None,
            };
            // An end within the payment grace has no other one after it.
            let within = payment_grace_ends_at.filter(|ends_at| *ends_at > ended_at);
            Phase::EndedUnpaid {
                reason,
                payment_grace_ends_at,
                revoked_at: within.unwrap_or(revoked_at),
            }
        }
    };
    Decision {
        phase,
        inferred: standing.inferred,
    }
}

fn payment_grace(bills: &Bills<'_>, terms: &Terms) -> Option<Timestamp> {
    let since = bills.unpaid_since().filter(|_| terms.payment_grace > 0);
    since.map(|since| since.plus(terms.payment_grace))
}

fn single(
    purchase: &Purchase<'_>,
    settled: bool,
    money: Money,
    last_refund: impl FnOnce() -> Option<Timestamp>,
) -> LicenseState {
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
    LicenseState {
        over_since: if refunded { last_refund() } else { None },
        ..LicenseState::new(purchase, phase)
    }
}

/// An end that was lost in a dispute, or may yet be, is nothing to build on.
fn over_since(phase: &Phase, ended_at: Option<Timestamp>) -> Option<Timestamp> {
    match phase {
        Phase::Lapsed | Phase::Ended { .. } => ended_at,
        Phase::EndedUnpaid { reason, .. } | Phase::Revoked { reason } => {
            ended_at.filter(|_| *reason != Reason::Disputed)
        }
        Phase::Pending | Phase::Active { .. } | Phase::Unpaid { .. } => None,
    }
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
    let mut flags: BTreeSet<Flag> = lost.iter().filter_map(flag).collect();
    if bills.correction_refunded(ledger, settings) {
        flags.insert(Flag::ProrationRefunded);
    }
    flags
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
