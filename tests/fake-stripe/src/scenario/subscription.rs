//! The life of a subscription after its purchase.

use super::Subscribe;
use crate::billing::{NewSubscription, Outcome};
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::{CancellationReason, Metadata, Method, PausedCollection, SubscriptionStatus};

impl FakeStripe {
    /// The vendor subscribes a customer by the API, without a checkout. Where the
    /// first payment fails, the subscription is `incomplete`.
    ///
    /// # Errors
    /// Where the customer or the price is missing.
    pub async fn subscribe(
        &self,
        customer: &str,
        price: &str,
        first_payment: Outcome,
    ) -> Result<String, Refusal> {
        let offer = Subscribe::to(price);
        self.subscribe_by(customer, offer, first_payment).await
    }

    /// The vendor subscribes a customer by the API, on terms of its own. What is sent
    /// as an invoice is active at once and stays open, whatever `first_payment` says.
    ///
    /// # Errors
    /// Where the customer or a price is missing.
    pub async fn subscribe_by(
        &self,
        customer: &str,
        offer: Subscribe,
        first_payment: Outcome,
    ) -> Result<String, Refusal> {
        self.act(|world| {
            world.customers.get(customer)?;
            let new = NewSubscription {
                customer: customer.to_owned(),
                lines: offer.lines,
                trial_days: None,
                metadata: Metadata::new(),
                method: Method::Card,
                start_date: offer.start_date,
                days_until_due: offer.days_until_due,
            };
            world.subscribe(new, first_payment)
        })
        .await
    }

    /// The first payment was never made: the subscription is `incomplete_expired`.
    ///
    /// # Errors
    /// Where the subscription is not incomplete.
    pub async fn expire_incomplete(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.expire_incomplete(subscription))
            .await
    }

    /// The next period begins and is paid. It begins where the current one ends,
    /// whatever the clock says: where the dates matter, move the clock there first.
    /// Gives the invoice.
    ///
    /// # Errors
    /// Where the subscription is missing, over, unpaid or paused.
    pub async fn renew(&self, subscription: &str) -> Result<String, Refusal> {
        self.act(|world| world.renew(subscription, Outcome::Succeeds))
            .await
    }

    /// The next period begins and its payment fails: `past_due`. Gives the invoice,
    /// which stays open.
    ///
    /// # Errors
    /// As [`renew`](Self::renew).
    pub async fn fail_renewal(&self, subscription: &str) -> Result<String, Refusal> {
        self.act(|world| world.renew(subscription, Outcome::Fails))
            .await
    }

    /// The next period begins and is billed, and nothing is collected yet. Gives the
    /// invoice, which stays open.
    ///
    /// # Errors
    /// As [`renew`](Self::renew).
    pub async fn bill_next_period(&self, subscription: &str) -> Result<String, Refusal> {
        self.act(|world| world.bill_next_period(subscription)).await
    }

    /// The day passes by which the newest invoice was to be paid: `past_due`.
    ///
    /// # Errors
    /// Where nothing is open.
    pub async fn fall_due(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.fall_due(subscription)).await
    }

    /// Counts usage of the first item with a metered price, for the next invoice.
    ///
    /// # Errors
    /// Where no price of the subscription is metered.
    pub fn count_usage(&self, subscription: &str, quantity: i64) -> Result<(), Refusal> {
        self.change(|world| world.count_usage(subscription, quantity))
    }

    /// The current period ends: a subscription that was to end does, any other is
    /// renewed and paid. Gives the invoice of the next period.
    ///
    /// # Errors
    /// As [`renew`](Self::renew).
    pub async fn reach_period_end(&self, subscription: &str) -> Result<Option<String>, Refusal> {
        self.act(|world| world.reach_period_end(subscription)).await
    }

    /// The end of the current period, in Unix seconds.
    ///
    /// # Errors
    /// Where there is no such subscription.
    pub fn period_end(&self, subscription: &str) -> Result<i64, Refusal> {
        self.look(|world| Ok(world.subscriptions.get(subscription)?.period_end()))
    }

    /// The status of a subscription.
    ///
    /// # Errors
    /// Where there is no such subscription.
    pub fn subscription_status(&self, subscription: &str) -> Result<SubscriptionStatus, Refusal> {
        self.look(|world| Ok(world.subscriptions.get(subscription)?.status))
    }

    /// The last retry fails too, and [`AfterDunning`](crate::AfterDunning) decides
    /// what becomes of the subscription.
    ///
    /// # Errors
    /// Where the subscription is not past due.
    pub async fn exhaust_dunning(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.exhaust_dunning(subscription)).await
    }

    /// Cancels at once.
    ///
    /// # Errors
    /// Where the subscription is missing or over.
    pub async fn cancel(&self, subscription: &str) -> Result<(), Refusal> {
        self.end(subscription, CancellationReason::Requested).await
    }

    /// Cancels at once because a payment was disputed.
    ///
    /// # Errors
    /// Where the subscription is missing or over.
    pub async fn cancel_for_dispute(&self, subscription: &str) -> Result<(), Refusal> {
        self.end(subscription, CancellationReason::PaymentDisputed)
            .await
    }

    /// Cancels with the end of the current period, which
    /// [`reach_period_end`](Self::reach_period_end) brings about.
    ///
    /// # Errors
    /// Where the subscription is missing or over.
    pub async fn cancel_at_period_end(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.end_with_period(subscription, true))
            .await
    }

    /// The customer stays after all.
    ///
    /// # Errors
    /// Where the subscription is missing or over.
    pub async fn keep(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.end_with_period(subscription, false))
            .await
    }

    /// Pauses the subscription: status `paused`.
    ///
    /// # Errors
    /// Where the subscription is neither active nor in its trial.
    pub async fn pause(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.pause(subscription)).await
    }

    /// A paused subscription goes on.
    ///
    /// # Errors
    /// Where the subscription is not paused.
    pub async fn resume(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.resume(subscription)).await
    }

    /// Sets `pause_collection`, or takes it away: the status stays as it is, and the
    /// invoices of the next periods are not paid.
    ///
    /// # Errors
    /// Where the subscription is missing.
    pub async fn pause_collection(
        &self,
        subscription: &str,
        paused: Option<PausedCollection>,
    ) -> Result<(), Refusal> {
        self.act(|world| world.pause_collection(subscription, paused))
            .await
    }

    /// The trial ends in three days.
    ///
    /// # Errors
    /// Where the subscription is not in its trial.
    pub async fn announce_trial_end(&self, subscription: &str) -> Result<(), Refusal> {
        self.act(|world| world.announce_trial_end(subscription))
            .await
    }

    async fn end(&self, subscription: &str, reason: CancellationReason) -> Result<(), Refusal> {
        self.act(|world| {
            let now = world.now();
            world.end_subscription(subscription, reason, now)
        })
        .await
    }
}
