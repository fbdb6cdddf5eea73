//! Bills of the subscription of a story, each told by what it bills and from which day on.

use paidup_lifecycle::{
    Invoice, InvoiceLine, InvoiceStatus, LicenseState, Mapping, Object, Period, Reason, Status,
    SubscriptionItem, SubscriptionStatus, Timestamp,
};

use crate::story::{DAY, MONTH, START, Story, terms};
use crate::walk::{GROWTH, licenses, mapping, policy};

pub(crate) type Standing = (Status, Option<Reason>);

pub(crate) const GOOD: Standing = (Status::Active, None);
pub(crate) const UNPAID: Standing = (Status::Suspended, Some(Reason::PaymentFailed));
pub(crate) const OVER: Standing = (Status::Revoked, Some(Reason::Canceled));

pub(crate) fn after(days: i64) -> Timestamp {
    START.plus(days * DAY)
}

/// A month for those items, made on that day.
pub(crate) fn month(id: &str, items: &[&str], day: i64, status: InvoiceStatus) -> Invoice {
    let line = |item: &&str| InvoiceLine {
        item: Some((*item).to_owned()),
        ..InvoiceLine::new(Period {
            start: after(day),
            end: after(day).plus(MONTH),
        })
    };
    Invoice {
        subscription: Some("sub_1".to_owned()),
        total: 2900,
        created: Some(after(day)),
        finalized_at: Some(after(day)),
        paid_at: Some(after(day)).filter(|_| status == InvoiceStatus::Paid),
        attempted: true,
        lines: items.iter().map(line).collect(),
        ..Invoice::new(id, status)
    }
}

/// A correction of the month of an item, made on that day.
pub(crate) fn correction(id: &str, item: &str, day: i64, status: InvoiceStatus) -> Invoice {
    let mut invoice = month(id, &[item], day, status);
    invoice.off_cycle = true;
    for line in &mut invoice.lines {
        line.proration = true;
    }
    invoice
}

/// Something else that is billed beside the items.
pub(crate) fn extra(id: &str, day: i64, status: InvoiceStatus) -> Invoice {
    let mut invoice = month(id, &["si_1"], day, status);
    invoice.off_cycle = true;
    for line in &mut invoice.lines {
        line.item = None;
        line.price = Some("price_setup".to_owned());
    }
    invoice
}

/// Every policy has that payment grace of seven days.
pub(crate) fn patient() -> Mapping {
    let mut mapping = Mapping::default();
    let sold = [
        (GROWTH, terms()),
        ("price_pro", policy("pro_policy", "notes")),
        ("price_draw", policy("draw_policy", "draw")),
    ];
    for (price, mut terms) in sold {
        terms.payment_grace = 7 * DAY;
        mapping.map_price(price, terms);
    }
    mapping
}

/// The licenses of one product of the story under that mapping.
pub(crate) fn license_of(story: &Story, product: &str, mapping: &Mapping) -> Option<LicenseState> {
    let mut all = licenses(&story.facts, mapping).into_iter();
    let found = all.find(|(_, sold, _)| sold == product);
    found.map(|(_, _, state)| state)
}

/// How the license of that product stands now, if there is one.
pub(crate) fn standing(story: &Story, product: &str) -> Option<Standing> {
    standing_under(story, product, &mapping())
}

pub(crate) fn standing_under(story: &Story, product: &str, mapping: &Mapping) -> Option<Standing> {
    let state = license_of(story, product, mapping)?;
    let condition = state.at(story.now);
    Some((condition.status, condition.reason))
}

/// When the grace of that product's license ends.
pub(crate) fn grace(story: &Story, product: &str, mapping: &Mapping) -> Option<Timestamp> {
    let state = license_of(story, product, mapping)?;
    state.at(story.now).grace_ends_at()
}

impl Story {
    /// One subscription with an item of each of two products, both paid for a month.
    pub(crate) fn bought_two() -> Self {
        let mut story = Self::ordered(SubscriptionStatus::Active);
        let mut item = SubscriptionItem::new("si_2", "price_draw");
        item.created = Some(START);
        item.period_end = Some(START.plus(MONTH));
        story.subscription.items.push(item);
        let paid = month("in_1", &["si_1", "si_2"], 0, InvoiceStatus::Paid);
        story.tell_bill(paid);
        story.tell_subscription();
        story
    }

    pub(crate) fn tell_bill(&mut self, invoice: Invoice) {
        self.tell(Object::Invoice(invoice));
    }

    /// The bill comes to that on that day.
    pub(crate) fn settle(&mut self, mut invoice: Invoice, day: i64, status: InvoiceStatus) {
        self.now = after(day);
        invoice.status = status;
        invoice.paid_at = Some(self.now).filter(|_| status == InvoiceStatus::Paid);
        self.tell_bill(invoice);
    }

    /// It stands like that from that day on.
    pub(crate) fn stands(&mut self, day: i64, status: SubscriptionStatus) {
        self.now = after(day);
        self.subscription.status = status;
        self.tell_subscription();
    }

    /// An item leaves on that day, and the subscription goes on.
    pub(crate) fn leaves(&mut self, item: &str, day: i64) {
        self.now = after(day - 1);
        self.remove_item(item);
    }

    /// The first item has that price from that day on.
    pub(crate) fn moves(&mut self, price: &str, day: i64) {
        self.now = after(day - 1);
        let before = self.subscription.item_set();
        self.move_to(price, paidup_lifecycle::Pricing::Licensed);
        before
            .into_iter()
            .for_each(|before| self.tell_change(before));
    }

    /// The subscription ends on that day.
    pub(crate) fn ends(&mut self, day: i64) {
        self.now = after(day - 1);
        self.end(paidup_lifecycle::EndReason::Requested);
    }
}
