//! Random lives of a subscription whose items move, join and leave, told as facts; and the
//! licenses that they make under a mapping.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use paidup_lifecycle::{
    Bars, EndReason, Fact, History, Invoice, InvoiceLine, InvoiceStatus, ItemSet, LicenseState,
    Mapping, Object, Period, Pricing, Settings, SoldItem, SubscriptionItem, Terms,
};
use proptest::prelude::*;

use crate::story::{DAY, MONTH, START, Story, terms};

pub(crate) const GROWTH: &str = "price_growth_monthly";
/// Mapped to nothing, or to an extension.
pub(crate) const SEATS: &str = "price_seats";

pub(crate) fn policy(policy: &str, product: &str) -> Terms {
    Terms {
        policy: policy.to_owned(),
        product: product.to_owned(),
        ..terms()
    }
}

pub(crate) fn mapping() -> Mapping {
    let mut mapping = Mapping::default();
    mapping.map_price(GROWTH, terms());
    mapping.map_price("price_pro", policy("pro_policy", "notes"));
    mapping.map_price("price_draw", policy("draw_policy", "draw"));
    mapping
}

/// Each license: the items it has followed, its product, and its state.
pub(crate) fn licenses(
    facts: &[Fact],
    mapping: &Mapping,
) -> Vec<(Vec<String>, String, LicenseState)> {
    let history: History = facts.iter().cloned().collect();
    let mut bought = history.bought(mapping);
    let lineages = bought.lineages(&history, &Settings::default(), &Bars::new());
    let see = lineages.iter().filter_map(|lineage| {
        let last = lineage.last()?;
        let items = lineage.keys().map(|key| key.item.id.clone()).collect();
        Some((items, lineage.product.to_owned(), last.state.clone()))
    });
    see.filter(|(_, _, state)| state.is_provisioned()).collect()
}

impl Story {
    /// The item has that price from now on.
    pub(crate) fn move_to(&mut self, price: &str, pricing: Pricing) {
        self.now = self.now.plus(DAY);
        if let Some(item) = self.subscription.items.first_mut() {
            item.price = price.to_owned();
            item.pricing = pricing;
        }
        self.tell_subscription();
    }

    pub(crate) fn add_item(&mut self, id: &str, price: &str, quantity: u64) {
        let mut item = SubscriptionItem::new(id, price);
        item.created = Some(self.now);
        item.quantity = quantity;
        item.period_end = Some(START.plus(MONTH));
        self.subscription.items.push(item);
        self.tell_subscription();
    }

    /// An item is paid for the first month by an invoice of its own.
    pub(crate) fn bill_item(&mut self, id: &str) {
        let line = InvoiceLine {
            item: Some(id.to_owned()),
            ..InvoiceLine::new(Period {
                start: START,
                end: START.plus(MONTH),
            })
        };
        self.tell(Object::Invoice(Invoice {
            subscription: Some("sub_1".to_owned()),
            total: 500,
            created: Some(self.now),
            finalized_at: Some(self.now),
            lines: vec![line],
            ..Invoice::new(&format!("in_{id}"), InvoiceStatus::Paid)
        }));
    }

    pub(crate) fn remove_item(&mut self, id: &str) {
        self.now = self.now.plus(DAY);
        let before = self.subscription.item_set().unwrap();
        self.subscription.items.retain(|item| item.id != id);
        self.tell_subscription();
        self.tell_change(before);
    }

    /// What an event's `previous_attributes` say.
    pub(crate) fn tell_change(&mut self, before: ItemSet) {
        let after = self.subscription.item_set().unwrap();
        self.tell(Object::ItemSet(ItemSet {
            before: Some(before.items),
            ..after
        }));
    }

    /// An invoice that was made by hand, beside the subscription's own.
    pub(crate) fn extra_bill(&mut self, id: &str, status: InvoiceStatus) {
        let mut line = InvoiceLine::new(Period::default());
        line.price = Some("price_setup".to_owned());
        self.tell(Object::Invoice(Invoice {
            subscription: Some("sub_1".to_owned()),
            total: 500,
            created: Some(self.now),
            finalized_at: Some(self.now),
            attempted: true,
            off_cycle: true,
            lines: vec![line],
            ..Invoice::new(id, status)
        }));
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Move(usize),
    Return,
    Join(u8),
    Remove(u8),
    Extra(InvoiceStatus),
    Renew(bool),
    Pay,
    Refund(u64),
    Seats(u64),
    End,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..5).prop_map(Step::Move),
        1 => Just(Step::Return),
        2 => (2_u8..5).prop_map(Step::Join),
        2 => (1_u8..5).prop_map(Step::Remove),
        2 => prop_oneof![Just(InvoiceStatus::Open), Just(InvoiceStatus::Paid)].prop_map(Step::Extra),
        2 => any::<bool>().prop_map(Step::Renew),
        1 => Just(Step::Pay),
        1 => prop_oneof![Just(1000_u64), Just(2900)].prop_map(Step::Refund),
        1 => (1_u64..9).prop_map(Step::Seats),
        1 => Just(Step::End),
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..10)
}

pub(crate) const PRICES: [(&str, Pricing); 5] = [
    (GROWTH, Pricing::Licensed),
    ("price_pro", Pricing::Licensed),
    ("price_draw", Pricing::Licensed),
    ("price_forgotten", Pricing::Licensed),
    ("price_free", Pricing::Free),
];

/// A life that is told step by step.
pub(crate) struct Walk {
    pub(crate) story: Story,
    extra: u32,
}

impl Walk {
    /// It begins with a paid purchase.
    pub(crate) fn new() -> Self {
        Self {
            story: Story::bought(),
            extra: 0,
        }
    }

    /// Takes a step, if it can be taken now.
    pub(crate) fn take(&mut self, step: &Step) {
        let story = &mut self.story;
        if story.subscription.status.is_final() {
            return;
        }
        let before = story.subscription.item_set();
        match step {
            Step::Move(place) => {
                let (price, pricing) = PRICES[*place];
                story.move_to(price, pricing);
            }
            Step::Return => story.move_to(GROWTH, Pricing::Licensed),
            Step::Join(n) => {
                let id = format!("si_{n}");
                if story.subscription.items.iter().all(|item| item.id != id) {
                    story.now = story.now.plus(DAY);
                    let price = if *n == 4 { SEATS } else { "price_draw" };
                    story.add_item(&id, price, u64::from(*n));
                }
            }
            // Stripe keeps one item at least.
            Step::Remove(n) if story.subscription.items.len() > 1 => {
                story.remove_item(&format!("si_{n}"));
            }
            Step::Remove(_) => {}
            Step::Extra(status) => {
                self.extra += 1;
                story.extra_bill(&format!("in_extra_{}", self.extra), *status);
            }
            Step::Renew(paid) => story.renew(*paid),
            Step::Pay => story.pay(),
            Step::Refund(amount) => story.refund(*amount),
            Step::Seats(quantity) => story.seats(*quantity),
            Step::End => story.end(EndReason::Requested),
        }
        let after = story.subscription.item_set();
        if let (Some(before), Some(after)) = (before, after)
            && priced(&before.items) != priced(&after.items)
        {
            story.tell_change(before);
        }
    }
}

fn priced(items: &[SoldItem]) -> Vec<(&str, &str)> {
    let priced = items
        .iter()
        .map(|item| (item.id.as_str(), item.price.as_str()));
    priced.collect()
}

/// The whole life that these steps make.
pub(crate) fn told(steps: &[Step]) -> Story {
    let mut walk = Walk::new();
    for step in steps {
        walk.take(step);
    }
    walk.story
}
