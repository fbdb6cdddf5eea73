//! The background refresh: asks when it is due, and tells what time alone changes.

use alloc::sync::{Arc, Weak};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::{Client, Shared};
use crate::Poll;

/// A sleeping laptop's timers sleep too: look at the clock this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Refreshing(Mutex<Option<JoinHandle<()>>>);

impl Client {
    /// Keeps the license fresh from now on, in the background, until the last clone
    /// of this client is gone or [`Client::stop_refreshing`]. Twice is once.
    ///
    /// Must be called within a tokio runtime; [`blocking::Client`](super::blocking)
    /// brings its own.
    pub fn start_refreshing(&self) {
        let mut task = self.0.refreshing.task();
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(tokio::spawn(refresh_while_alive(Arc::downgrade(&self.0))));
        }
    }

    /// Stops what [`Client::start_refreshing`] has started.
    pub fn stop_refreshing(&self) {
        if let Some(task) = self.0.refreshing.task().take() {
            task.abort();
        }
    }

    fn poll(&self) -> Poll {
        let mut installation = self.0.installation();
        let poll = installation.poll((self.0.clock)());
        self.0.settle(installation);
        poll
    }

    /// Asks the issuer if that is due; for how long to rest then.
    async fn look_after(&self) -> Duration {
        match self.poll() {
            Poll::Ask => {
                // How it went is an event.
                let _ = self.refresh().await;
                Duration::from_secs(1)
            }
            Poll::Wait { seconds } => Duration::from_secs(seconds).min(LONGEST_SLEEP),
            Poll::Idle => LONGEST_SLEEP,
        }
    }
}

async fn refresh_while_alive(shared: Weak<Shared>) {
    while let Some(client) = shared.upgrade().map(Client) {
        let rest = client.look_after().await;
        drop(client);
        tokio::time::sleep(rest).await;
    }
}

impl Refreshing {
    pub(super) fn is_running(&self) -> bool {
        self.task().as_ref().is_some_and(|it| !it.is_finished())
    }

    fn task(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
