//! What a history lacks before a license can be decided, as questions to ask
//! the billing system. Pure: the asking is the caller's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;
use crate::timeline::Timeline;
use crate::{
    Charge, Checkout, CheckoutMode, CheckoutPayment, DisputeStatus, Fact, History, Invoice,
    InvoiceLine, InvoiceStatus, Object, Source, Subscription, SubscriptionStatus, Timestamp,
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
    /// The charges behind a payment, and how much of them went back.
    Payment(String),
    /// Whether an invoice of no subscription was made by a checkout.
    InvoiceOrigin(String),
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
            | Self::Charge(id)
            | Self::Payment(id)
            | Self::InvoiceOrigin(id) => id,
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
                (CheckoutMode::Subscription, Some(id)) => {
                    self.lacks_subscription(id, &mut lacks);
                    if self.may_have_sold_more(checkout) {
                        lacks.insert(Lack::CheckoutLines(checkout.id.clone()));
                    }
                }
                (CheckoutMode::Payment, _) if self.lines_of(&checkout.id).is_none() => {
                    lacks.insert(Lack::CheckoutLines(checkout.id.clone()));
                }
                _ => {}
            }
        }
        for invoice in self.invoices() {
            if let Some(id) = &invoice.subscription {
                self.lacks_subscription(id, &mut lacks);
            } else if invoice.status == InvoiceStatus::Paid
                && invoice.lines.iter().any(|line| line.price.is_some())
                && self.invoice_origin(&invoice.id).is_none()
            {
                lacks.insert(Lack::InvoiceOrigin(invoice.id.clone()));
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
                SubscriptionStatus::Active => self.lacks_payment(&subscription.id),
                // Which invoice is unpaid, and since when.
                SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => {
                    self.lacks_payment(&subscription.id) || self.lacks_unpaid(&subscription.id)
                }
                // Whether anything was ever paid only all invoices tell.
                SubscriptionStatus::Canceled => self
                    .invoices_of(&subscription.id)
                    .all(|it| it.status != InvoiceStatus::Paid),
                _ => false,
            };
            if undecided || self.lacks_bills_of_departed(subscription) {
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

    /// Whether a checkout that started a subscription may have sold something else beside
    /// it: its first invoice says so, where that is known.
    fn may_have_sold_more(&self, checkout: &Checkout) -> bool {
        let first = checkout.invoice.as_deref().and_then(|id| self.invoice(id));
        let recurring = first.is_some_and(|invoice| {
            let named = |line: &InvoiceLine| line.item.is_some();
            !invoice.truncated && !invoice.lines.is_empty() && invoice.lines.iter().all(named)
        });
        !recurring && self.lines_of(&checkout.id).is_none()
    }

    /// What must be known to see which license a purchase carries on: whether earlier
    /// ones had ended by then, and when a single one was refunded.
    fn lacks_of_lineage(&self, lacks: &mut BTreeSet<Lack>) {
        let ledger = Ledger::of(self);
        let Some(latest) = self.latest_purchase() else {
            return;
        };
        for (payments, charges, bought_at) in self.single_payments(&ledger) {
            for charge in &charges {
                let mut refunds = ledger.refunds_of(charge).iter();
                if charge.amount_refunded > 0 && refunds.all(|it| it.created.is_none()) {
                    lacks.insert(Lack::Charge(charge.id.clone()));
                }
            }
            let refunded = charges.iter().any(|charge| charge.amount_refunded > 0);
            if refunded || bought_at >= Some(latest) {
                continue;
            }
            for payment in payments {
                if !self.seen_since(payment, &charges, latest) {
                    lacks.insert(Lack::Payment(payment.to_owned()));
                }
            }
        }
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

    /// When anything was bought last.
    fn latest_purchase(&self) -> Option<Timestamp> {
        let subscriptions = self.subscriptions().map(|it| it.started_at);
        let items = self
            .subscriptions()
            .flat_map(|it| it.items.iter().map(|item| item.created));
        let checkouts = self
            .checkouts()
            .filter(|it| it.payment_status != CheckoutPayment::Open && self.sold_once(it))
            .map(|it| it.created);
        let invoices = self
            .invoices()
            .filter(|it| it.subscription.is_none() && it.status == InvoiceStatus::Paid)
            .map(Invoice::made_at);
        let bought = subscriptions.chain(items).chain(checkouts).chain(invoices);
        bought.flatten().max()
    }

    /// The payments of single purchases from before that moment whose charges are not known:
    /// they may have gone back since.
    #[must_use]
    pub fn unseen_payments(&self, before: Timestamp) -> BTreeSet<Lack> {
        let ledger = Ledger::of(self);
        let purchases = self.single_payments(&ledger).into_iter();
        let old = purchases.filter(|(_, _, bought_at)| *bought_at < Some(before));
        let unseen = old.filter(|(_, charges, _)| charges.is_empty());
        let payments = unseen.flat_map(|(payments, _, _)| payments);
        payments.map(|id| Lack::Payment(id.to_owned())).collect()
    }

    /// Whether a checkout has sold anything that is paid once.
    fn sold_once(&self, checkout: &Checkout) -> bool {
        let lines = || self.lines_of(&checkout.id).map(|sold| &sold.lines);
        match checkout.mode {
            CheckoutMode::Payment => true,
            CheckoutMode::Subscription => lines().into_iter().flatten().any(|line| line.one_time),
            CheckoutMode::Other => false,
        }
    }

    /// What paid for each single purchase: its payments, their charges, and when it was
    /// bought.
    fn single_payments<'a>(
        &'a self,
        ledger: &Ledger<'a>,
    ) -> Vec<(Vec<&'a str>, Vec<&'a Charge>, Option<Timestamp>)> {
        let checkouts = self
            .checkouts()
            .filter(|it| it.payment_status == CheckoutPayment::Settled && self.sold_once(it))
            .map(|it| (ledger.paying(it), ledger.charges_of(it), it.created));
        let invoices = self
            .invoices()
            .filter(|it| it.subscription.is_none() && it.status == InvoiceStatus::Paid)
            .filter(|it| self.invoice_origin(&it.id) == Some(None))
            .map(|it| {
                let payments = ledger.payments_of(&it.id).to_vec();
                (payments, ledger.charges_behind(&it.id), it.made_at())
            });
        checkouts.chain(invoices).collect()
    }

    /// Whether Stripe was asked about a payment at that moment or later.
    fn seen_since(&self, payment: &str, charges: &[&Charge], moment: Timestamp) -> bool {
        let of_payment = charges
            .iter()
            .filter(|it| it.payment.as_deref() == Some(payment) || it.id == payment);
        let mut known = of_payment.filter_map(|charge| self.observed("charge", &charge.id));
        known.any(|observed| observed.at >= moment)
    }

    /// Whether it is unknown which invoice of a subscription in arrears is unpaid, and its
    /// invoices were not asked for since.
    fn lacks_unpaid(&self, subscription: &str) -> bool {
        let seen = self.observed("subscription", subscription);
        let unpaid = [InvoiceStatus::Open, InvoiceStatus::Uncollectible];
        let mut known = self.facts().filter_map(|fact| match &fact.object {
            Object::Invoice(invoice) if invoice.subscription.as_deref() == Some(subscription) => {
                Some((invoice.status, fact.observed))
            }
            _ => None,
        });
        known.all(|(status, observed)| {
            let asked =
                observed.source == Source::Fetch && Some(observed.at) >= seen.map(|it| it.at);
            !unpaid.contains(&status) && !asked
        })
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

    /// Whether an item has left a subscription, and no bill is known that names it: whether
    /// it was ever paid decides on its grace.
    fn lacks_bills_of_departed(&self, subscription: &Subscription) -> bool {
        if subscription.status.is_final() {
            return false;
        }
        // One set of items was never changed.
        if self.item_sets(&subscription.id).nth(1).is_none() {
            return false;
        }
        let timeline = Timeline::of(self, subscription);
        let departed = timeline.items.iter().filter_map(|(item, segments)| {
            let moved = segments.iter().rev().find_map(|segment| segment.until)?;
            Some((*item, moved.at))
        });
        let bills = || {
            self.facts().filter_map(|fact| match &fact.object {
                Object::Invoice(invoice)
                    if invoice.subscription.as_deref() == Some(&subscription.id) =>
                {
                    Some((invoice, fact.observed))
                }
                _ => None,
            })
        };
        departed.into_iter().any(|(item, left_at)| {
            bills().all(|(invoice, observed)| {
                let named = invoice
                    .lines
                    .iter()
                    .any(|line| line.item.as_deref() == Some(item));
                let asked = observed.source == Source::Fetch && Some(observed.at) >= left_at;
                !named && !asked
            })
        })
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
