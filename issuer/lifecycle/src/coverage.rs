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
    /// The item joined a subscription that had begun before.
    pub(crate) joined: bool,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// When it was of the same product before.
    pub(crate) earlier: &'a [(Option<Timestamp>, Timestamp)],
}

/// The invoices of one subscription, as far as they bill one of its items.
pub(crate) struct Bills<'a> {
    bills: Vec<Bill<'a>>,
    /// Invoices of the subscription that bill its other items.
    of_others: Vec<&'a Invoice>,
    /// Invoices of the subscription that bill none of its items.
    extra: Vec<&'a Invoice>,
    /// Invoices that bill the item while it was of another product.
    before: Vec<Bill<'a>>,
    /// The item joined a subscription that had begun before.
    joined: bool,
}

#[derive(Clone, Copy)]
struct Bill<'a> {
    invoice: &'a Invoice,
    period: Period,
    /// It pays for a period, and does not only correct one.
    regular: bool,
    /// The sum of the lines that bill the item, where that is known.
    amount: Option<i64>,
}

/// What an invoice of the subscription bills.
enum Billed<'a> {
    Item(Bill<'a>),
    /// The item, while it was of another product.
    Before(Bill<'a>),
    Others,
    Nothing,
    /// It was made after the item had left.
    Later,
}

impl<'a> Bills<'a> {
    pub(crate) fn of(ledger: &Ledger<'a>, scope: &Scope<'_>) -> Self {
        let (mut bills, mut before) = (Vec::new(), Vec::new());
        let (mut of_others, mut extra) = (Vec::new(), Vec::new());
        for invoice in ledger.invoices_of(&scope.subscription.id) {
            match scope.billed(invoice) {
                Billed::Item(bill) => bills.push(bill),
                Billed::Before(bill) => before.push(bill),
                Billed::Others => of_others.push(*invoice),
                Billed::Nothing => extra.push(*invoice),
                Billed::Later => {}
            }
        }
        bills.sort_by_key(|bill| (bill.period, bill.invoice.made_at(), &bill.invoice.id));
        Self {
            bills,
            of_others,
            extra,
            before,
            joined: scope.joined,
        }
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

    /// Only invoices that do not bill the item wait for their payment. What has never been
    /// paid itself shares the arrears of the other items.
    pub(crate) fn only_others_unpaid(&self) -> bool {
        let before = self.before.iter().map(|bill| &bill.invoice);
        let mut of_others = self.of_others.iter().chain(before);
        let of_others = of_others.any(|invoice| is_unpaid(invoice));
        let extra = self.extra.iter().any(|invoice| is_unpaid(invoice));
        !self.any_unpaid() && (of_others || extra) && (self.any_paid() || !of_others)
    }

    /// Whether what was in arrears at that moment has been paid since, or never concerned
    /// the item.
    pub(crate) fn has_settled_since(&self, at: Timestamp) -> bool {
        let of_item = || self.bills.iter().map(|bill| bill.invoice);
        let paid_since = |invoice: &Invoice| {
            invoice.status == InvoiceStatus::Paid && invoice.paid_at >= Some(at)
        };
        let asked = |invoice: &&Invoice| {
            !matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Void)
        };
        let newest = of_item()
            .filter(asked)
            .max_by_key(|invoice| invoice.made_at());
        if newest.is_some_and(paid_since) {
            return true;
        }
        let mut before = self.before.iter().map(|bill| bill.invoice);
        if self.any_unpaid() || before.any(is_unpaid) {
            return false;
        }
        if of_item().any(paid_since) {
            return true;
        }
        if self.any_withdrawn(at) {
            return false;
        }
        // In arrears then, and not paid since.
        let owed = |invoice: &&&Invoice| {
            let withdrawn = invoice.status == InvoiceStatus::Void;
            invoice.made_at() <= Some(at) && (is_unpaid(invoice) || withdrawn)
        };
        let settled = |invoice: &&&Invoice| invoice.made_at() <= Some(at) && paid_since(invoice);
        if !self.any_paid() && self.of_others.iter().any(|invoice| owed(&invoice)) {
            return false;
        }
        let mut others = self.of_others.iter().chain(&self.extra);
        !self.bills.is_empty() || others.any(|invoice| owed(&invoice) || settled(&invoice))
    }

    /// An invoice that bills the item was withdrawn after the last that was paid.
    fn any_withdrawn(&self, at: Timestamp) -> bool {
        let paid = self
            .regular()
            .filter(|bill| bill.invoice.status == InvoiceStatus::Paid);
        let paid_at = paid.map(|bill| bill.invoice.made_at()).max().flatten();
        self.bills.iter().any(|bill| {
            let made_at = bill.invoice.made_at();
            let withdrawn = bill.invoice.status == InvoiceStatus::Void;
            withdrawn && made_at > paid_at && made_at <= Some(at)
        })
    }

    /// When the money behind one of the bills was first disputed.
    pub(crate) fn disputed_at(&self, ledger: &Ledger<'_>) -> Option<Timestamp> {
        let bills = self.bills.iter();
        bills
            .filter_map(|bill| ledger.disputed_at(bill.invoice))
            .min()
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
        // Arrears go with an item that moves to another product.
        let bills = self.bills.iter().chain(&self.before).copied();
        let mut asked: Vec<Bill<'_>> = bills.filter(asked).collect();
        asked.sort_by_key(|bill| (bill.invoice.made_at(), bill.period, &bill.invoice.id));
        // A correction that is paid pays for no period, and ends nothing.
        let run = asked
            .into_iter()
            .rev()
            .take_while(|bill| is_unpaid(bill.invoice) || !bill.regular);
        match run.filter(|bill| is_unpaid(bill.invoice)).last() {
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
        let paid = |bill: &&Bill<'_>| bill.invoice.status == InvoiceStatus::Paid;
        let cost = |bill: &Bill<'_>| {
            let cost = bill.amount.unwrap_or(bill.invoice.total) > 0;
            cost || (bill.regular && !in_trial(bill.period))
        };
        // What was paid for the item counts, whatever product it was of.
        if self.before.iter().filter(paid).any(cost) {
            return true;
        }
        if self.bills.is_empty() {
            // Without any invoice to look at, outliving the trial is the evidence; of an item
            // that joined there is no evidence.
            return !self.joined && trial_end.is_none_or(|end| ended > Some(end));
        }
        self.bills.iter().filter(paid).any(cost)
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
    /// What an invoice bills.
    fn billed<'a>(&self, invoice: &'a Invoice) -> Billed<'a> {
        let made_at = invoice.made_at();
        if self.until.is_some_and(|until| made_at >= Some(until)) {
            return Billed::Later;
        }
        let Some((period, regular)) = self.billed_period(invoice) else {
            let names_item = invoice.lines.iter().any(|line| line.item.is_some());
            return match names_item {
                true => Billed::Others,
                false => Billed::Nothing,
            };
        };
        let over_before = |from: Timestamp| made_at < Some(from) && period.end <= from;
        let earlier = |(from, until): &(Option<Timestamp>, Timestamp)| {
            made_at >= *from && made_at < Some(*until)
        };
        let lines = invoice.lines.iter().filter(|line| self.billed_by(line));
        let mut amounts = lines.map(|line| line.amount);
        let first = amounts.next().flatten();
        let add = |sum: i64, amount: Option<i64>| Some(sum.saturating_add(amount?));
        let bill = Bill {
            invoice,
            period,
            regular,
            amount: first.and_then(|first| amounts.try_fold(first, add)),
        };
        match self.from.is_some_and(over_before) && !self.earlier.iter().any(earlier) {
            true => Billed::Before(bill),
            false => Billed::Item(bill),
        }
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
