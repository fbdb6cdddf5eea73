//! A subscription's life, told as facts: what happened, in the words of the
//! billing system, with every fact that each step would cause.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use paidup_lifecycle::{
    Charge, Checkout, CheckoutMode, CheckoutPayment, Dispute, DisputeStatus, EndReason, Fact,
    Invoice, InvoiceLine, InvoiceStatus, Item, Object, Period, Refund, Settlement, Subscription,
    SubscriptionItem, SubscriptionStatus, Terms, Timestamp,
};

pub(crate) const DAY: i64 = 86_400;
pub(crate) const MONTH: i64 = 30 * DAY;
pub(crate) const START: Timestamp = Timestamp(1_790_000_000);

pub(crate) fn terms() -> Terms {
    Terms {
        policy: "growth_policy".to_owned(),
        product: "notes".to_owned(),
        grace: 7 * DAY,
        payment_grace: 0,
    }
}

pub(crate) fn item() -> Item {
    Item::of_subscription("sub_1", "si_1")
}

/// Tells a life step by step, and keeps every fact.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) now: Timestamp,
    pub(crate) facts: Vec<Fact>,
    pub(crate) subscription: Subscription,
    bills: Vec<(Invoice, Option<Charge>)>,
}

impl Story {
    /// A purchase through a checkout, paid at once.
    pub(crate) fn bought() -> Self {
        let mut story = Self::ordered(SubscriptionStatus::Active);
        story.bill(InvoiceStatus::Paid, 2900);
        story.tell_subscription();
        story.tell_checkout(CheckoutPayment::Settled);
        story
    }

    /// A subscription in that state, of which nothing was told yet.
    pub(crate) fn ordered(status: SubscriptionStatus) -> Self {
        let mut subscription = Subscription::new("sub_1", status);
        subscription.customer = Some("cus_1".to_owned());
        subscription.started_at = Some(START);
        let mut item = SubscriptionItem::new("si_1", "price_growth_monthly");
        item.period_end = Some(START.plus(MONTH));
        subscription.items.push(item);
        Self {
            now: START,
            facts: Vec::new(),
            subscription,
            bills: Vec::new(),
        }
    }

    pub(crate) fn tell(&mut self, object: Object) {
        self.facts.push(Fact::event(self.now, object));
    }

    pub(crate) fn tell_subscription(&mut self) {
        self.tell(Object::Subscription(self.subscription.clone()));
        if let Some(course) = self.subscription.course() {
            self.tell(Object::Course(course));
        }
        if let Some(set) = self.subscription.item_set() {
            self.tell(Object::ItemSet(set));
        }
    }

    pub(crate) fn tell_checkout(&mut self, payment_status: CheckoutPayment) {
        self.tell(Object::Checkout(Checkout {
            id: "cs_1".to_owned(),
            created: Some(START),
            mode: CheckoutMode::Subscription,
            payment_status,
            customer: Some("cus_1".to_owned()),
            email: Some("customer@example.com".to_owned()),
            name: None,
            subscription: Some("sub_1".to_owned()),
            payment: None,
            invoice: Some("in_1".to_owned()),
            reference: None,
            metadata: std::collections::BTreeMap::new(),
        }));
    }

    pub(crate) fn bill(&mut self, status: InvoiceStatus, total: i64) {
        let n = self.bills.len() + 1;
        let end = self.subscription.items[0].period_end.unwrap();
        let invoice = Invoice {
            id: format!("in_{n}"),
            customer: Some("cus_1".to_owned()),
            subscription: Some("sub_1".to_owned()),
            status,
            total,
            created: Some(self.now),
            finalized_at: Some(self.now),
            paid_at: Some(self.now).filter(|_| status == InvoiceStatus::Paid),
            attempted: status != InvoiceStatus::Draft,
            due_date: None,
            lines: vec![InvoiceLine {
                item: Some("si_1".to_owned()),
                proration: false,
                period: Period {
                    start: end.plus(-MONTH),
                    end,
                },
                ..InvoiceLine::new(Period::default())
            }],
            truncated: false,
            ..Invoice::new("", InvoiceStatus::Draft)
        };
        self.bills.push((invoice.clone(), None));
        self.tell(Object::Invoice(invoice));
        if status == InvoiceStatus::Paid {
            self.charge();
        }
    }

