//! Whether a purchase was in good standing when it ended: only then has it a grace.

use crate::coverage::Bills;
use crate::{
    EndReason, History, Invoice, InvoiceStatus, Reason, Subscription, SubscriptionStatus, Timestamp,
};

/// How a purchase stood when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Why it was suspended by then, if it was.
    pub(crate) suspended: Option<Reason>,
    /// It was not seen in its last days; the invoices and the reason of the end say so.
    pub(crate) inferred: bool,
}

const GOOD: Standing = Standing {
    suspended: None,
    inferred: false,
};

const UNPAID: Standing = Standing {
    suspended: Some(Reason::PaymentFailed),
    inferred: false,
};

impl Standing {
    /// At the end of a subscription: as it was last seen alive.
    pub(crate) fn at_end(
        history: &History,
        subscription: &Subscription,
        bills: &Bills<'_>,
        ended_at: Timestamp,
    ) -> Self {
        let latest = bills.latest_billed();
        let unpaid = latest.filter(|invoice| failed_by(invoice, ended_at));
        let withdrawn = latest.is_some_and(|invoice| invoice.status == InvoiceStatus::Void);
        // The invoice that was open then was paid after all.
        let paid_since = latest.is_some_and(|invoice| {
            let paid = invoice.status == InvoiceStatus::Paid;
            paid && invoice.paid_at >= Some(ended_at)
        });
        let failed = subscription.end_reason == Some(EndReason::PaymentFailed);
        let seen = history.last_alive(&subscription.id).filter(|(status, at)| {
            let before = unpaid.is_some_and(|invoice| invoice.made_at() > Some(*at));
            let good = *status == SubscriptionStatus::Active;
            !(good && (before || (failed && (withdrawn || unpaid.is_some()))))
        });
        match seen.map(|(status, _)| status) {
            Some(status) => Self::seen(status, bills, ended_at, paid_since),
            None if unpaid.is_some() || (failed && !paid_since) => Self {
                inferred: true,
                ..UNPAID
            },
            None => GOOD,
        }
    }

    /// When an item was removed or moved while its subscription went on: as that stood then,
    /// or, where it was not seen, as the invoices stood.
    pub(crate) fn at_removal(
        status: Option<SubscriptionStatus>,
        bills: &Bills<'_>,
        at: Timestamp,
    ) -> Self {
        let latest = bills.latest_billed();
        match (status, latest) {
            (Some(status), _) => {
                let paid_since = latest.is_some_and(|invoice| {
                    let paid = invoice.status == InvoiceStatus::Paid;
                    paid && invoice.paid_at >= Some(at)
                });
                Self::seen(status, bills, at, paid_since)
            }
            (None, Some(invoice)) if failed_by(invoice, at) => UNPAID,
            (None, _) => GOOD,
        }
    }

    /// How it stood at that moment, by the status that the subscription had.
    fn seen(
        status: SubscriptionStatus,
        bills: &Bills<'_>,
        at: Timestamp,
        paid_since: bool,
    ) -> Self {
        match status {
            SubscriptionStatus::Active | SubscriptionStatus::Trialing => GOOD,
            SubscriptionStatus::PastDue => match bills.has_settled_since(at) {
                true => GOOD,
                false => UNPAID,
            },
            _ if paid_since => GOOD,
            SubscriptionStatus::Paused => Self {
                suspended: Some(Reason::Paused),
                inferred: false,
            },
            _ => UNPAID,
        }
    }
}

/// Whether an invoice was not paid although it should have been: it was tried and failed,
/// or was overdue.
fn failed_by(invoice: &Invoice, at: Timestamp) -> bool {
    match (invoice.status, invoice.due_date) {
        (InvoiceStatus::Open | InvoiceStatus::Uncollectible, Some(due)) => due < at,
        (InvoiceStatus::Open | InvoiceStatus::Uncollectible, None) => invoice.attempted,
        (InvoiceStatus::Void | InvoiceStatus::Draft | InvoiceStatus::Paid, _) => false,
    }
}
