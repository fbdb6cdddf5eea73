//! Keeps the issuer going: applies what arrived, delivers what was promised,
//! lets time pass, and takes up a changed catalog.

use std::time::{Duration, SystemTime};

use paidup_lifecycle::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::App;
use super::reconcile::COMPARED;
use super::retry::again;
use crate::store::events::{self, WaitsFor};
use crate::store::{StoreError, audit, instance};

/// How often to look without having been called.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// How often to warn of keys that end before long, in seconds.
const DAY: i64 = 86_400;
/// For how many customers events are applied at once.
const AT_ONCE: usize = 8;
/// For how many of them there must be room before more are claimed.
const CLAIMED: usize = 4;

impl App {
    /// Runs until `stop` turns true; what was begun is finished first.
    pub async fn work(&self, stop: watch::Receiver<bool>) {
        let former = self.clone();
        round("leases", async move { former.give_back_former().await }).await;
        let mut workers = JoinSet::new();
        let (app, until) = (self.clone(), stop.clone());
        workers.spawn(async move {
            while !*until.borrow() {
                let (at_work, meanwhile) = (app.clone(), until.clone());
                round("events", async move { at_work.apply_due(&meanwhile).await }).await;
                rest(&app.0.bell.events, until.clone()).await;
            }
        });
        let (app, until) = (self.clone(), stop.clone());
        workers.spawn(async move {
            while !*until.borrow() {
                let (at_work, meanwhile) = (app.clone(), until.clone());
                round("deliveries", async move {
                    at_work.deliver_due(&meanwhile).await
                })
                .await;
                rest(&app.0.bell.deliveries, until.clone()).await;
            }
        });
        let (app, until) = (self.clone(), stop.clone());
        workers.spawn(async move { app.look_after_stripe(until).await });
        let (app, until) = (self.clone(), stop);
        workers.spawn(async move {
            // It may have changed since it was read at the start.
            let mut seen = None;
            let mut started = false;
            let mut warn_at = Timestamp(i64::MIN);
            let at_work = app.clone();
            round("parked", async move { at_work.wake_parked().await }).await;
            while !*until.borrow() {
                let at_work = app.clone();
                round("time", async move { at_work.pass_time().await }).await;
                let at_work = app.clone();
                round("audit", async move { at_work.chain_audit().await }).await;
                let at_work = app.clone();
                round("trouble", async move { at_work.store_trouble().await }).await;
                let now = app.0.clock.now();
                if now >= warn_at {
                    warn_at = now.plus(DAY);
                    let at_work = app.clone();
                    round("keys", async move { at_work.warn_of_keys().await }).await;
                }
                let changed_at = app.catalog_changed_at();
                if !started || changed_at != seen {
                    let first = !std::mem::replace(&mut started, true);
                    seen = changed_at;
                    let at_work = app.clone();
                    let read = async move {
                        match first {
                            true => at_work.first_catalog().await,
                            false => at_work.reload_catalog().await,
                        }
                    };
                    round("catalog", read).await;
                }
                rest(&Notify::new(), until.clone()).await;
            }
        });
        while workers.join_next().await.is_some() {}
    }

