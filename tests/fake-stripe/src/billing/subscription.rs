//! A subscription from its start to its end.

use super::Outcome;
use super::invoicing::RETRIES;
use crate::clock::after;
use crate::refusal::Refusal;
use crate::state::{
    BillingReason, CancellationReason, Customer, Fate, Interval, Invoice, Item, Metadata, Method,
    Pause, PauseReason, PausedCollection, Period, Recurring, Subscription, SubscriptionStatus,
    World,
};

const DAY: i64 = 86_400;

/// What the account does with a subscription when the last retry has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_enums, reason = "Stripe offers these four")]
pub enum AfterDunning {
    /// It ends.
    #[default]
    Cancel,
    /// It becomes `unpaid`.
    MarkUnpaid,
    /// It stays `past_due`.
    LeavePastDue,
    /// It is paused.
    Pause,
}

/// A subscription that is to begin.
pub(crate) struct NewSubscription {
    pub(crate) customer: String,
    /// Prices and quantities; a price that is paid once goes on the first
    /// invoice only.
    pub(crate) lines: Vec<(String, i64)>,
    pub(crate) trial_days: Option<u32>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Method,
    /// Where its first period begins, if earlier than now.
    pub(crate) start_date: Option<i64>,
    /// Its invoices are sent and paid within so many days; else collected at once.
    pub(crate) days_until_due: Option<u32>,
}

impl World {
    /// Begins a subscription in `status` and draws up its first invoice, which
    /// is final but not yet paid. Gives both.
    pub(crate) fn start_subscription(
        &mut self,
        new: NewSubscription,
        status: SubscriptionStatus,
    ) -> Result<(String, String), Refusal> {
        let now = self.now();
        let start_date = new.start_date.unwrap_or(now).min(now);
        let trial = new.trial_days.map(|days| Period {
            start: now,
            end: now.saturating_add(i64::from(days).saturating_mul(DAY)),
        });
        let id = self.ids.next("sub_");
        let mut currency = "usd".to_owned();
        let mut items = Vec::new();
        let mut lines = Vec::new();
        for (price, quantity) in new.lines {
            let price = self.prices.get(&price)?.clone();
            let recurring = price.recurring;
            let mut period = Period {
                start: start_date,
                end: recurring.map_or(start_date, |recurring| after(start_date, recurring)),
            };
            while let Some(recurring) = recurring.filter(|_| period.end <= now) {
                period = Period {
                    start: period.end,
                    end: after(period.end, recurring),
                };
            }
            let item = Item {
                id: self.ids.next("si_"),
                price: price.id,
                quantity,
                usage: 0,
                period: trial.filter(|_| recurring.is_some()).unwrap_or(period),
                created: now,
                metadata: Metadata::new(),
            };
            currency = price.currency;
            lines.push(self.line_for(&item, trial.is_some() && recurring.is_some())?);
            if recurring.is_some() {
                items.push(item);
            }
        }
        self.subscriptions.insert(Subscription {
            id: id.clone(),
            customer: new.customer,
            currency,
            status: match (trial, new.days_until_due) {
                (Some(_), _) => SubscriptionStatus::Trialing,
                // What is sent is not due yet.
                (None, Some(_)) => SubscriptionStatus::Active,
                (None, None) => status,
            },
            items,
            created: now,
            start_date,
            days_until_due: new.days_until_due,
            pending: Vec::new(),
            trial,
            cancel_at: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            reason: None,
            paused: None,
            collection_paused: None,
            latest_invoice: None,
            metadata: new.metadata,
        });
        let first = Period {
            start: now,
            end: now,
        };
        let invoice = self.draw_up(&id, BillingReason::Create, lines, first)?;
        self.subscriptions.get_mut(&id)?.latest_invoice = Some(invoice.clone());
        self.tell::<Subscription>("customer.subscription.created", &id)?;
        self.tell::<Invoice>("invoice.created", &invoice)?;
        self.finalize(&invoice, new.method)?;
        Ok((id, invoice))
    }

    /// A subscription that the API makes: incomplete until its first payment,
    /// which is tried at once.
    pub(crate) fn subscribe(
        &mut self,
        new: NewSubscription,
        outcome: Outcome,
    ) -> Result<String, Refusal> {
        let (trial_days, is_sent) = (new.trial_days, new.days_until_due.is_some());
        let (subscription, invoice) =
            self.start_subscription(new, SubscriptionStatus::Incomplete)?;
        if trial_days.is_some_and(|days| days <= 3) {
            self.announce_trial_end(&subscription)?;
        }
        if is_sent && self.invoices.get(&invoice)?.amount_due() > 0 {
            return Ok(subscription);
        }
        let fate = self.payment_intent_of(&invoice).map(|it| self.fate_of(&it));
        let pays = fate.is_none_or(Fate::pays);
        self.collect(&invoice, if pays { outcome } else { Outcome::Fails })?;
        Ok(subscription)
    }

