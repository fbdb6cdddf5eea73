//! One-off purchases of one buyer, told as facts: by a guest's checkout, by a checkout that
//! makes an invoice, and by an invoice from the dashboard.

use paidup_lifecycle::{
    Charge, Checkout, CheckoutLines, CheckoutMode, CheckoutPayment, Dispute, DisputeStatus, Fact,
    Invoice, InvoiceLine, InvoiceOrigin, InvoiceStatus, Item, Line, Object, Period, Reason, Refund,
    Settlement, Status, Timestamp,
};
use proptest::prelude::*;

use crate::story::{DAY, START};

/// How something was bought once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// Without a customer and without an invoice.
    Guest,
    /// The checkout has made an invoice, and the invoice's origin was asked for, or not.
    Invoiced {
        asked: bool,
    },
    Dashboard {
        asked: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    Kept,
    /// After so many days.
    Refunded(i64),
    PartlyRefunded,
    RefundFailed(i64),
    Disputed(DisputeStatus),
    /// A delayed payment that never came.
    NeverPaid,
}

#[derive(Debug, Clone)]
pub(crate) struct Sold {
    /// Days since the purchase before.
    pub(crate) days: i64,
    pub(crate) way: Way,
    pub(crate) prices: Vec<&'static str>,
    pub(crate) fate: Fate,
}

const PRICES: [&str; 3] = ["price_lifetime", "price_draw", "price_forgotten"];
const PAID: u64 = 9900;

pub(crate) fn sold() -> impl Strategy<Value = Sold> {
    let way = prop_oneof![
        Just(Way::Guest),
        any::<bool>().prop_map(|asked| Way::Invoiced { asked }),
        prop::bool::weighted(0.8).prop_map(|asked| Way::Dashboard { asked }),
    ];
    let status = prop_oneof![
        Just(DisputeStatus::Open),
        Just(DisputeStatus::Won),
        Just(DisputeStatus::Lost),
    ];
    let fate = prop_oneof![
        2 => Just(Fate::Kept),
        4 => (1_i64..20).prop_map(Fate::Refunded),
        1 => Just(Fate::PartlyRefunded),
        1 => (1_i64..20).prop_map(Fate::RefundFailed),
        1 => status.prop_map(Fate::Disputed),
        1 => Just(Fate::NeverPaid),
    ];
    let prices = prop::collection::vec(prop::sample::select(PRICES.to_vec()), 1..3);
    (1_i64..15, way, prices, fate).prop_map(|(days, way, prices, fate)| Sold {
        days,
        way,
        prices,
        fate,
    })
}

/// One purchase, as it is told.
pub(crate) struct Told<'a> {
    pub(crate) n: usize,
    pub(crate) at: Timestamp,
    pub(crate) sold: &'a Sold,
    pub(crate) facts: Vec<Fact>,
}

