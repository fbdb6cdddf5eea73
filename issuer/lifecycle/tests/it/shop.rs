//! Purchases of several customers, told as facts: enough of each to see which license
//! it belongs to.

use paidup_lifecycle::{
    Charge, Checkout, CheckoutLines, CheckoutMode, CheckoutPayment, Customer, Dispute,
    DisputeStatus, EndReason, Fact, History, Invoice, InvoiceLine, InvoiceStatus, Line, Object,
    Period, Refund, Settlement, Subscription, SubscriptionItem, SubscriptionStatus, Timestamp,
};

use crate::story::{MONTH, START};

/// Everything that was sold to somebody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shop {
    pub(crate) facts: Vec<Fact>,
}

impl Shop {
    fn tell(&mut self, at: Timestamp, object: Object) {
        self.facts.push(Fact::event(at, object));
    }

    pub(crate) fn customer(&mut self, id: &str, email: &str) {
        let customer = Customer {
            id: id.to_owned(),
            email: Some(email.to_owned()),
            ..Customer::default()
        };
        self.tell(START, Object::Customer(customer));
    }

    pub(crate) fn subscription(
        &mut self,
        n: u32,
        customer: &str,
        from: Timestamp,
        to: Option<Timestamp>,
    ) {
        let mut it = Subscription::new(&format!("sub_{n}"), SubscriptionStatus::Active);
        it.customer = Some(customer.to_owned());
        it.started_at = Some(from);
        let mut item = SubscriptionItem::new(&format!("si_{n}"), "price_growth_monthly");
        item.period_end = Some(from.plus(MONTH));
        it.items.push(item);
        self.tell(from, Object::Subscription(it.clone()));
        self.tell(
            from,
            Object::Invoice(Invoice {
                id: format!("in_{n}"),
                customer: it.customer.clone(),
                subscription: Some(it.id.clone()),
                status: InvoiceStatus::Paid,
                total: 2900,
                finalized_at: Some(from),
                due_date: None,
                lines: vec![InvoiceLine {
                    item: Some(format!("si_{n}")),
                    proration: false,
                    period: Period {
                        start: from,
                        end: from.plus(MONTH),
                    },
                    ..InvoiceLine::new(Period::default())
                }],
                truncated: false,
                ..Invoice::new("", InvoiceStatus::Draft)
            }),
        );
        let settlement = Settlement {
            invoice: format!("in_{n}"),
            payment: format!("pi_{n}"),
        };
        self.tell(from, Object::Settlement(settlement));
        if let Some(to) = to {
            it.status = SubscriptionStatus::Canceled;
            it.ended_at = Some(to);
            it.end_reason = Some(EndReason::Requested);
            self.tell(to, Object::Subscription(it));
        }
    }

    pub(crate) fn single(&mut self, n: u32, email: &str, at: Timestamp) {
        self.tell(
            at,
            Object::Checkout(Checkout {
                id: format!("cs_{n}"),
                created: Some(at),
                mode: CheckoutMode::Payment,
                payment_status: CheckoutPayment::Settled,
                customer: None,
                email: Some(email.to_owned()),
                name: None,
                subscription: None,
                payment: Some(format!("pi_{n}")),
                invoice: None,
                reference: None,
                metadata: std::collections::BTreeMap::new(),
            }),
        );
        let lines = vec![Line {
            id: format!("li_{n}"),
            price: "price_lifetime".to_owned(),
            product: None,
            quantity: 1,
            one_time: false,
        }];
        let checkout = format!("cs_{n}");
        self.tell(at, Object::CheckoutLines(CheckoutLines { checkout, lines }));
        self.charge(n, at, 0);
    }

    pub(crate) fn charge(&mut self, n: u32, at: Timestamp, amount_refunded: u64) {
        self.tell(
            at,
            Object::Charge(Charge {
                id: format!("ch_{n}"),
                customer: None,
                payment: Some(format!("pi_{n}")),
                invoice: None,
                amount: 9900,
                amount_refunded,
            }),
        );
    }

    pub(crate) fn refund(&mut self, n: u32, at: Timestamp, failed: bool) {
        self.charge(n, at, 9900);
        self.tell(
            at,
            Object::Refund(Refund {
                id: format!("re_{n}"),
                charge: Some(format!("ch_{n}")),
                payment: Some(format!("pi_{n}")),
                amount: 9900,
                failed,
                created: Some(at),
            }),
        );
    }

    pub(crate) fn dispute(&mut self, n: u32, at: Timestamp, status: DisputeStatus) {
        self.tell(
            at,
            Object::Dispute(Dispute {
                id: format!("dp_{n}"),
                charge: None,
                payment: Some(format!("pi_{n}")),
                status,
                amount: None,
                created: None,
            }),
        );
    }

    pub(crate) fn history(&self) -> History {
        self.facts.iter().cloned().collect()
    }
}
