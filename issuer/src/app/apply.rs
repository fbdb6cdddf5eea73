//! Turns stored events into facts, and lets the licenses follow. Whatever happens
//! here, the events stay in the inbox.
//!
//! The events of one customer that wait together are applied together, under one
//! lease: Stripe is asked once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use paidup_lifecycle::{Fact, Lack, Unmapped};
use paidup_stripe::Event;

use super::App;
use super::ask::Parked;
use super::lanes::lease_lost;
use super::provision::Followed;
use super::retry::again;
use super::stuck::next_step;
use crate::store::deliveries;
use crate::store::events::{self, EventRow, EventState, WaitsFor};
use crate::store::facts::{self, Sourced};
use crate::store::lanes::Batch;
use crate::store::{StoreError, Tx};

const FIRST_PAUSE: i64 = 5;
const LONGEST_PAUSE: i64 = 3600;

/// An event that tells something, and the identifiers it carries.
struct Telling<'a> {
    event: &'a EventRow,
    links: BTreeSet<String>,
}

impl App {
    /// Applies events that were claimed, and settles their lease; `false`, and nothing is
    /// kept, where another worker has taken it over.
    pub(super) async fn apply(&self, batch: &Batch) -> Result<bool, StoreError> {
        let mut tellings = Vec::new();
        let mut learnt = Vec::new();
        let mut hinted = BTreeSet::new();
        let mut silent = Vec::new();
        for event in &batch.events {
            match read(event) {
                Ok((facts, None)) if facts.is_empty() => {
                    silent.push((event, EventState::Ignored, None));
                }
                Ok((facts, hint)) => {
                    let mut links = links(&facts);
                    links.extend(hint.as_ref().map(|it| it.id().to_owned()));
                    hinted.extend(hint);
                    tellings.push(Telling { event, links });
                    let by = |fact| Sourced::told(fact, &event.arrival.id);
                    learnt.extend(facts.into_iter().map(by));
                }
                Err(reason) => {
                    log_stuck(event, EventState::Quarantined, None, &reason);
                    silent.push((event, EventState::Quarantined, Some(reason)));
                }
            }
        }
        let touched: BTreeSet<String> = tellings.iter().flat_map(|it| it.links.clone()).collect();
        let parked = self.ask(&mut learnt, &touched, &hinted, 0).await?.err();
        // What was asked was asked because of an event.
        for asked in learnt.iter_mut().filter(|it| it.event_id.is_none()) {
            let object = &asked.fact.object;
            // Rather for an event of the same purchase than for another of the customer's.
            let prompted = [object.own_links(), object.links()]
                .iter()
                .find_map(|links| {
                    let mut latest_first = tellings.iter().rev();
                    latest_first.find(|telling| !telling.links.is_disjoint(links))
                });
            asked.event_id = prompted.map(|telling| telling.event.arrival.id.clone());
        }
        // Two issuers may meet over one customer; the second looks again.
        let try_it = || async {
            let mut tx = self.0.store.decide().await?;
            if !batch.settle_lease(&mut tx, self.0.clock.now().0).await? {
                lease_lost(batch);
                return Ok::<_, StoreError>(false);
            }
            for (event, state, reason) in &silent {
                events::settle(&mut tx, &event.arrival, *state, reason.as_deref()).await?;
            }
            match &parked {
                None => self.follow(&mut tx, &tellings, &learnt, &touched).await?,
                Some(parked) => self.keep(&mut tx, &tellings, &learnt, parked).await?,
            }
            tx.commit().await?;
            Ok(true)
        };
        let applied = again(try_it).await?;
        self.0.bell.deliveries.notify_one();
        Ok(applied)
    }

