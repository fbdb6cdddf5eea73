//! What pays for an item: its invoices, the charges behind them, and whether the
//! money is still the vendor's.

use std::collections::BTreeSet;

use crate::{
    Charge, DisputeStatus, History, Invoice, InvoiceStatus, Period, RefundRule, Settings,
    Subscription, SubscriptionItem, Timestamp,
};

/// Where the money of a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Money {
    /// With the vendor.
    Kept,
    /// Held back while a dispute is open.
    Disputed,
    /// Given back.
    Refunded,
    /// Lost in a dispute.
    Lost,
}

/// The invoices of one subscription, as far as they bill one of its items.
pub(crate) struct Bills<'a> {
    bills: Vec<Bill<'a>>,
}

#[derive(Clone, Copy)]
struct Bill<'a> {
    invoice: &'a Invoice,
    period: Period,
    /// It pays for a period, and does not only correct one.
    regular: bool,
}

impl<'a> Bills<'a> {
    pub(crate) fn of(history: &'a History, subscription: &'a str, item: &str) -> Self {
        let present = history.subscription(subscription);
        let bills_it = |line: &str| {
            // What was billed for an item that this one has replaced, was billed for it.
            let gone = present.is_some_and(|it| it.items.iter().all(|it| it.id != line));
            line == item || gone
        };
        let mut bills: Vec<_> = history
            .invoices_of(subscription)
            .filter_map(|invoice| Bill::of(invoice, bills_it))
            .collect();
        bills.sort_by(|a, b| (a.period, &a.invoice.id).cmp(&(b.period, &b.invoice.id)));
        Self { bills }
    }

    fn paid(&self) -> impl DoubleEndedIterator<Item = Bill<'a>> {
        let bills = self.bills.iter().copied();
        bills.filter(|it| it.invoice.status == InvoiceStatus::Paid)
    }

    fn latest(&self) -> Option<Bill<'a>> {
        self.paid().rfind(|it| it.regular)
    }

    /// The end of the last period that was paid for.
    pub(crate) fn paid_until(&self) -> Option<Timestamp> {
        self.latest().map(|it| it.period.end)
    }

    pub(crate) fn any_open(&self) -> bool {
        self.bills
            .iter()
            .any(|it| it.invoice.status == InvoiceStatus::Open)
    }

    /// Since when the latest invoice has been waiting for its payment.
    pub(crate) fn unpaid_since(&self) -> Option<Timestamp> {
        let billed = self.bills.iter().rev().map(|it| it.invoice);
        let latest = billed
            .filter(|it| it.status != InvoiceStatus::Draft)
            .max_by_key(|it| it.finalized_at)?;
        match latest.status {
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {
                latest.due_date.or(latest.finalized_at)
            }
            InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Paid => None,
        }
    }

    /// Something other than a trial's zero invoice was paid, or covered by a coupon.
    pub(crate) fn ever_paid(&self, subscription: &Subscription) -> bool {
        let in_trial = |period: Period| subscription.trial_end.is_some_and(|end| period.end <= end);
        if self.bills.is_empty() {
            // Without any invoice to look at, outliving the trial is the evidence.
            return subscription
                .trial_end
                .is_none_or(|end| subscription.ended_at > Some(end));
        }
        self.paid()
            .any(|it| it.invoice.total > 0 || (it.regular && !in_trial(it.period)))
    }

    /// The money behind the period that runs now.
    pub(crate) fn current(
        &self,
        history: &History,
        item: &SubscriptionItem,
        settings: &Settings,
    ) -> Money {
        let current = self.latest().filter(|it| {
            // A paid invoice of the last period says nothing of one that is unpaid.
            item.period_end.is_none_or(|end| it.period.end >= end)
        });
        let current = current.map_or(Money::Kept, |it| behind(history, it.invoice, settings));
        let refunded = |it: &Bill<'_>| behind(history, it.invoice, settings) == Money::Refunded;
        match settings.refund {
            RefundRule::Any if self.bills.iter().any(refunded) => current.max(Money::Refunded),
            _ => current,
        }
    }

    /// The money behind a period that is over was taken back.
    pub(crate) fn lost_an_old_period(
        &self,
        history: &History,
        settings: &Settings,
    ) -> BTreeSet<Money> {
        let latest = self.latest().map(|it| &it.invoice.id);
        self.paid()
            .filter(|it| it.regular && Some(&it.invoice.id) != latest)
            .map(|it| behind(history, it.invoice, settings))
            .filter(|money| matches!(money, Money::Refunded | Money::Lost))
            .collect()
    }
}

