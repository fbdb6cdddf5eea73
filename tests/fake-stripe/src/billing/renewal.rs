//! What time does to a subscription: one period ends and the next is billed.

use super::Outcome;
use crate::clock::after;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, CancellationReason, Invoice, Method, PauseReason, Period, Subscription,
    SubscriptionStatus, World,
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
        let subscription = self.subscriptions.get(id)?.clone();
        let renewable = [
            SubscriptionStatus::Active,
            SubscriptionStatus::Trialing,
            SubscriptionStatus::PastDue,
        ];
        subscription.require(&renewable, "be renewed")?;
        let mut items = subscription.items;
        let mut lines = Vec::new();
        let mut over = Period {
            start: subscription.created,
            end: subscription.created,
        };
        for item in &mut items {
            over = item.period;
            let recurring = self.recurring_of(&item.price)?;
            item.period = Period {
                start: over.end,
                end: after(over.end, recurring),
            };
            lines.push(self.line_for(item, false)?);
        }
        let invoice = self.draw_up(id, BillingReason::Cycle, lines, over)?;
        self.tell::<Invoice>("invoice.created", &invoice)?;
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.items = items;
            it.latest_invoice = Some(invoice.clone());
            if it.status == SubscriptionStatus::Trialing {
                it.status = SubscriptionStatus::Active;
            }
        })?;
        self.finalize(&invoice, Method::Card)?;
        self.collect(&invoice, outcome)?;
        if outcome == Outcome::Fails {
            self.fall_behind(id)?;
        }
        Ok(invoice)
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