    /// Facts, licenses, what is to be told of them, and the events.
    async fn follow(
        &self,
        tx: &mut Tx,
        tellings: &[Telling<'_>],
        learnt: &[Sourced],
        touched: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let Followed {
            unmapped, deleted, ..
        } = self.absorb(tx, learnt, touched).await?;
        for Telling { event, links } in tellings {
            let waiting = unmapped
                .iter()
                .find(|it| links.contains(it.item.origin_id()));
            let Some(unmapped) = waiting else {
                events::settle(tx, &event.arrival, EventState::Applied, None).await?;
                continue;
            };
            let reason = why_unmapped(unmapped);
            log_stuck(event, EventState::Parked, Some(WaitsFor::Mapping), &reason);
            events::park(tx, &event.arrival, WaitsFor::Mapping, &reason, None).await?;
        }
        forget(tx, &deleted).await
    }

    /// Stores facts, and lets the licenses follow the history that they belong to.
    pub(super) async fn absorb(
        &self,
        tx: &mut Tx,
        learnt: &[Sourced],
        touched: &BTreeSet<String>,
    ) -> Result<Followed, StoreError> {
        let history = facts::history(tx, learnt).await?;
        facts::save(tx, &history, learnt).await?;
        let mut followed = self.provision(tx, &history, touched).await?;
        let deleted = history.deleted_customers().into_iter();
        followed.deleted = deleted.map(|(id, all)| (id.to_owned(), all)).collect();
        Ok(followed)
    }

    /// Keeps what is known so far, and the events for another time.
    async fn keep(
        &self,
        tx: &mut Tx,
        tellings: &[Telling<'_>],
        learnt: &[Sourced],
        parked: &Parked,
    ) -> Result<(), StoreError> {
        let history = facts::history(tx, learnt).await?;
        facts::save(tx, &history, learnt).await?;
        for Telling { event, .. } in tellings {
            let doublings = u32::try_from(event.attempts.clamp(0, 20)).unwrap_or_default();
            let pause = FIRST_PAUSE
                .saturating_mul(1 << doublings)
                .min(LONGEST_PAUSE);
            let due_at = Some(self.0.clock.now().plus(pause).0);
            let reason = &parked.reason;
            log_stuck(event, EventState::Parked, Some(parked.waits_for), reason);
            events::park(tx, &event.arrival, parked.waits_for, reason, due_at).await?;
        }
        Ok(())
    }

    /// Whether everything that arrived was looked at, and everything that was promised
    /// delivered or refused.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_idle(&self) -> Result<bool, StoreError> {
        let mut db = self.0.store.read().await?;
        let waiting = events::count_due(&mut db, self.0.clock.now().0).await?;
        Ok(waiting == 0 && deliveries::count_fresh(&mut db).await? == 0)
    }

    /// Has events of one state looked at again, or only one of them; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry_events(
        &self,
        state: EventState,
        id: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut tx = self.0.store.write().await?;
        let retried = events::retry(&mut tx, state, id, self.0.clock.now().0).await?;
        tx.commit().await?;
        self.0.bell.events.notify_one();
        Ok(retried)
    }

    /// Puts an event aside that the issuer cannot handle at all; `false` where another
    /// worker has taken over its lease.
    pub(super) async fn quarantine(&self, batch: &Batch, reason: &str) -> Result<bool, StoreError> {
        let mut tx = self.0.store.write().await?;
        if !batch.settle_lease(&mut tx, self.0.clock.now().0).await? {
            lease_lost(batch);
            return Ok(false);
        }
        for event in &batch.events {
            let state = EventState::Quarantined;
            log_stuck(event, state, None, reason);
            events::settle(&mut tx, &event.arrival, state, Some(reason)).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Keeps nothing personal of customers who were deleted.
pub(super) async fn forget(
    tx: &mut Tx,
    deleted: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), StoreError> {
    for (customer, objects) in deleted {
        events::forget(tx, objects).await?;
        deliveries::forget(tx, customer).await?;
    }
    Ok(())
}

fn log_stuck(event: &EventRow, state: EventState, waits_for: Option<WaitsFor>, reason: &str) {
    let next = next_step(state, waits_for, &event.arrival.id);
    let (id, kind) = (&event.arrival.id, &event.arrival.kind);
    match state {
        EventState::Quarantined => {
            tracing::error!(
                event.id = id,
                kind,
                reason,
                next,
                "stripe.event.quarantined"
            );
        }
        _ => tracing::warn!(event.id = id, kind, reason, next, "stripe.event.parked"),
    }
}

fn why_unmapped(unmapped: &Unmapped) -> String {
    let price = &unmapped.price;
    match (&unmapped.extends, &unmapped.archived) {
        (None, None) => format!("the price {price} is not mapped to a policy"),
        (None, Some(policy)) => format!(
            "the price {price} sells the policy {policy}, which is archived; map it to another \
             policy, or remove `archived`"
        ),
        (Some(policy), _) => format!(
            "the price {price} extends the policy {policy}, and {} has no license of it",
            unmapped.item.origin_id()
        ),
    }
}

fn read(event: &EventRow) -> Result<(Vec<Fact>, Option<Lack>), String> {
    let event = Event::parse(event.arrival.body.as_bytes()).map_err(|it| it.to_string())?;
    let facts = event.facts().map_err(|it| it.to_string())?;
    Ok((facts, event.hint().cloned()))
}

fn links(facts: &[Fact]) -> BTreeSet<String> {
    facts.iter().flat_map(|it| it.object.links()).collect()
}