impl<'a> Bill<'a> {
    /// An invoice, where it bills the item. One whose lines name no item bills them all.
    fn of(invoice: &'a Invoice, bills_it: impl Fn(&str) -> bool) -> Option<Self> {
        let names_items = invoice.lines.iter().any(|line| line.item.is_some());
        let latest = |proration: bool| {
            let lines = invoice.lines.iter();
            lines
                .filter(|it| it.proration == proration)
                .filter(|it| !names_items || it.item.as_deref().is_some_and(&bills_it))
                .map(|it| it.period)
                .max_by_key(|period| period.end)
        };
        let (period, regular) = match latest(false) {
            Some(period) => (period, true),
            None if invoice.lines.is_empty() => (Period::default(), true),
            None => (latest(true)?, false),
        };
        Some(Self {
            invoice,
            period,
            regular,
        })
    }
}

/// The money behind one invoice.
fn behind(history: &History, invoice: &Invoice, settings: &Settings) -> Money {
    let settles = |id: &str| {
        history
            .settlements()
            .any(|it| it.invoice == invoice.id && it.payment == id)
    };
    money(history, settings, |charge, payment| {
        charge.invoice == Some(&invoice.id) || payment.is_some_and(settles) || settles(charge.id)
    })
}

/// The money behind the payments that `paid_by` picks.
pub(crate) fn money(
    history: &History,
    settings: &Settings,
    paid_by: impl Fn(&ChargeName<'_>, Option<&str>) -> bool,
) -> Money {
    let charges: Vec<&Charge> = history
        .charges()
        .filter(|it| paid_by(&ChargeName::of(it), it.payment.as_deref()))
        .collect();
    let disputed = history.disputes().filter(|it| {
        let id = it.charge.as_deref().unwrap_or_default();
        let name = ChargeName { id, invoice: None };
        paid_by(&name, it.payment.as_deref()) || charges.iter().any(|charge| charge.id == id)
    });
    let dispute = disputed
        .map(|it| match it.status {
            DisputeStatus::Lost => Money::Lost,
            DisputeStatus::Open => Money::Disputed,
            DisputeStatus::Inquiry | DisputeStatus::Dropped | DisputeStatus::Won => Money::Kept,
        })
        .max()
        .unwrap_or(Money::Kept);
    if settings.refund != RefundRule::Never && is_refunded(history, &charges, settings) {
        return dispute.max(Money::Refunded);
    }
    dispute
}

/// What tells a charge apart, where perhaps nothing else is known of it.
pub(crate) struct ChargeName<'a> {
    id: &'a str,
    invoice: Option<&'a str>,
}

impl<'a> ChargeName<'a> {
    fn of(charge: &'a Charge) -> Self {
        Self {
            id: &charge.id,
            invoice: charge.invoice.as_deref(),
        }
    }
}

fn is_refunded(history: &History, charges: &[&Charge], settings: &Settings) -> bool {
    let (amount, refunded) = charges.iter().fold((0, 0), |(amount, refunded), charge| {
        (
            amount + u128::from(charge.amount),
            refunded + u128::from(given_back(history, charge)),
        )
    });
    refunded > 0 && refunded * 1_000_000 >= amount * u128::from(settings.refund_threshold)
}

/// How much of a charge is with the customer. A refund can fail weeks later, and
/// the charge may go on to count it.
fn given_back(history: &History, charge: &Charge) -> u64 {
    let of_it = || history.refunds_of(charge);
    let sum = |failed_too: bool| -> u64 {
        let counted = of_it().filter(|it| failed_too || !it.failed);
        counted.fold(0, |sum, it| sum.saturating_add(it.amount))
    };
    let all_known = sum(true) >= charge.amount_refunded;
    if all_known && of_it().any(|it| it.failed) {
        charge.amount_refunded.min(sum(false))
    } else {
        charge.amount_refunded
    }
}
