//! Questions whose answers no license waits for, asked once everything else is known: which
//! checkout started a subscription, and when an item was changed.

use std::collections::BTreeSet;

use paidup_lifecycle::{Fact, History, Lack, Object, Source, Subscription, SubscriptionStatus};
use paidup_stripe::Api;

use super::App;
use crate::store::StoreError;
use crate::store::changes;
use crate::store::facts::Sourced;
use crate::store::licenses;

/// How old a single purchase is, in seconds, that should have been known before.
const LONG_AGO: i64 = 3600;

/// The subscriptions that were asked about.
#[derive(Debug, Default)]
pub(super) struct Sought {
    sessions: BTreeSet<String>,
    payments: BTreeSet<Lack>,
    changes: BTreeSet<String>,
}

impl App {
    /// Asks what is still worth knowing, and adds what Stripe told; returns whether that is
    /// anything.
    pub(super) async fn ask_more(
        &self,
        stripe: &Api,
        history: &History,
        learnt: &mut Vec<Sourced>,
        sought: &mut Sought,
        has_listed_checkouts: bool,
    ) -> Result<bool, StoreError> {
        let known = learnt.len();
        for subscription in history.subscriptions() {
            if !has_listed_checkouts {
                self.ask_for_session(stripe, history, subscription, learnt, sought)
                    .await?;
            }
            self.ask_for_changes(stripe, history, subscription, learnt, sought)
                .await?;
        }
        if !has_listed_checkouts {
            self.ask_for_refunds(stripe, history, learnt, sought).await;
        }
        Ok(learnt.len() > known)
    }

    /// The charges behind single purchases that are only found long after: what went back
    /// since is no license to announce.
    async fn ask_for_refunds(
        &self,
        stripe: &Api,
        history: &History,
        learnt: &mut Vec<Sourced>,
        sought: &mut Sought,
    ) {
        for lack in history.unseen_payments(self.0.clock.now().plus(-LONG_AGO)) {
            if !sought.payments.insert(lack.clone()) {
                continue;
            }
            match stripe.supply(&lack, self.next_question()).await {
                Ok(facts) => learnt.extend(facts.into_iter().map(Sourced::asked)),
                Err(error) => tracing::warn!(payment = lack.id(), %error, "stripe.charges.unknown"),
            }
        }
    }

    /// The checkout of a subscription that is about to get its first license, so that
    /// `license.created` names the session even where its event comes last.
    async fn ask_for_session(
        &self,
        stripe: &Api,
        history: &History,
        subscription: &Subscription,
        learnt: &mut Vec<Sourced>,
        sought: &mut Sought,
    ) -> Result<(), StoreError> {
        use SubscriptionStatus::{Incomplete, IncompleteExpired, Unknown};
        let id = &subscription.id;
        let unsold = matches!(
            subscription.status,
            Incomplete | IncompleteExpired | Unknown
        );
        if unsold || history.checkout_of(id).is_some() {
            return Ok(());
        }
        let licenses = licenses::of_subscription(&mut *self.0.store.read().await?, id).await?;
        if licenses.is_empty() && sought.sessions.insert(id.clone()) {
            match stripe.session_of(id, self.next_question()).await {
                Ok(facts) => learnt.extend(facts.into_iter().map(Sourced::asked)),
                Err(error) => tracing::warn!(subscription = id, %error, "stripe.session.unknown"),
            }
        }
        Ok(())
    }

    /// The events of a subscription whose items have changed, where only an answer of
    /// Stripe's shows that, or where an event shows that another change came before: they say
    /// when it was.
    async fn ask_for_changes(
        &self,
        stripe: &Api,
        history: &History,
        subscription: &Subscription,
        learnt: &mut Vec<Sourced>,
        sought: &mut Sought,
    ) -> Result<(), StoreError> {
        let id = &subscription.id;
        let sighted_by = |source| {
            learnt.iter().any(|sourced| match &sourced.fact.object {
                Object::Subscription(sighted) => {
                    sighted.id == *id
                        && sourced.fact.observed.source == source
                        && items(sighted) == items(subscription)
                }
                _ => false,
            })
        };
        let only_answered = sighted_by(Source::Fetch) && !sighted_by(Source::Event);
        let has_changed = |sourced: &Sourced| match &sourced.fact.object {
            Object::ItemSet(set) => set.subscription == *id && set.before.is_some(),
            _ => false,
        };
        let skips = learnt.iter().any(has_changed) && history.lacks_changes(id);
        if !only_answered && !skips {
            return Ok(());
        }
        let stored = format!("subscription:{id}");
        let stored = changes::fact(&mut *self.0.store.read().await?, &stored).await?;
        let seen_at = match stored {
            // What came before may be as old as the subscription.
            _ if skips => subscription.started_at.unwrap_or_default(),
            Some(Fact {
                object: Object::Subscription(before),
                observed,
            }) if items(&before) != items(subscription) => observed.at,
            _ => return Ok(()),
        };
        if !sought.changes.insert(id.clone()) {
            return Ok(());
        }
        match stripe.changes_of(id, seen_at.0).await {
            Ok(told) => {
                let told = told.into_iter();
                learnt.extend(told.map(|(event, fact)| Sourced::told(fact, &event)));
            }
            Err(error) => tracing::warn!(subscription = id, %error, "stripe.changes.unknown"),
        }
        Ok(())
    }
}

/// What decides which license an item has: its price.
fn items(subscription: &Subscription) -> BTreeSet<(&str, &str)> {
    let items = subscription.items.iter();
    items
        .map(|item| (item.id.as_str(), item.price.as_str()))
        .collect()
}
