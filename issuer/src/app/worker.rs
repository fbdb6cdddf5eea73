//! Keeps the issuer going: applies what arrived, delivers what was promised,
//! lets time pass, and takes up a changed catalog.

use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::App;
use crate::store::StoreError;
use crate::store::events::{self, WaitsFor};

/// How often to look without having been called.
const TICK: Duration = Duration::from_secs(1);

impl App {
    /// Runs until `stop` turns true; what was begun is finished first.
    pub async fn work(&self, stop: watch::Receiver<bool>) {
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
                let at_work = app.clone();
                round("deliveries", async move { at_work.deliver_due().await }).await;
                rest(&app.0.bell.deliveries, until.clone()).await;
            }
        });
        let (app, until) = (self.clone(), stop);
        workers.spawn(async move {
            let mut seen = app.catalog_changed_at();
            let at_work = app.clone();
            round("parked", async move { at_work.wake_parked().await }).await;
            while !*until.borrow() {
                let at_work = app.clone();
                round("time", async move { at_work.pass_time().await }).await;
                let changed_at = app.catalog_changed_at();
                if changed_at != seen {
                    seen = changed_at;
                    let at_work = app.clone();
                    round("catalog", async move { at_work.reload_catalog().await }).await;
                }
                rest(&Notify::new(), until.clone()).await;
            }
        });
        while workers.join_next().await.is_some() {}
    }

    /// Applies all events that are due; how many there were.
    async fn apply_due(&self, stop: &watch::Receiver<bool>) -> Result<usize, StoreError> {
        let mut applied = 0;
        while !*stop.borrow() {
            let mut tx = self.0.store.write().await?;
            let claimed = events::claim(&mut tx, self.0.clock.now().0).await?;
            tx.commit().await?;
            let Some(event) = claimed else { break };
            self.apply(&event).await?;
            applied += 1;
        }
        Ok(applied)
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

    fn catalog_changed_at(&self) -> Option<SystemTime> {
        let file = self.0.settings.file.as_ref()?;
        std::fs::metadata(file).and_then(|it| it.modified()).ok()
    }

    /// Takes up the catalog as its file now says; one that cannot be used
    /// changes nothing.
    async fn reload_catalog(&self) -> Result<usize, StoreError> {
        match self.0.settings.read_catalog() {
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "catalog.refused");
                Ok(0)
            }
            Ok(catalog) => {
                self.set_catalog(catalog);
                tracing::info!("catalog.reloaded");
                let now = self.0.clock.now().0;
                let mut tx = self.0.store.write().await?;
                let woken = events::wake(&mut tx, WaitsFor::Mapping, now).await?;
                tx.commit().await?;
                self.0.bell.events.notify_one();
                Ok(usize::try_from(woken).unwrap_or(usize::MAX))
            }
        }
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

/// One round of work. Whatever goes wrong in it, even a panic, is told and leaves
/// the next round to try again.
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
