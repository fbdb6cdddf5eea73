//! A subscription is revised in mid-period: other prices, other quantities.

use super::Outcome;
use crate::clock::after;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, Charging, Invoice, InvoiceLine, Item, Metadata, Method, Period, Price,
    Subscription, SubscriptionStatus, World,
};

/// A change of one item; without `item`, a new one.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemChange {
    pub(crate) item: Option<String>,
    pub(crate) price: Option<String>,
    pub(crate) quantity: Option<i64>,
    pub(crate) deleted: bool,
}

/// When the difference is paid (`proration_behavior`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "Stripe offers these three")]
pub enum Proration {
    /// Never.
    None,
    /// By the next invoice.
    Later,
    /// At once, by an invoice of its own.
    Now(Outcome),
}

impl World {
    /// Gives the invoice of the difference, if there is one.
    pub(crate) fn revise(
        &mut self,
        id: &str,
        changes: &[ItemChange],
        proration: Proration,
    ) -> Result<Option<String>, Refusal> {
        let before = self.subscriptions.get(id)?.clone();
        let running = [
            SubscriptionStatus::Active,
            SubscriptionStatus::Trialing,
            SubscriptionStatus::PastDue,
        ];
        before.require(&running, "be changed")?;
        let items = self.revised(&before.items, changes)?;
        let lines = self.difference(&before.items, &items)?;
        let owed: i64 = lines.iter().map(|line| line.amount).sum();
        let mut later = Vec::new();
        let invoice = match proration {
            Proration::Now(outcome) if !lines.is_empty() && owed > 0 => {
                let now = self.now();
                let at = Period {
                    start: now,
                    end: now,
                };
                Some((self.draw_up(id, BillingReason::Update, lines, at)?, outcome))
            }
            Proration::Now(_) | Proration::Later => {
                later = lines;
                None
            }
            Proration::None => None,
        };
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.items = items;
            it.pending.extend(later);
            if let Some((invoice, _)) = &invoice {
                it.latest_invoice = Some(invoice.clone());
            }
        })?;
        let Some((invoice, outcome)) = invoice else {
            return Ok(None);
        };
        self.tell::<Invoice>("invoice.created", &invoice)?;
        self.finalize(&invoice, Method::Card)?;
        self.collect(&invoice, outcome)?;
        if outcome == Outcome::Fails {
            self.fall_behind(id)?;
        }
        Ok(Some(invoice))
    }

    fn revised(&mut self, items: &[Item], changes: &[ItemChange]) -> Result<Vec<Item>, Refusal> {
        let now = self.now();
        let mut items = items.to_vec();
        for change in changes {
            let Some(id) = &change.item else {
                let param = "items[price]";
                let price = change
                    .price
                    .as_deref()
                    .ok_or(Refusal::MissingParameter { param })?;
                let recurring = self.recurring_of(price)?;
                let end = items.iter().map(|it| it.period.end).max();
                let end = end.unwrap_or_else(|| after(now, recurring));
                items.push(Item {
                    id: self.ids.next("si_"),
                    price: price.to_owned(),
                    quantity: change.quantity.unwrap_or(1),
                    usage: 0,
                    period: Period { start: now, end },
                    created: now,
                    metadata: Metadata::new(),
                });
                continue;
            };
            let Some(item) = items.iter_mut().find(|it| it.id == *id) else {
                return Err(Refusal::Missing {
                    object: "subscription_item",
                    id: id.clone(),
                });
            };
            if change.deleted {
                items.retain(|it| it.id != *id);
                continue;
            }
            if let Some(price) = &change.price {
                let old = self.recurring_of(&item.price)?;
                let new = self.recurring_of(price)?;
                // Another interval begins a new period.
                if old != new {
                    item.period = Period {
                        start: now,
                        end: after(now, new),
                    };
                }
                item.price.clone_from(price);
            }
            item.quantity = change.quantity.unwrap_or(item.quantity);
        }
        if items.is_empty() {
            let problem = "a subscription needs at least one item";
            return Err(Refusal::InvalidParameter {
                param: "items",
                problem,
            });
        }
        Ok(items)
    }

    // A credit for the rest of what was, a debit for the rest of what is.
    fn difference(&mut self, old: &[Item], new: &[Item]) -> Result<Vec<InvoiceLine>, Refusal> {
        let same =
            |a: &Item, b: &Item| a.id == b.id && a.price == b.price && a.quantity == b.quantity;
        let gone = old
            .iter()
            .filter(|it| !new.iter().any(|other| same(it, other)));
        let come = new
            .iter()
            .filter(|it| !old.iter().any(|other| same(it, other)));
        let mut lines = Vec::new();
        for (item, sign) in gone.map(|it| (it, -1)).chain(come.map(|it| (it, 1))) {
            // Usage is billed in arrears, and never ahead.
            if self.prices.get(&item.price)?.charging == Charging::Metered {
                continue;
            }
            lines.push(self.prorated(item, sign)?);
        }
        Ok(lines)
    }

    fn prorated(&mut self, item: &Item, sign: i64) -> Result<InvoiceLine, Refusal> {
        // A period that nobody has renewed ends before an item that joins now begins.
        let end = item.period.end.max(item.period.start);
        let now = self.now().clamp(item.period.start, end);
        let length = (end - item.period.start).max(1);
        let left = end - now;
        let Price { unit_amount, .. } = *self.prices.get(&item.price)?;
        let mut line = self.line_for(item, false)?;
        let whole = unit_amount.saturating_mul(item.quantity);
        line.amount = whole.saturating_mul(left) / length * sign;
        let word = if sign < 0 { "Unused" } else { "Remaining" };
        line.description = format!("{word} time: {}", line.description);
        line.period = Period { start: now, end };
        line.proration = true;
        Ok(line)
    }
}
