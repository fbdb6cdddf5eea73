//! What paid for what: one look through a history, so that deciding a license takes
//! time in proportion to its facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Charge, Checkout, Dispute, DisputeStatus, History, Invoice, Refund, RefundRule, Settings,
    Timestamp,
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

/// The money of a history, found by what it paid for.
#[derive(Debug, Default)]
pub(crate) struct Ledger<'a> {
    invoices: Many<'a, &'a Invoice>,
    /// By invoice: the payments that went towards it.
    payments: Many<'a, &'a str>,
    by_payment: Many<'a, &'a Charge>,
    by_invoice: Many<'a, &'a Charge>,
    by_id: BTreeMap<&'a str, &'a Charge>,
    refunds: Many<'a, &'a Refund>,
    /// By payment and by charge.
    disputes: Many<'a, &'a Dispute>,
    /// By invoice: how much was paid on it.
    paid: BTreeMap<&'a str, u64>,
}

/// Several of a kind under one identifier.
type Many<'a, T> = BTreeMap<&'a str, Vec<T>>;

impl<'a> Ledger<'a> {
    pub(crate) fn of(history: &'a History) -> Self {
        let mut ledger = Self::default();
        for it in history.invoices() {
            file(&mut ledger.invoices, it.subscription.as_deref(), it);
            if let Some(paid) = it.amount_paid {
                ledger.paid.insert(&it.id, paid);
            }
        }
        for it in history.settlements() {
            file(&mut ledger.payments, Some(&it.invoice), it.payment.as_str());
        }
        for it in history.charges() {
            file(&mut ledger.by_payment, it.payment.as_deref(), it);
            file(&mut ledger.by_invoice, it.invoice.as_deref(), it);
            ledger.by_id.insert(&it.id, it);
        }
        for it in history.refunds() {
            file(&mut ledger.refunds, it.charge.as_deref(), it);
        }
        for it in history.disputes() {
            file(&mut ledger.disputes, it.payment.as_deref(), it);
            file(&mut ledger.disputes, it.charge.as_deref(), it);
        }
        ledger
    }

    /// The invoices of that subscription.
    pub(crate) fn invoices_of(&self, subscription: &str) -> &[&'a Invoice] {
        found(&self.invoices, subscription)
    }

    /// The payments that went towards an invoice.
    pub(crate) fn payments_of(&self, invoice: &str) -> &[&'a str] {
        found(&self.payments, invoice)
    }

