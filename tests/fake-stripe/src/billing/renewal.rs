//! What time does to a subscription: one period ends and the next is billed.

use super::Outcome;
use crate::clock::after;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, CancellationReason, Charging, Invoice, Method, PauseReason, PausedCollection,
    Period, Subscription, SubscriptionStatus, World,
};

impl World {
    /// The current period ends: a subscription that was to end does, any other
    /// is renewed. Gives the new invoice, if there is one.
    pub(crate) fn reach_period_end(&mut self, id: &str) -> Result<Option<String>, Refusal> {
        let subscription = self.subscriptions.get(id)?;
        if !subscription.cancel_at_period_end {
            return self.renew(id, Outcome::Succeeds).map(Some);
        }
        // Where the clock was not moved to the period's end, it ends now.
        let ended_at = subscription.period_end().min(self.now());
        self.end_subscription(id, CancellationReason::Requested, ended_at)?;
        Ok(None)
    }

    /// Bills the next period, which begins where the current one ends, whatever
    /// the clock says. Gives the invoice.
    pub(crate) fn renew(&mut self, id: &str, outcome: Outcome) -> Result<String, Refusal> {
        let invoice = self.bill_next_period(id)?;
        match self.subscriptions.get(id)?.collection_paused {
            None => {}
            Some(PausedCollection::Void) => {
                self.void(&invoice)?;
                return Ok(invoice);
            }
            Some(PausedCollection::MarkUncollectible) => {
                self.mark_uncollectible(&invoice)?;
                return Ok(invoice);
            }
        }
        self.collect(&invoice, outcome)?;
        if outcome == Outcome::Fails {
            self.fall_behind(id)?;
        }
        Ok(invoice)
    }

    /// Bills the next period, and collects nothing yet: the invoice is sent, or a
    /// delayed payment is on its way. Gives the invoice.
    pub(crate) fn bill_next_period(&mut self, id: &str) -> Result<String, Refusal> {
        let subscription = self.subscriptions.get(id)?.clone();
        let renewable = [
            SubscriptionStatus::Active,
            SubscriptionStatus::Trialing,
            SubscriptionStatus::PastDue,
        ];
        subscription.require(&renewable, "be renewed")?;
        let mut items = subscription.items;
        let mut lines = subscription.pending;
        let mut over = Period {
            start: subscription.created,
            end: subscription.created,
        };
        for item in &mut items {
            over = item.period;
            let recurring = self.recurring_of(&item.price)?;
            // Usage is billed when its period is over.
            let metered = self.prices.get(&item.price)?.charging == Charging::Metered;
            if metered {
                lines.push(self.line_for(item, false)?);
                item.usage = 0;
            }
            item.period = Period {
                start: over.end,
                end: after(over.end, recurring),
            };
            if !metered {
                lines.push(self.line_for(item, false)?);
            }
        }
        let invoice = self.draw_up(id, BillingReason::Cycle, lines, over)?;
        self.tell::<Invoice>("invoice.created", &invoice)?;
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.items = items;
            it.pending = Vec::new();
            it.latest_invoice = Some(invoice.clone());
            if it.status == SubscriptionStatus::Trialing {
                it.status = SubscriptionStatus::Active;
            }
        })?;
        self.finalize(&invoice, Method::Card)?;
        Ok(invoice)
    }

    /// The day by which the newest invoice was to be paid passes.
    pub(crate) fn fall_due(&mut self, id: &str) -> Result<(), Refusal> {
        let invoice = self.open_invoice(id)?;
        self.tell::<Invoice>("invoice.overdue", &invoice)?;
        self.fall_behind(id)
    }

    /// Counts usage of the first item with a metered price.
    pub(crate) fn count_usage(&mut self, id: &str, quantity: i64) -> Result<(), Refusal> {
        let items = &self.subscriptions.get(id)?.items;
        let metered = items.iter().position(|item| {
            let price = self.prices.get(&item.price);
            price.is_ok_and(|price| price.charging == Charging::Metered)
        });
        let items = &mut self.subscriptions.get_mut(id)?.items;
        let item = metered.and_then(|place| items.get_mut(place));
        let item = item.ok_or_else(|| Refusal::Missing {
            object: "metered subscription_item",
            id: id.to_owned(),
        })?;
        item.usage = item.usage.saturating_add(quantity);
        Ok(())
    }

    /// A payment failed: an active subscription becomes past due.
    pub(super) fn fall_behind(&mut self, id: &str) -> Result<(), Refusal> {
        if self.subscriptions.get(id)?.status != SubscriptionStatus::Active {
            return Ok(());
        }
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.status = SubscriptionStatus::PastDue;
        })
    }

    /// The vendor ends a trial early. A customer who never gave anything to pay
    /// with is paused, any other is billed.
    pub(crate) fn end_trial(&mut self, id: &str) -> Result<(), Refusal> {
        let trialing = [SubscriptionStatus::Trialing];
        let subscription = self.subscriptions.get(id)?;
        subscription.require(&trialing, "have its trial ended")?;
        let method = self.default_payment_method(&subscription.customer);
        if method.is_none() {
            return self.pause_for(id, PauseReason::TrialEnd);
        }
        let now = self.now();
        let subscription = self.subscriptions.get_mut(id)?;
        if let Some(trial) = &mut subscription.trial {
            trial.end = now;
        }
        for item in &mut subscription.items {
            item.period.end = now;
        }
        let pays = method.is_none_or(|it| self.fate(&it).pays());
        let outcome = if pays {
            Outcome::Succeeds
        } else {
            Outcome::Fails
        };
        self.renew(id, outcome).map(drop)
    }

    /// Three days before a trial ends.
    pub(crate) fn announce_trial_end(&mut self, id: &str) -> Result<(), Refusal> {
        let trialing = [SubscriptionStatus::Trialing];
        self.subscriptions
            .get(id)?
            .require(&trialing, "announce the end of a trial")?;
        self.tell::<Subscription>("customer.subscription.trial_will_end", id)
    }
}
