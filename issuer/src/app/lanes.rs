//! Works on the events of one customer at a time: claims them, keeps their lease while it
//! works, and sets apart what cannot be applied.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::App;
use super::retry::again;
use crate::entropy::Entropy;
use crate::store::lanes::{self, Batch};
use crate::store::{StoreError, deliveries};

/// How often a lease is renewed: several times before it runs out.
const RENEWAL: Duration = Duration::from_secs(5);
/// After how many seconds events are tried again that the database failed over.
const GIVEN_BACK: i64 = 5;
/// After how many failures an event is quarantined.
const MAX_FAILURES: u32 = 10;
const BROKE: &str = "handling it failed with an internal error";

impl App {
    pub(super) async fn claim(&self, lanes: usize) -> Result<Vec<Batch>, StoreError> {
        let mut tx = self.0.store.write().await?;
        let holder = self.holder()?;
        let claimed = lanes::claim(&mut tx, &holder, self.0.clock.now().0, lanes).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// A name for a claim that no other claim has.
    pub(super) fn holder(&self) -> Result<String, StoreError> {
        // Not of the app's own source: how often workers look must not change what a
        // seeded one draws.
        let claim = Entropy::system().id("lse", self.0.clock.millis())?;
        Ok(format!("{}/{claim}", self.0.node))
    }

    /// Gives back what this node held before it started: it cannot work on it any more.
    pub(super) async fn give_back_former(&self) -> Result<usize, StoreError> {
        let mut tx = self.0.store.write().await?;
        let leases = lanes::give_back(&mut tx, &self.0.node).await?;
        let now = self.0.clock.now().0;
        let deliveries = deliveries::give_back(&mut tx, &self.0.node, now).await?;
        tx.commit().await?;
        Ok(usize::try_from(leases.saturating_add(deliveries)).unwrap_or(usize::MAX))
    }

    /// Applies events, and renews their lease meanwhile.
    pub(super) async fn work_on(&self, batch: Batch) -> Result<(), StoreError> {
        let lease = batch.clone();
        tokio::select! {
            applied = self.apply_or_set_apart(batch) => applied,
            never = self.keep_lease(&lease) => match never {},
        }
    }

    async fn keep_lease(&self, batch: &Batch) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let renew = || async {
                let mut tx = self.0.store.write().await?;
                let renewed = batch.renew(&mut tx, self.0.clock.now().0).await?;
                tx.commit().await?;
                Ok::<_, StoreError>(renewed)
            };
            match again(renew).await {
                // The transaction that applies them finds that out by itself.
                Ok(false) => std::future::pending().await,
                Ok(true) => {}
                Err(error) => tracing::warn!(%error, "stripe.events.lease_not_renewed"),
            }
        }
    }

    /// Makes events due again after a pause, and releases their lease; `false` where another
    /// worker has taken it over.
    async fn give_back(&self, batch: &Batch) -> Result<bool, StoreError> {
        let now = self.0.clock.now();
        let mut tx = self.0.store.write().await?;
        if !batch.settle_lease(&mut tx, now.0).await? {
            lease_lost(batch);
            return Ok(false);
        }
        batch.postpone(&mut tx, now.plus(GIVEN_BACK).0).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Applies events together, and where that fails one by one: what cannot be applied stops
    /// nothing else.
    async fn apply_or_set_apart(&self, mut batch: Batch) -> Result<(), StoreError> {
        let (app, all) = (self.clone(), batch.clone());
        match tokio::spawn(async move { app.apply(&all).await }).await {
            Ok(Ok(_)) => {
                self.0.failures.forget(&batch);
                return Ok(());
            }
            Ok(Err(error)) => tracing::warn!(%error, lane = batch.lane(), "stripe.events.failed"),
            Err(error) => tracing::error!(%error, lane = batch.lane(), "stripe.events.broke"),
        }
        while let Some(single) = batch.split_first() {
            let (app, event) = (self.clone(), single.clone());
            let applied = match tokio::spawn(async move { app.apply(&event).await }).await {
                Ok(Ok(applied)) => {
                    self.0.failures.forget(&single);
                    Ok(applied)
                }
                Ok(Err(error)) => self.try_later(&single, &error).await,
                Err(_) => again(|| self.quarantine(&single, BROKE)).await,
            };
            match applied {
                Ok(true) => {}
                // The others are the other worker's too.
                Ok(false) => return Ok(()),
                Err(error) => {
                    batch.unsplit(single);
                    again(|| self.give_back(&batch)).await?;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Has an event that failed tried again, ten times at most. `false` where another worker
    /// has taken over its lease.
    async fn try_later(&self, single: &Batch, error: &StoreError) -> Result<bool, StoreError> {
        if self.0.failures.count(single) < MAX_FAILURES {
            return again(|| self.give_back(single)).await;
        }
        self.0.failures.forget(single);
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        let reason = format!(
            "it failed ten times, last with: {error}{}",
            cause.unwrap_or_default()
        );
        again(|| self.quarantine(single, &reason)).await
    }
}

/// How often each event has failed in a row.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<HashMap<String, u32>>);

impl Failures {
    /// Counts a failure of a single event, and returns how many there were.
    fn count(&self, single: &Batch) -> u32 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = single.events.iter().map(|event| &event.arrival.id);
        let counts = ids.map(|id| {
            let count = all.entry(id.clone()).or_default();
            *count = count.saturating_add(1);
            *count
        });
        counts.max().unwrap_or_default()
    }

    fn forget(&self, batch: &Batch) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in &batch.events {
            all.remove(&event.arrival.id);
        }
    }
}

/// Logs that another worker has taken over the lease of these events meanwhile.
pub(super) fn lease_lost(batch: &Batch) {
    tracing::warn!(
        lane = batch.lane(),
        events = batch.events.len(),
        "stripe.events.lease_lost: another worker took over after the lease ran out; nothing of \
         this attempt is kept"
    );
}