    /// The charges behind an invoice.
    pub(crate) fn charges_behind(&self, invoice: &str) -> Vec<&'a Charge> {
        let payments = found(&self.payments, invoice);
        self.charges(payments, Some(invoice))
    }

    /// When money of these charges was last transferred back, where that is known.
    pub(crate) fn last_refund(&self, charges: &[&Charge]) -> Option<Timestamp> {
        let refunds = charges.iter().flat_map(|charge| self.refunds_of(charge));
        refunds
            .filter(|refund| !refund.failed)
            .filter_map(|refund| refund.created)
            .max()
    }

    /// The transfers back of that charge.
    pub(crate) fn refunds_of(&self, charge: &Charge) -> &[&'a Refund] {
        found(&self.refunds, &charge.id)
    }

    /// The charges behind a single purchase.
    pub(crate) fn charges_of(&self, checkout: &'a Checkout) -> Vec<&'a Charge> {
        self.charges(&self.paying(checkout), checkout.invoice.as_deref())
    }

    /// The money behind a single purchase.
    pub(crate) fn behind_checkout(&self, checkout: &'a Checkout, settings: &Settings) -> Money {
        self.money(
            &self.paying(checkout),
            checkout.invoice.as_deref(),
            settings,
        )
    }

    /// The money behind an invoice.
    pub(crate) fn behind_invoice(&self, invoice: &Invoice, settings: &Settings) -> Money {
        let payments = found(&self.payments, &invoice.id);
        self.money(payments, Some(&invoice.id), settings)
    }

    /// Whether anything was ever disputed.
    pub(crate) fn knows_disputes(&self) -> bool {
        !self.disputes.is_empty()
    }

    /// When the money behind an invoice was first disputed, where a dispute is open or lost.
    pub(crate) fn disputed_at(&self, invoice: &Invoice) -> Option<Timestamp> {
        let payments = found(&self.payments, &invoice.id);
        let charges = self.charges(payments, Some(&invoice.id));
        let of_charges = charges
            .iter()
            .flat_map(|charge| [Some(charge.id.as_str()), charge.payment.as_deref()]);
        let names = of_charges.flatten().chain(payments.iter().copied());
        let disputes = names.flat_map(|name| found(&self.disputes, name));
        let counts = |dispute: &&&Dispute| {
            matches!(dispute.status, DisputeStatus::Open | DisputeStatus::Lost)
        };
        disputes
            .filter(counts)
            .filter_map(|dispute| dispute.created)
            .min()
    }

    pub(crate) fn paying(&self, checkout: &'a Checkout) -> Vec<&'a str> {
        let invoice = checkout.invoice.as_deref().unwrap_or_default();
        let settled = found(&self.payments, invoice).iter().copied();
        settled.chain(checkout.payment.as_deref()).collect()
    }

    fn charges(&self, payments: &[&str], invoice: Option<&str>) -> Vec<&'a Charge> {
        let of_invoice = found(&self.by_invoice, invoice.unwrap_or_default());
        let mut charges = of_invoice.to_vec();
        for payment in payments {
            charges.extend(found(&self.by_payment, payment));
            charges.extend(self.by_id.get(payment));
        }
        charges.sort_by_key(|it| &it.id);
        charges.dedup_by_key(|it| &it.id);
        charges
    }

    /// An invoice can be paid by several payments: what counts is the share of all that
    /// was paid on it. A lost dispute takes its sum like a refund.
    fn money(&self, payments: &[&str], invoice: Option<&str>, settings: &Settings) -> Money {
        let charges = self.charges(payments, invoice);
        let known: u64 = charges
            .iter()
            .fold(0, |sum, it| sum.saturating_add(it.amount));
        let paid = invoice.and_then(|id| self.paid.get(id)).copied();
        let paid = paid.filter(|paid| *paid > 0).unwrap_or(known);
        let with_refunds = settings.refund != RefundRule::Never;
        let mut gone = Gone::default();
        let mut seen = BTreeSet::new();
        for charge in &charges {
            let names = [Some(charge.id.as_str()), charge.payment.as_deref()];
            let disputes = names.into_iter().flatten();
            let disputes = disputes.flat_map(|name| found(&self.disputes, name));
            let refunded = if with_refunds {
                self.given_back(charge)
            } else {
                0
            };
            let mut of_charge = Gone {
                refunded,
                ..Gone::default()
            };
            for dispute in disputes.filter(|it| seen.insert(it.id.as_str())) {
                of_charge.dispute(dispute, charge.amount);
            }
            gone.add(&of_charge.within(charge.amount));
        }
        // The charges behind these payments are not known.
        for dispute in payments.iter().flat_map(|name| found(&self.disputes, name)) {
            if seen.insert(dispute.id.as_str()) {
                gone.dispute(dispute, paid.max(1));
            }
        }
        let counts = |sum: u64| {
            let share = u128::from(paid) * u128::from(settings.refund_threshold);
            sum > 0 && u128::from(sum) * 1_000_000 >= share
        };
        let (refunded, lost) = (gone.refunded, gone.lost);
        if lost > 0 && counts(refunded.saturating_add(lost)) {
            Money::Lost
        } else if counts(refunded) {
            Money::Refunded
        } else if counts(refunded.saturating_add(lost).saturating_add(gone.open)) {
            Money::Disputed
        } else {
            Money::Kept
        }
    }

    /// How much of a charge is with the customer. A refund can fail weeks later, and
    /// the charge may go on to count it.
    fn given_back(&self, charge: &Charge) -> u64 {
        let refunds = self.refunds_of(charge);
        let sum = |failed_too: bool| -> u64 {
            let counted = refunds.iter().filter(|it| failed_too || !it.failed);
            counted.fold(0, |sum, it| sum.saturating_add(it.amount))
        };
        let all_known = sum(true) >= charge.amount_refunded;
        if all_known && refunds.iter().any(|it| it.failed) {
            charge.amount_refunded.min(sum(false))
        } else {
            charge.amount_refunded
        }
    }
}

/// How much of a payment is not with the vendor.
#[derive(Debug, Clone, Copy, Default)]
struct Gone {
    refunded: u64,
    lost: u64,
    /// Held back until a dispute is decided.
    open: u64,
}

impl Gone {
    fn dispute(&mut self, dispute: &Dispute, all: u64) {
        let amount = dispute.amount.unwrap_or(all);
        let sum = match dispute.status {
            DisputeStatus::Lost => &mut self.lost,
            DisputeStatus::Open => &mut self.open,
            DisputeStatus::Inquiry | DisputeStatus::Dropped | DisputeStatus::Won => return,
        };
        *sum = sum.saturating_add(amount);
    }

    /// No more can be gone of a charge than it had.
    fn within(self, amount: u64) -> Self {
        let lost = self.lost.min(amount);
        let refunded = self.refunded.min(amount - lost);
        Self {
            refunded,
            lost,
            open: self.open.min(amount - lost - refunded),
        }
    }

    fn add(&mut self, other: &Self) {
        self.refunded = self.refunded.saturating_add(other.refunded);
        self.lost = self.lost.saturating_add(other.lost);
        self.open = self.open.saturating_add(other.open);
    }
}

fn file<'a, T>(many: &mut Many<'a, T>, name: Option<&'a str>, it: T) {
    if let Some(name) = name {
        many.entry(name).or_default().push(it);
    }
}

fn found<'l, T>(many: &'l Many<'_, T>, name: &str) -> &'l [T] {
    many.get(name).map(Vec::as_slice).unwrap_or_default()
}
