//! What pays for an item: its invoices, and whether their money is still the vendor's.

use std::collections::BTreeSet;

use crate::ledger::{Ledger, Money};
use crate::{
    Invoice, InvoiceLine, InvoiceStatus, Period, Pricing, RefundRule, Settings, Subscription,
    SubscriptionItem, Timestamp,
};

/// Which invoices are of interest: those of an item, or of one that it has replaced, in
/// the time in which the item was of one product.
pub(crate) struct Scope<'a> {
    pub(crate) subscription: &'a Subscription,
    pub(crate) item: &'a str,
    pub(crate) replaces: &'a [String],
    /// Every price that the item has had.
    pub(crate) prices: BTreeSet<&'a str>,
    /// Every item that the subscription is known to have had.
    pub(crate) known: BTreeSet<&'a str>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// The invoices of one subscription, as far as they bill one of its items.
pub(crate) struct Bills<'a> {
    bills: Vec<Bill<'a>>,
    /// Some other invoice of the subscription waits for its payment.
    others_open: bool,
}

#[derive(Clone, Copy)]
struct Bill<'a> {
    invoice: &'a Invoice,
    period: Period,
    /// It pays for a period, and does not only correct one.
    regular: bool,
}

impl<'a> Bills<'a> {
    pub(crate) fn of(ledger: &Ledger<'a>, scope: &Scope<'_>) -> Self {
        let mut bills = Vec::new();
        let mut others_open = false;
        for invoice in ledger.invoices_of(&scope.subscription.id) {
            match scope.bill(invoice) {
                Some(bill) => bills.push(bill),
                None => others_open |= is_unpaid(invoice),
            }
        }
        bills.sort_by(|a, b| (a.period, &a.invoice.id).cmp(&(b.period, &b.invoice.id)));
        Self { bills, others_open }
    }

    fn regular(&self) -> impl DoubleEndedIterator<Item = Bill<'a>> {
        self.bills.iter().copied().filter(|bill| bill.regular)
    }

    fn corrections(&self) -> impl Iterator<Item = Bill<'a>> {
        self.bills.iter().copied().filter(|bill| !bill.regular)
    }

    /// The paid invoices that cover periods. Where corrections are all that was ever
    /// paid, they are.
    fn covering(&self) -> impl DoubleEndedIterator<Item = Bill<'a>> {
        let paid = |bill: &Bill<'_>| bill.invoice.status == InvoiceStatus::Paid;
        let any_regular = self.regular().any(|bill| paid(&bill));
        let bills = self.bills.iter().copied();
        bills.filter(move |bill| paid(bill) && (bill.regular || !any_regular))
    }

    fn latest(&self) -> Option<Bill<'a>> {
        self.covering().next_back()
    }

    /// The end of the last period that was paid for.
    pub(crate) fn paid_until(&self) -> Option<Timestamp> {
        let regular = self.latest().filter(|bill| bill.regular);
        regular.map(|bill| bill.period.end)
    }

    /// When that period was paid.
    pub(crate) fn paid_at(&self) -> Option<Timestamp> {
        let regular = self.latest().filter(|bill| bill.regular)?;
        regular.invoice.paid_at.or(regular.invoice.finalized_at)
    }

    pub(crate) fn any_paid(&self) -> bool {
        self.latest().is_some()
    }

    pub(crate) fn any_open(&self) -> bool {
        self.bills
            .iter()
            .any(|bill| bill.invoice.status == InvoiceStatus::Open)
    }

    /// An invoice that bills the item waits for its payment, or was given up.
    pub(crate) fn any_unpaid(&self) -> bool {
        self.bills.iter().any(|bill| is_unpaid(bill.invoice))
    }

    /// Only invoices that do not bill the item wait for their payment.
    pub(crate) fn only_others_unpaid(&self) -> bool {
        self.others_open && !self.any_unpaid()
    }

    /// Since when the item has been unpaid: since the first invoice of the unbroken run
    /// of unpaid ones, or, where none is known, since the end of what was paid.
    pub(crate) fn unpaid_since(&self) -> Option<Timestamp> {
        let asked = |bill: &Bill<'_>| {
            !matches!(
                bill.invoice.status,
                InvoiceStatus::Draft | InvoiceStatus::Void
            )
        };
        let run = self.regular().rev().filter(asked);
        let first = run.take_while(|bill| is_unpaid(bill.invoice)).last();
        let correction = || {
            self.corrections()
                .filter(|bill| is_unpaid(bill.invoice))
                .last()
        };
        match first.or_else(correction) {
            Some(bill) => bill.invoice.payable_at(),
            None => self.paid_until(),
        }
    }

    /// How the latest invoice that bills a period stands, drafts apart.
    pub(crate) fn latest_billed(&self) -> Option<&'a Invoice> {
        let billed = self.regular().map(|bill| bill.invoice);
        let last = billed
            .filter(|invoice| invoice.status != InvoiceStatus::Draft)
            .max_by_key(|invoice| invoice.finalized_at);
        let corrections = || {
            let billed = self.corrections().map(|bill| bill.invoice);
            billed
                .filter(|invoice| invoice.status != InvoiceStatus::Draft)
                .max_by_key(|invoice| invoice.finalized_at)
        };
        last.or_else(corrections)
    }

    /// Something other than a trial's zero invoice was paid, or covered by a coupon.
    pub(crate) fn ever_paid(&self, trial_end: Option<Timestamp>, ended: Option<Timestamp>) -> bool {
        let in_trial = |period: Period| trial_end.is_some_and(|end| period.end <= end);
        if self.bills.is_empty() {
            // Without any invoice to look at, outliving the trial is the evidence.
            return trial_end.is_none_or(|end| ended > Some(end));
        }
        self.bills
            .iter()
            .filter(|bill| bill.invoice.status == InvoiceStatus::Paid)
            .any(|bill| bill.invoice.total > 0 || (bill.regular && !in_trial(bill.period)))
    }

    /// The money behind the period that runs now.
    pub(crate) fn current(
        &self,
        ledger: &Ledger<'_>,
        item: Option<&SubscriptionItem>,
        settings: &Settings,
    ) -> Money {
        let runs_until = item
            .filter(|item| item.pricing != Pricing::Metered)
            .and_then(|item| item.period_end);
        let latest = self.latest();
        let current = latest.filter(|bill| {
            // A paid invoice of the last period says nothing of one that is unpaid.
            runs_until.is_none_or(|end| bill.period.end >= end)
        });
        let money = |bill: Bill<'_>| ledger.behind_invoice(bill.invoice, settings);
        let current = current.map_or(Money::Kept, money);
        let current = current.max(self.correction_in_dispute(ledger, settings));
        match settings.refund {
            RefundRule::Any if self.covering().any(|bill| money(bill) == Money::Refunded) => {
                current.max(Money::Refunded)
            }
            _ => current,
        }
    }

    /// A dispute about a correction suspends until the next period is paid.
    fn correction_in_dispute(&self, ledger: &Ledger<'_>, settings: &Settings) -> Money {
        let Some(latest) = self.latest().filter(|bill| bill.regular) else {
            return Money::Kept;
        };
        let disputed = self.corrections().any(|bill| {
            let money = ledger.behind_invoice(bill.invoice, settings);
            let paid_since = bill.invoice.made_at() < latest.invoice.made_at();
            matches!(money, Money::Lost | Money::Disputed) && !paid_since
        });
        match disputed {
            true => Money::Disputed,
            false => Money::Kept,
        }
    }

    /// A correction was paid back, and the license goes on.
    pub(crate) fn correction_refunded(&self, ledger: &Ledger<'_>, settings: &Settings) -> bool {
        self.paid_until().is_some()
            && self
                .corrections()
                .any(|bill| ledger.behind_invoice(bill.invoice, settings) == Money::Refunded)
    }

    /// The money behind a period that is over was taken back.
    pub(crate) fn lost_an_old_period(
        &self,
        ledger: &Ledger<'_>,
        settings: &Settings,
    ) -> BTreeSet<Money> {
        let latest = self.latest().map(|bill| &bill.invoice.id);
        self.covering()
            .filter(|bill| Some(&bill.invoice.id) != latest)
            .map(|bill| ledger.behind_invoice(bill.invoice, settings))
            .filter(|money| matches!(money, Money::Refunded | Money::Lost))
            .collect()
    }
}

