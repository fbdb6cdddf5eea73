//! What a history lacks before a license can be decided, as questions to ask
//! the billing system. Pure: the asking is the caller's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;
use crate::{
    Checkout, CheckoutMode, CheckoutPayment, DisputeStatus, Fact, History, InvoiceStatus, Object,
    Source, SubscriptionStatus,
};

/// Something that has to be asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// The present state of a subscription.
    Subscription(String),
    /// What a checkout sold.
    CheckoutLines(String),
    /// The invoices of a subscription.
    Invoices(String),
    /// The invoice or the checkout behind a payment.
    Origin(String),
    /// An invoice.
    Invoice(String),
    /// Who a customer is.
    Customer(String),
    /// How much of a charge went back.
    Charge(String),
}

impl Lack {
    /// The identifier of the object that has to be asked about.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Subscription(id)
            | Self::CheckoutLines(id)
            | Self::Invoices(id)
            | Self::Origin(id)
            | Self::Invoice(id)
            | Self::Customer(id)
            | Self::Charge(id) => id,
        }
    }
}

impl History {
    /// What this history lacks: without it, a license could not be decided.
    #[must_use]
    pub fn lacks(&self) -> BTreeSet<Lack> {
        let mut lacks = BTreeSet::new();
        for checkout in self.checkouts() {
            if checkout.payment_status == CheckoutPayment::Open {
                continue;
            }
            match (checkout.mode, &checkout.subscription) {
                (CheckoutMode::Subscription, Some(id)) => self.lacks_subscription(id, &mut lacks),
                (CheckoutMode::Payment, _) if self.lines_of(&checkout.id).is_none() => {
                    lacks.insert(Lack::CheckoutLines(checkout.id.clone()));
                }
                _ => {}
            }
        }
        for invoice in self.invoices() {
            if let Some(id) = &invoice.subscription {
                self.lacks_subscription(id, &mut lacks);
            }
            if invoice.truncated {
                lacks.insert(Lack::Invoice(invoice.id.clone()));
            }
        }
        for subscription in self.subscriptions() {
            if subscription.truncated {
                lacks.insert(Lack::Subscription(subscription.id.clone()));
            }
            let undecided = match subscription.status {
                SubscriptionStatus::Active if subscription.invoiced => false,
                // Whether the first payment is only on its way, or never came.
                SubscriptionStatus::Active
                | SubscriptionStatus::PastDue
                | SubscriptionStatus::Unpaid => self.lacks_payment(&subscription.id),
                // Whether anything was ever paid only all invoices tell.
                SubscriptionStatus::Canceled => self
                    .invoices_of(&subscription.id)
                    .all(|it| it.status != InvoiceStatus::Paid),
                _ => false,
            };
            if undecided {
                lacks.insert(Lack::Invoices(subscription.id.clone()));
            }
            let reached_by = |id: &String| {
                self.customer(id).is_some()
                    || self
                        .checkouts()
                        .any(|it| it.customer.as_ref() == Some(id) && it.email.is_some())
            };
            if let Some(id) = subscription.customer.as_ref().filter(|id| !reached_by(id)) {
                lacks.insert(Lack::Customer(id.clone()));
            }
        }
        for dispute in self
            .disputes()
            .filter(|it| it.status != DisputeStatus::Inquiry)
        {
            let charge = dispute.charge.as_deref().and_then(|id| self.charge(id));
            let payment = charge.and_then(|it| it.payment.as_ref());
            match (dispute.payment.as_ref().or(payment), &dispute.charge) {
                (Some(payment), _) => self.lacks_origin(payment, &mut lacks),
                (None, Some(id)) if charge.is_none() => {
                    lacks.insert(Lack::Charge(id.clone()));
                }
                (None, _) => {}
            }
        }
        for id in self.refunds().filter_map(|it| it.charge.as_ref()) {
            if self.charge(id).is_none() {
                lacks.insert(Lack::Charge(id.clone()));
            }
        }
        for charge in self.charges().filter(|it| it.amount_refunded > 0) {
            if let Some(id) = &charge.invoice {
                self.lacks_invoice(id, &mut lacks);
            } else if let Some(payment) = &charge.payment {
                self.lacks_origin(payment, &mut lacks);
            }
        }
        self.lacks_of_lineage(&mut lacks);
        lacks
    }

    /// What must be known to see which license a purchase carries on: whether earlier
    /// ones had ended by then, and when a single one was refunded.
    fn lacks_of_lineage(&self, lacks: &mut BTreeSet<Lack>) {
        let ledger = Ledger::of(self);
        let single = |it: &&Checkout| it.mode == CheckoutMode::Payment;
        let checkouts = self.checkouts().filter(single);
        for charge in checkouts.flat_map(|it| ledger.charges_of(it)) {
            let mut refunds = ledger.refunds_of(charge).iter();
            if charge.amount_refunded > 0 && refunds.all(|it| it.created.is_none()) {
                lacks.insert(Lack::Charge(charge.id.clone()));
            }
        }
        let started = self.purchases().into_iter().filter_map(|it| it.started_at);
        let Some(latest) = started.max() else { return };
        for fact in self.facts() {
            if let Object::Subscription(it) = &fact.object
                && !it.status.is_final()
                && it.started_at < Some(latest)
                && fact.observed.at < latest
            {
                lacks.insert(Lack::Subscription(it.id.clone()));
            }
        }
    }

    /// Whether no invoice of the subscription is known to be paid, and those that
    /// are open were only told of: they may have been paid since.
    fn lacks_payment(&self, subscription: &str) -> bool {
        let mut known = self.facts().filter_map(|fact| match &fact.object {
            Object::Invoice(it) if it.subscription.as_deref() == Some(subscription) => {
                Some((it.status, fact.observed.source))
            }
            _ => None,
        });
        let mut settled = false;
        let all_told = known.all(|(status, source)| {
            settled |= status == InvoiceStatus::Paid;
            source == Source::Event
        });
        all_told && !settled
    }

    fn lacks_subscription(&self, id: &str, lacks: &mut BTreeSet<Lack>) {
        if self.subscription(id).is_none() {
            lacks.insert(Lack::Subscription(id.to_owned()));
        }
    }

    fn lacks_invoice(&self, id: &str, lacks: &mut BTreeSet<Lack>) {
        if !self.invoices().any(|it| it.id == id) {
            lacks.insert(Lack::Invoice(id.to_owned()));
        }
    }

    fn lacks_origin(&self, payment: &str, lacks: &mut BTreeSet<Lack>) {
        if self
            .checkouts()
            .any(|it| it.payment.as_deref() == Some(payment))
        {
            return;
        }
        match self.settlements().find(|it| it.payment == payment) {
            Some(settlement) => self.lacks_invoice(&settlement.invoice, lacks),
            None => {
                lacks.insert(Lack::Origin(payment.to_owned()));
            }
        }
    }
}

impl Fact {
    /// What should be asked anew because this fact hints at a change: an event
    /// tells what was, and only the billing system what is.
    #[must_use]
    pub fn hint(&self) -> Option<Lack> {
        match &self.object {
            // Whether an end has a grace depends on what had been paid by then.
            Object::Subscription(it) if it.status.is_final() => Some(Lack::Invoices(it.id.clone())),
            Object::Subscription(it) => Some(Lack::Subscription(it.id.clone())),
            Object::Invoice(it) => it.subscription.clone().map(Lack::Subscription),
            // A refund that failed counts no more, and only the charge says how many did.
            Object::Refund(it) => it.charge.clone().map(Lack::Charge),
            _ => None,
        }
    }
}