impl Told<'_> {
    fn tell(&mut self, days: i64, object: Object) {
        self.facts
            .push(Fact::event(self.at.plus(days * DAY), object));
    }

    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.n)
    }

    pub(crate) fn item(&self, line: usize) -> Item {
        match self.sold.way {
            Way::Dashboard { .. } => Item::of_invoice(&self.id("in"), &format!("il_{line}")),
            Way::Guest | Way::Invoiced { .. } => {
                Item::of_checkout(&self.id("cs"), &format!("li_{line}"))
            }
        }
    }

    /// Whether it is known to be a purchase of its own.
    pub(crate) fn known(&self) -> bool {
        self.sold.way != Way::Dashboard { asked: false }
    }

    fn checkout(&mut self) {
        let invoiced = matches!(self.sold.way, Way::Invoiced { .. });
        let mut checkout = Checkout {
            id: self.id("cs"),
            created: Some(self.at),
            mode: CheckoutMode::Payment,
            payment_status: CheckoutPayment::Unpaid,
            customer: None,
            email: Some("ada@example.com".to_owned()),
            name: None,
            subscription: None,
            payment: Some(self.id("pi")).filter(|_| !invoiced),
            invoice: Some(self.id("in")).filter(|_| invoiced),
            reference: None,
            metadata: std::collections::BTreeMap::new(),
        };
        self.tell(0, Object::Checkout(checkout.clone()));
        if self.sold.fate != Fate::NeverPaid {
            checkout.payment_status = CheckoutPayment::Settled;
            self.tell(1, Object::Checkout(checkout));
        }
        let prices = self.sold.prices.iter().enumerate();
        let lines = prices.map(|(line, price)| Line {
            id: format!("li_{line}"),
            price: (*price).to_owned(),
            product: None,
            quantity: 1,
            one_time: false,
        });
        let lines = CheckoutLines {
            checkout: self.id("cs"),
            lines: lines.collect(),
        };
        self.tell(0, Object::CheckoutLines(lines));
    }

    fn invoice(&mut self) {
        let prices = self.sold.prices.iter().enumerate();
        let lines = prices.map(|(line, price)| InvoiceLine {
            id: Some(format!("il_{line}")),
            price: Some((*price).to_owned()),
            ..InvoiceLine::new(Period::default())
        });
        let mut invoice = Invoice {
            amount_paid: Some(PAID),
            created: Some(self.at),
            lines: lines.collect(),
            ..Invoice::new(&self.id("in"), InvoiceStatus::Open)
        };
        self.tell(0, Object::Invoice(invoice.clone()));
        if self.sold.fate != Fate::NeverPaid {
            invoice.status = InvoiceStatus::Paid;
            self.tell(1, Object::Invoice(invoice));
        }
        self.tell(
            0,
            Object::Settlement(Settlement {
                invoice: self.id("in"),
                payment: self.id("pi"),
            }),
        );
        let (asked, checkout) = match self.sold.way {
            Way::Dashboard { asked } => (asked, None),
            Way::Guest => (false, None),
            Way::Invoiced { asked } => (asked, Some(self.id("cs"))),
        };
        if asked {
            let invoice = self.id("in");
            self.tell(
                0,
                Object::InvoiceOrigin(InvoiceOrigin { invoice, checkout }),
            );
        }
    }

    fn money(&mut self) {
        let mut charge = Charge {
            id: self.id("ch"),
            customer: None,
            payment: Some(self.id("pi")),
            invoice: None,
            amount: PAID,
            amount_refunded: 0,
        };
        self.tell(0, Object::Charge(charge.clone()));
        let (back, days) = match self.sold.fate {
            Fate::Refunded(days) | Fate::RefundFailed(days) => (PAID, days),
            Fate::PartlyRefunded => (PAID - 1, 1),
            Fate::Disputed(status) => {
                let dispute = Dispute {
                    id: self.id("dp"),
                    charge: None,
                    payment: Some(self.id("pi")),
                    status,
                    amount: None,
                    created: None,
                };
                return self.tell(2, Object::Dispute(dispute));
            }
            Fate::Kept | Fate::NeverPaid => return,
        };
        charge.amount_refunded = back;
        self.tell(days, Object::Charge(charge));
        let mut refund = Refund {
            id: self.id("re"),
            charge: Some(self.id("ch")),
            payment: Some(self.id("pi")),
            amount: back,
            failed: false,
            created: Some(self.at.plus(days * DAY)),
        };
        self.tell(days, Object::Refund(refund.clone()));
        if matches!(self.sold.fate, Fate::RefundFailed(_)) {
            refund.failed = true;
            self.tell(days + 30, Object::Refund(refund));
        }
    }

    pub(crate) fn expected(&self) -> (Status, Option<Reason>) {
        match self.sold.fate {
            Fate::Refunded(_) => (Status::Revoked, Some(Reason::Refunded)),
            Fate::Disputed(DisputeStatus::Lost) => (Status::Revoked, Some(Reason::Disputed)),
            Fate::Disputed(DisputeStatus::Open) => (Status::Suspended, Some(Reason::Disputed)),
            _ => (Status::Active, None),
        }
    }
}

pub(crate) fn tell(all: &[Sold]) -> Vec<Told<'_>> {
    let mut at = START;
    let mut told = Vec::new();
    for (n, sold) in (1..).zip(all) {
        at = at.plus(sold.days * DAY);
        let mut one = Told {
            n,
            at,
            sold,
            facts: Vec::new(),
        };
        if !matches!(sold.way, Way::Dashboard { .. }) {
            one.checkout();
        }
        if sold.way != Way::Guest {
            one.invoice();
        }
        if sold.fate != Fate::NeverPaid {
            one.money();
        }
        told.push(one);
    }
    told
}