impl Scope<'_> {
    /// An invoice, where it bills the item in the time of interest.
    fn bill<'a>(&self, invoice: &'a Invoice) -> Option<Bill<'a>> {
        let made_later = |until: Timestamp| invoice.made_at() >= Some(until);
        if self.until.is_some_and(made_later) {
            return None;
        }
        let (period, regular) = self.billed_period(invoice)?;
        let over_before = |from: Timestamp| {
            let made_before = invoice.made_at() < Some(from);
            made_before && period.end <= from
        };
        let over = self.from.is_some_and(over_before);
        (!over).then_some(Bill {
            invoice,
            period,
            regular,
        })
    }

    /// The period that it pays for; the other answer is whether it does more than to
    /// correct one.
    fn billed_period(&self, invoice: &Invoice) -> Option<(Period, bool)> {
        if invoice.lines.is_empty() {
            return (!invoice.off_cycle).then_some((Period::default(), true));
        }
        let unnamed = !invoice.off_cycle
            && invoice
                .lines
                .iter()
                .all(|line| line.item.is_none() && line.price.is_none());
        let latest = |proration: bool| {
            let lines = invoice.lines.iter();
            lines
                .filter(|line| line.proration == proration)
                .filter(|line| unnamed || self.billed_by(line))
                .map(|line| line.period)
                .max_by_key(|period| period.end)
        };
        match latest(false) {
            Some(period) => Some((period, true)),
            None => Some((latest(true)?, false)),
        }
    }

    fn billed_by(&self, line: &InvoiceLine) -> bool {
        match (&line.item, &line.price) {
            (Some(item), _) => {
                item == self.item
                    || self.replaces.contains(item)
                    // It was there before anything was known, and has gone.
                    || !self.known.contains(item.as_str())
            }
            (None, Some(price)) => self.prices.contains(price.as_str()),
            (None, None) => line.proration,
        }
    }
}

fn is_unpaid(invoice: &Invoice) -> bool {
    matches!(
        invoice.status,
        InvoiceStatus::Open | InvoiceStatus::Uncollectible
    )
}
