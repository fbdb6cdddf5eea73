//! What pays for an item: its invoices, and whether their money is still the vendor's.

use std::collections::BTreeSet;

use crate::ledger::{Ledger, Money};
use crate::{
    Invoice, InvoiceStatus, Period, RefundRule, Settings, Subscription, SubscriptionItem, Timestamp,
};

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
    pub(crate) fn of(ledger: &Ledger<'a>, subscription: &Subscription, item: &str) -> Self {
        let bills_it = |line: &str| {
            // What was billed for an item that this one has replaced, was billed for it.
            let gone = subscription.items.iter().all(|it| it.id != line);
            line == item || gone
        };
        let invoices = ledger.invoices_of(&subscription.id).iter();
        let mut bills: Vec<_> = invoices
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
        let latest = self.latest_billed()?;
        match latest.status {
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {
                latest.due_date.or(latest.finalized_at)
            }
            InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Paid => None,
        }
    }

    /// The latest invoice was withdrawn.
    pub(crate) fn latest_withdrawn(&self) -> bool {
        self.latest_billed()
            .is_some_and(|it| it.status == InvoiceStatus::Void)
    }

    fn latest_billed(&self) -> Option<&'a Invoice> {
        let billed = self.bills.iter().rev().map(|it| it.invoice);
        billed
            .filter(|it| it.status != InvoiceStatus::Draft)
            .max_by_key(|it| it.finalized_at)
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
        ledger: &Ledger<'_>,
        item: &SubscriptionItem,
        settings: &Settings,
    ) -> Money {
        let current = self.latest().filter(|it| {
            // A paid invoice of the last period says nothing of one that is unpaid.
            item.period_end.is_none_or(|end| it.period.end >= end)
        });
        let current = current.map_or(Money::Kept, |it| {
            ledger.behind_invoice(it.invoice, settings)
        });
        let refunded =
            |it: &Bill<'_>| ledger.behind_invoice(it.invoice, settings) == Money::Refunded;
        match settings.refund {
            RefundRule::Any if self.bills.iter().any(refunded) => current.max(Money::Refunded),
            _ => current,
        }
    }

    /// The money behind a period that is over was taken back.
    pub(crate) fn lost_an_old_period(
        &self,
        ledger: &Ledger<'_>,
        settings: &Settings,
    ) -> BTreeSet<Money> {
        let latest = self.latest().map(|it| &it.invoice.id);
        self.paid()
            .filter(|it| it.regular && Some(&it.invoice.id) != latest)
            .map(|it| ledger.behind_invoice(it.invoice, settings))
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