    /// Applies all events that are due, those of several customers at once; how many
    /// there were.
    async fn apply_due(&self, stop: &watch::Receiver<bool>) -> Result<usize, StoreError> {
        let mut applied = Ok(0);
        let mut at_work = JoinSet::new();
        loop {
            let free = AT_ONCE.saturating_sub(at_work.len());
            if free >= CLAIMED && applied.is_ok() && !*stop.borrow() {
                for batch in self.claim(free).await? {
                    applied = applied.map(|count| count + batch.events.len());
                    let app = self.clone();
                    at_work.spawn(async move { app.work_on(batch).await });
                }
            }
            if at_work.is_empty() {
                return applied;
            }
            // What arrives meanwhile does not wait for a customer whose events take long.
            tokio::select! {
                Some(worked) = at_work.join_next() => match worked {
                    Ok(Ok(())) => {}
                    // The others are finished first.
                    Ok(Err(error)) => applied = Err(error),
                    Err(error) => tracing::error!(%error, "worker.aborted"),
                },
                () = self.0.bell.events.notified() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// At the start everything that waits is tried anew: what it waited for may
    /// have come while nobody was looking.
    async fn wake_parked(&self) -> Result<usize, StoreError> {
        let now = self.0.clock.now().0;
        let mut tx = self.0.store.write().await?;
        let mapping = events::wake(&mut tx, WaitsFor::Mapping, now).await?;
        let stripe = events::wake(&mut tx, WaitsFor::Stripe, now).await?;
        tx.commit().await?;
        self.0.bell.events.notify_one();
        Ok(usize::try_from(mapping.saturating_add(stripe)).unwrap_or(usize::MAX))
    }

    /// Chains the audit entries that were committed; how many there were.
    async fn chain_audit(&self) -> Result<usize, StoreError> {
        let mut chained = 0;
        while audit::is_pending(&mut *self.0.store.read().await?).await? {
            chained += again(|| self.chain_some()).await?;
        }
        Ok(chained)
    }

    async fn chain_some(&self) -> Result<usize, StoreError> {
        let mut tx = self.0.store.write().await?;
        let chained = audit::chain_pending(&mut tx).await?;
        tx.commit().await?;
        Ok(chained)
    }

    async fn warn_of_keys(&self) -> Result<usize, StoreError> {
        let mut db = self.0.store.read().await?;
        // A key file that cannot be read is told by who needs it.
        let keys = self.keys_now(&mut db).await;
        let warnings = keys
            .unwrap_or_else(|_| self.keys())
            .warnings(self.unix_now());
        for warning in &warnings {
            tracing::warn!(warning, "keys.ending");
        }
        Ok(warnings.len())
    }

    fn catalog_changed_at(&self) -> Option<SystemTime> {
        let file = self.0.settings.file.as_ref()?;
        std::fs::metadata(file).and_then(|it| it.modified()).ok()
    }

    /// Looks for what no webhook brought: at the start, and then now and again; at once
    /// with a key that was kept meanwhile.
    async fn look_after_stripe(&self, stop: watch::Receiver<bool>) {
        let settings = &self.0.settings.stripe;
        let pause = |every: Duration| i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
        let mut sweep_at = Timestamp(i64::MIN);
        let mut swept_with = self.key_in_use();
        while !*stop.borrow() {
            let app = self.clone();
            round("key", async move { app.take_up_key().await.map(|()| 0) }).await;
            let key = self.key_in_use();
            if key != swept_with {
                swept_with = key;
                sweep_at = Timestamp(i64::MIN);
            }
            let now = self.0.clock.now();
            if let Some(every) = settings.sweep_every
                && self.has_key()
                && now >= sweep_at
            {
                sweep_at = now.plus(pause(every));
                let compared_at = self.compared_at().await;
                let due = |every| compared_at.is_none_or(|it| now >= it.plus(pause(every)));
                let compare = settings.compare_every.is_some_and(due);
                let app = self.clone();
                let looked = async move { app.look_after(compare).await.map(|()| 0) };
                round("stripe", looked).await;
            }
            rest(&Notify::new(), stop.clone()).await;
        }
    }

    async fn compared_at(&self) -> Option<Timestamp> {
        let mut db = self.0.store.read().await.ok()?;
        let at = instance::find(&mut db, COMPARED).await.ok()??;
        at.parse().ok().map(Timestamp)
    }
}

/// Until somebody rings, a moment has passed, or it is time to stop.
async fn rest(bell: &Notify, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = bell.notified() => {}
        () = tokio::time::sleep(TICK) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// One round of work. An error, even a panic, is logged, and the next round tries again.
async fn round(
    what: &'static str,
    work: impl Future<Output = Result<usize, StoreError>> + Send + 'static,
) {
    match tokio::spawn(work).await {
        Ok(Ok(0)) => {}
        Ok(Ok(done)) => tracing::debug!(what, done, "worker.round"),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(what, %error, cause, "worker.failed");
        }
        Err(error) => tracing::error!(what, %error, "worker.aborted"),
    }
}
