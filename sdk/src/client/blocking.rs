//! The same client for apps that have no async runtime: it brings its own, on one
//! thread, which starts when something first waits for the issuer.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::{BuildError, ClientBuilder};
use crate::{Answer, ClientError, Event, Explanation, MachineInfo, NetworkError, UnixTime};

/// An app's license. Cheap to clone: clones are the same client. What needs the
/// issuer waits for it; [`Client::check`] and [`Client::allows`] do not.
#[derive(Clone)]
pub struct Client {
    client: super::Client,
    thread: Arc<Thread>,
}

/// Ends with the last clone, which waits for it: nobody is told anything afterwards.
#[derive(Default)]
struct Thread {
    running: Mutex<Option<Running>>,
    /// Whether a background refresh was asked for when no thread could be started.
    owes_refreshing: AtomicBool,
}

struct Running {
    handle: Handle,
    end: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Thread {
    /// The runtime on it. What has failed is tried again the next time.
    fn handle(&self) -> io::Result<Handle> {
        let mut running = self.running();
        let running = match &mut *running {
            Some(running) => running,
            none => none.insert(Running::start()?),
        };
        Ok(running.handle.clone())
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("paidup".into())
            .spawn(move || {
                let _ = runtime.block_on(ended);
                // A name that is still being looked up holds up nobody.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            end,
            thread,
        })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let Some(running) = self.running().take() else {
            return;
        };
        drop(running.end);
        // An event's listener may drop the client, on this very thread.
        if running.thread.thread().id() != thread::current().id() {
            let _ = running.thread.join();
        }
    }
}

impl Client {
    /// As [`crate::Client::builder`]; end with [`ClientBuilder::build_blocking`].
    pub fn builder(issuer: impl Into<String>, product: impl Into<String>) -> ClientBuilder {
        super::Client::builder(issuer, product)
    }

    /// As [`crate::Client::check`].
    #[must_use]
    pub fn check(&self) -> Answer {
        if self.thread.owes_refreshing.load(Ordering::Relaxed) {
            self.start_refreshing();
        }
        self.client.check()
    }

    /// As [`crate::Client::allows`].
    #[must_use]
    pub fn allows(&self, entitlement: &str) -> bool {
        self.check().allows(entitlement)
    }

    /// As [`crate::Client::explain`].
    #[must_use]
    pub fn explain(&self) -> Explanation {
        self.client.explain()
    }

    /// As [`crate::Client::events`].
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.client.events()
    }

    /// As [`crate::Client::failing_since`].
    #[must_use]
    pub fn failing_since(&self) -> Option<UnixTime> {
        self.client.failing_since()
    }

    /// As [`crate::Client::activate`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn activate(&self, key: &str) -> Result<Answer, ClientError> {
        let key = zeroize::Zeroizing::new(String::from(key));
        self.wait(|it| async move { it.activate(&key).await })
    }

    /// As [`crate::Client::refresh`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn refresh(&self) -> Result<Answer, ClientError> {
        self.wait(|it| async move { it.refresh().await })
    }

    /// As [`crate::Client::deactivate`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn deactivate(&self) -> Result<(), ClientError> {
        self.wait(|it| async move { it.deactivate().await })
    }

    /// As [`crate::Client::forget`].
    pub fn forget(&self) {
        self.client.forget();
    }

    /// As [`crate::Client::machines`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn machines(&self) -> Result<Vec<MachineInfo>, ClientError> {
        self.wait(|it| async move { it.machines().await })
    }

    /// As [`crate::Client::free`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn free(&self, machine: &str) -> Result<(), ClientError> {
        let machine = String::from(machine);
        self.wait(|it| async move { it.free(&machine).await })
    }

    /// As [`crate::Client::offline_request`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn offline_request(&self, key: Option<&str>) -> Result<String, ClientError> {
        self.client.offline_request(key)
    }

    /// As [`crate::Client::offline_install`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn offline_install(&self, text: &str) -> Result<Answer, ClientError> {
        self.client.offline_install(text)
    }

    /// As [`crate::Client::offline_deactivation`].
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn offline_deactivation(&self) -> Result<String, ClientError> {
        self.client.offline_deactivation()
    }

    /// As [`crate::Client::start_refreshing`]. Where no thread can be started, the next
    /// [`Client::check`] tries again.
    pub fn start_refreshing(&self) {
        let handle = self.thread.handle();
        self.thread
            .owes_refreshing
            .store(handle.is_err(), Ordering::Relaxed);
        if let Ok(handle) = handle {
            let _inside = handle.enter();
            self.client.start_refreshing();
        }
    }

    /// As [`crate::Client::stop_refreshing`].
    pub fn stop_refreshing(&self) {
        self.thread.owes_refreshing.store(false, Ordering::Relaxed);
        self.client.stop_refreshing();
    }

    /// Does it on the client's own thread, so that it may be called from anywhere,
    /// from within another runtime too.
    fn wait<T, F>(&self, work: impl FnOnce(super::Client) -> F) -> Result<T, ClientError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ClientError>> + Send + 'static,
    {
        let no_thread = |why: &str| ClientError::Network(NetworkError::Unreachable(why.into()));
        let handle = self
            .thread
            .handle()
            .map_err(|error| no_thread(&format!("no thread can be started for it: {error}")))?;
        let (done, result) = mpsc::sync_channel(1);
        let work = work(self.client.clone());
        handle.spawn(async move {
            let _ = done.send(work.await);
        });
        result
            .recv()
            .unwrap_or_else(|_| Err(no_thread("the client's thread has ended")))
    }
}

impl ClientBuilder {
    /// As [`ClientBuilder::build`]; its thread starts at the first contact.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build_blocking(self) -> Result<Client, BuildError> {
        Ok(Client {
            client: self.build()?,
            thread: Arc::default(),
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}