    /// The first payment was not made within its 23 hours.
    pub(crate) fn expire_incomplete(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let incomplete = [SubscriptionStatus::Incomplete];
        self.subscriptions.get(id)?.require(&incomplete, "expire")?;
        let invoice = self.open_invoice(id)?;
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.status = SubscriptionStatus::IncompleteExpired;
            it.ended_at = Some(now);
        })?;
        self.void(&invoice)
    }

    /// The end, at once.
    pub(crate) fn end_subscription(
        &mut self,
        id: &str,
        reason: CancellationReason,
        ended_at: i64,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let subscription = self.subscriptions.get_mut(id)?;
        if subscription.status.is_over() {
            let status = subscription.status.as_str();
            let verb = "be canceled";
            return Err(Refusal::WrongState {
                object: "subscription",
                status,
                verb,
            });
        }
        subscription.status = SubscriptionStatus::Canceled;
        subscription.canceled_at.get_or_insert(now);
        subscription.ended_at = Some(ended_at);
        subscription.reason.get_or_insert(reason);
        self.tell::<Subscription>("customer.subscription.deleted", id)
    }

    /// The end, when the current period is over; or not after all.
    pub(crate) fn end_with_period(&mut self, id: &str, ends: bool) -> Result<(), Refusal> {
        let now = self.now();
        let going_on = [
            SubscriptionStatus::Active,
            SubscriptionStatus::Trialing,
            SubscriptionStatus::PastDue,
            SubscriptionStatus::Unpaid,
            SubscriptionStatus::Incomplete,
        ];
        self.subscriptions
            .get(id)?
            .require(&going_on, "change when it ends")?;
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.cancel_at_period_end = ends;
            it.cancel_at = ends.then(|| it.period_end());
            it.canceled_at = ends.then_some(now);
            it.reason = ends.then_some(CancellationReason::Requested);
        })
    }

    pub(crate) fn pause(&mut self, id: &str) -> Result<(), Refusal> {
        let running = [SubscriptionStatus::Active, SubscriptionStatus::Trialing];
        self.subscriptions.get(id)?.require(&running, "be paused")?;
        self.pause_for(id, PauseReason::Requested)
    }

    pub(crate) fn resume(&mut self, id: &str) -> Result<(), Refusal> {
        self.subscriptions
            .get(id)?
            .require(&[SubscriptionStatus::Paused], "be resumed")?;
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.status = SubscriptionStatus::Active;
            it.paused = None;
        })?;
        self.tell::<Subscription>("customer.subscription.resumed", id)
    }

    /// `pause_collection`: the status stays as it is.
    pub(crate) fn pause_collection(
        &mut self,
        id: &str,
        paused: Option<PausedCollection>,
    ) -> Result<(), Refusal> {
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.collection_paused = paused;
        })
    }

    /// The last retry fails, and the account's setting decides.
    pub(crate) fn exhaust_dunning(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        self.subscriptions
            .get(id)?
            .require(&[SubscriptionStatus::PastDue], "run out of retries")?;
        let invoice = self.open_invoice(id)?;
        let unpaid = self.invoices.get_mut(&invoice)?;
        unpaid.attempt_count = unpaid.attempt_count.max(RETRIES - 1);
        self.collect(&invoice, Outcome::Fails)?;
        match self.after_dunning {
            AfterDunning::Cancel => {
                self.end_subscription(id, CancellationReason::PaymentFailed, now)
            }
            AfterDunning::MarkUnpaid => {
                self.change::<Subscription>("customer.subscription.updated", id, |it| {
                    it.status = SubscriptionStatus::Unpaid;
                })
            }
            AfterDunning::LeavePastDue => Ok(()),
            AfterDunning::Pause => self.pause_for(id, PauseReason::FinalPaymentFailure),
        }
    }

    /// The customer is deleted, and its subscriptions end with it.
    pub(crate) fn delete_customer(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let customer = self.customers.get(id)?;
        if customer.deleted {
            return Err(Refusal::Missing {
                object: "customer",
                id: id.to_owned(),
            });
        }
        let last = customer.render_whole(self);
        let running: Vec<String> = self
            .subscriptions
            .oldest_first()
            .filter(|it| it.customer == id && !it.status.is_over())
            .map(|it| it.id.clone())
            .collect();
        let customer: &mut Customer = self.customers.get_mut(id)?;
        customer.deleted = true;
        customer.email = None;
        customer.name = None;
        self.emit("customer.deleted", last);
        for subscription in running {
            self.end_subscription(&subscription, CancellationReason::Requested, now)?;
        }
        Ok(())
    }

    /// The recurring part of a price; a month where it is paid once.
    pub(super) fn recurring_of(&self, price: &str) -> Result<Recurring, Refusal> {
        let monthly = Recurring {
            interval: Interval::Month,
            count: 1,
        };
        Ok(self.prices.get(price)?.recurring.unwrap_or(monthly))
    }

    pub(super) fn pause_for(&mut self, id: &str, reason: PauseReason) -> Result<(), Refusal> {
        let since = self.now();
        self.change::<Subscription>("customer.subscription.updated", id, |it| {
            it.status = SubscriptionStatus::Paused;
            it.paused = Some(Pause { reason, since });
        })?;
        self.tell::<Subscription>("customer.subscription.paused", id)
    }
}
