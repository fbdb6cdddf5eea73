//! What paid for what: one look through a history, so that deciding a license takes
//! time in proportion to its facts.

use std::collections::BTreeMap;

use crate::{
    Charge, Checkout, Dispute, DisputeStatus, History, Invoice, Refund, RefundRule, Settings,
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
}

/// Several of a kind under one identifier.
type Many<'a, T> = BTreeMap<&'a str, Vec<T>>;

impl<'a> Ledger<'a> {
    pub(crate) fn of(history: &'a History) -> Self {
        let mut ledger = Self::default();
        for it in history.invoices() {
            file(&mut ledger.invoices, it.subscription.as_deref(), it);
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

    fn paying(&self, checkout: &'a Checkout) -> Vec<&'a str> {
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

    fn money(&self, payments: &[&str], invoice: Option<&str>, settings: &Settings) -> Money {
        let charges = self.charges(payments, invoice);
        let names = payments
            .iter()
            .copied()
            .chain(charges.iter().map(|it| it.id.as_str()));
        let dispute = names
            .flat_map(|name| found(&self.disputes, name))
            .map(|it| match it.status {
                DisputeStatus::Lost => Money::Lost,
                DisputeStatus::Open => Money::Disputed,
                DisputeStatus::Inquiry | DisputeStatus::Dropped | DisputeStatus::Won => Money::Kept,
            })
            .max()
            .unwrap_or(Money::Kept);
        if settings.refund != RefundRule::Never && self.is_refunded(&charges, settings) {
            return dispute.max(Money::Refunded);
        }
        dispute
    }

    fn is_refunded(&self, charges: &[&Charge], settings: &Settings) -> bool {
        let (amount, refunded) = charges.iter().fold((0, 0), |(amount, refunded), charge| {
            (
                amount + u128::from(charge.amount),
                refunded + u128::from(self.given_back(charge)),
            )
        });
        refunded > 0 && refunded * 1_000_000 >= amount * u128::from(settings.refund_threshold)
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

fn file<'a, T>(many: &mut Many<'a, T>, name: Option<&'a str>, it: T) {
    if let Some(name) = name {
        many.entry(name).or_default().push(it);
    }
}

fn found<'l, T>(many: &'l Many<'_, T>, name: &str) -> &'l [T] {
    many.get(name).map(Vec::as_slice).unwrap_or_default()
}
