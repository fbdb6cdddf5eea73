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
    billed: Vec<(&'a Invoice, Period)>,
}

impl<'a> Bills<'a> {
    pub(crate) fn of(history: &'a History, subscription: &'a str, item: &str) -> Self {
        let mut billed: Vec<_> = history
            .invoices_of(subscription)
            .filter_map(|invoice| Some((invoice, coverage(invoice, item)?)))
            .collect();
        billed.sort_by(|(a, a_period), (b, b_period)| (a_period, &a.id).cmp(&(b_period, &b.id)));
        Self { billed }
    }

    fn paid(&self) -> impl DoubleEndedIterator<Item = (&'a Invoice, Period)> {
        let paid = self.billed.iter().copied();
        paid.filter(|(it, _)| it.status == InvoiceStatus::Paid)
    }

    pub(crate) fn latest_paid(&self) -> Option<(&'a Invoice, Period)> {
        self.paid().next_back()
    }

    pub(crate) fn any_open(&self) -> bool {
        self.billed
            .iter()
            .any(|(it, _)| it.status == InvoiceStatus::Open)
    }

    /// Since when the latest invoice has been waiting for its payment.
    pub(crate) fn unpaid_since(&self) -> Option<Timestamp> {
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
    pub(crate) fn ever_paid(&self, subscription: &Subscription) -> bool {
        let in_trial = |period: Period| subscription.trial_end.is_some_and(|end| period.end <= end);
        if self.billed.is_empty() {
            // Without any invoice to look at, outliving the trial is the evidence.
            return subscription
                .trial_end
                .is_none_or(|end| subscription.ended_at > Some(end));
        }
        self.paid()
            .any(|(it, period)| it.total > 0 || !in_trial(period))
    }

    /// The money behind the period that runs now.
    pub(crate) fn current(
        &self,
        history: &History,
        item: &SubscriptionItem,
        settings: &Settings,
    ) -> Money {
        let current = self.latest_paid().filter(|(_, period)| {
            // A paid invoice of the last period says nothing of one that is unpaid.
            item.period_end.is_none_or(|end| period.end >= end)
        });
        let current = current.map_or(Money::Kept, |(it, _)| behind(history, it, settings));
        match settings.refund {
            RefundRule::Any if self.refunded(history, settings).next().is_some() => {
                current.max(Money::Refunded)
            }
            _ => current,
        }
    }

    /// The money behind a period that is over was taken back.
    pub(crate) fn lost_an_old_period(
        &self,
        history: &History,
        settings: &Settings,
    ) -> BTreeSet<Money> {
        let latest = self.latest_paid().map(|(it, _)| &it.id);
        self.paid()
            .filter(|(it, _)| Some(&it.id) != latest)
            .map(|(it, _)| behind(history, it, settings))
            .filter(|money| matches!(money, Money::Refunded | Money::Lost))
            .collect()
    }

    fn refunded(
        &self,
        history: &'a History,
        settings: &'a Settings,
    ) -> impl Iterator<Item = &'a Invoice> {
        let invoices = self.billed.iter().map(|(it, _)| *it);
        invoices.filter(|it| behind(history, it, settings) == Money::Refunded)
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
    let of_it = || {
        history
            .refunds()
            .filter(|it| it.charge.as_deref() == Some(&charge.id))
    };
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
