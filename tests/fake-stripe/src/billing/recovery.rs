//! What ends the time in which a subscription is not paid.

use crate::refusal::Refusal;
use crate::state::{Subscription, SubscriptionStatus, World};

impl World {
    /// A bill is paid: the subscription that it left unpaid goes on.
    pub(super) fn recover(&mut self, invoice: &str) -> Result<(), Refusal> {
        let unpaid = [
            SubscriptionStatus::Incomplete,
            SubscriptionStatus::PastDue,
            SubscriptionStatus::Unpaid,
        ];
        self.reactivate(invoice, &unpaid)
    }

    /// The vendor gives up on a bill, and the subscription goes on without it.
    pub(super) fn forgive(&mut self, invoice: &str) -> Result<(), Refusal> {
        self.reactivate(invoice, &[SubscriptionStatus::PastDue])
    }

    // Only the latest invoice brings a subscription back.
    fn reactivate(&mut self, invoice: &str, from: &[SubscriptionStatus]) -> Result<(), Refusal> {
        let Some(subscription) = self.invoices.get(invoice)?.subscription.clone() else {
            return Ok(());
        };
        let owing = self.subscriptions.get(&subscription)?;
        let latest = owing.latest_invoice.as_deref() == Some(invoice);
        if !latest || !from.contains(&owing.status) {
            return Ok(());
        }
        self.change::<Subscription>("customer.subscription.updated", &subscription, |it| {
            it.status = SubscriptionStatus::Active;
        })
    }
}