    fn charge(&mut self) {
        let n = self.bills.len();
        let (invoice, paid) = self.bills.last_mut().unwrap();
        let charge = Charge {
            id: format!("ch_{n}"),
            customer: Some("cus_1".to_owned()),
            payment: Some(format!("pi_{n}")),
            invoice: None,
            amount: u64::try_from(invoice.total).unwrap(),
            amount_refunded: 0,
        };
        *paid = Some(charge.clone());
        let settlement = Settlement {
            invoice: invoice.id.clone(),
            payment: format!("pi_{n}"),
        };
        self.tell(Object::Settlement(settlement));
        self.tell(Object::Charge(charge));
    }

    /// A month passes, and the renewal is paid or not.
    pub(crate) fn renew(&mut self, paid: bool) {
        self.now = self.now.plus(MONTH);
        let item = &mut self.subscription.items[0];
        item.period_end = item.period_end.map(|end| end.plus(MONTH));
        if paid {
            self.bill(InvoiceStatus::Paid, 2900);
        } else {
            self.subscription.status = SubscriptionStatus::PastDue;
            self.bill(InvoiceStatus::Open, 2900);
        }
        self.tell_subscription();
    }

    /// The outstanding invoice is paid after all.
    pub(crate) fn pay(&mut self) {
        self.now = self.now.plus(DAY);
        let Some((invoice, None)) = self.bills.last_mut() else {
            return;
        };
        invoice.status = InvoiceStatus::Paid;
        invoice.paid_at = Some(self.now);
        let invoice = invoice.clone();
        self.subscription.status = SubscriptionStatus::Active;
        self.tell(Object::Invoice(invoice));
        self.charge();
        self.tell_subscription();
    }

    /// The latest invoice comes to that, and nothing else is told.
    pub(crate) fn settle_last(&mut self, status: InvoiceStatus) {
        let Some((invoice, _)) = self.bills.last_mut() else {
            return;
        };
        invoice.status = status;
        invoice.paid_at = Some(self.now).filter(|_| status == InvoiceStatus::Paid);
        let invoice = invoice.clone();
        self.tell(Object::Invoice(invoice));
    }

    /// So much of the latest payment goes back.
    pub(crate) fn refund(&mut self, amount: u64) {
        self.now = self.now.plus(DAY);
        let paid = self
            .bills
            .iter_mut()
            .rev()
            .find_map(|(_, charge)| charge.as_mut());
        let Some(charge) = paid else { return };
        charge.amount_refunded = amount.min(charge.amount);
        let charge = charge.clone();
        self.tell(Object::Charge(charge));
    }

    /// A transfer back of the latest payment, as an object of its own.
    pub(crate) fn refund_object(&mut self, id: &str, amount: u64, failed: bool) {
        self.now = self.now.plus(DAY);
        self.tell(Object::Refund(Refund {
            id: id.to_owned(),
            charge: Some(format!("ch_{}", self.bills.len())),
            payment: Some(format!("pi_{}", self.bills.len())),
            amount,
            failed,
            created: Some(self.now),
        }));
    }

    /// The customer's bank wants the payment of that bill back.
    pub(crate) fn dispute(&mut self, bill: usize, status: DisputeStatus) {
        self.now = self.now.plus(DAY);
        self.tell(Object::Dispute(Dispute {
            id: format!("dp_{bill}"),
            charge: Some(format!("ch_{bill}")),
            payment: Some(format!("pi_{bill}")),
            status,
            amount: None,
            created: None,
        }));
    }

    /// It ends now.
    pub(crate) fn end(&mut self, reason: EndReason) {
        self.now = self.now.plus(DAY);
        self.subscription.status = SubscriptionStatus::Canceled;
        self.subscription.ended_at = Some(self.now);
        self.subscription.end_reason = Some(reason);
        self.tell_subscription();
    }

    /// It is to end with the running period.
    pub(crate) fn cancel_at_period_end(&mut self) {
        self.now = self.now.plus(60);
        self.subscription.cancel_at_period_end = true;
        self.tell_subscription();
    }

    /// So many seats from now on.
    pub(crate) fn seats(&mut self, quantity: u64) {
        self.now = self.now.plus(60);
        self.subscription.items[0].quantity = quantity;
        self.tell_subscription();
    }

    pub(crate) fn set_status(&mut self, status: SubscriptionStatus) {
        self.now = self.now.plus(60);
        self.subscription.status = status;
        self.tell_subscription();
    }
}
