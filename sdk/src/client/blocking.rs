//! The same client for apps that have no async runtime: it brings its own, on one
//! thread.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::{BuildError, ClientBuilder};
use crate::{Answer, ClientError, Event, Explanation, MachineInfo, UnixTime};

/// An app's license. Cheap to clone: clones are the same client. What needs the
/// issuer waits for it; [`Client::check`] and [`Client::allows`] do not.
#[derive(Clone)]
pub struct Client {
    client: super::Client,
    thread: Arc<Thread>,
}

/// Ends with the last clone, which waits for it: nobody is told anything afterwards.
struct Thread {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.end.take());
        // Who is told of an event may drop the client there, on this very thread.
        let thread = self.thread.take();
        if let Some(thread) = thread.filter(|it| it.thread().id() != thread::current().id()) {
            let _ = thread.join();
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
        self.client.check()
    }

    /// As [`crate::Client::allows`].
    #[must_use]
    pub fn allows(&self, entitlement: &str) -> bool {
        self.client.allows(entitlement)
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

    /// As [`crate::Client::start_refreshing`].
    pub fn start_refreshing(&self) {
        let _inside = self.thread.handle.enter();
        self.client.start_refreshing();
    }

    /// As [`crate::Client::stop_refreshing`].
    pub fn stop_refreshing(&self) {
        self.client.stop_refreshing();
    }

    /// Does it on the client's own thread, so that it may be called from anywhere,
    /// from within another runtime too.
    fn wait<T, F>(&self, work: impl FnOnce(super::Client) -> F) -> Result<T, ClientError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ClientError>> + Send + 'static,
    {
        let (done, result) = mpsc::sync_channel(1);
        let work = work(self.client.clone());
        self.thread.handle.spawn(async move {
            let _ = done.send(work.await);
        });
        result.recv().unwrap_or_else(|_| {
            Err(ClientError::System {
                what: "the client's thread",
                why: "it has ended".into(),
            })
        })
    }
}

impl ClientBuilder {
    /// Makes the client, and its thread.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build_blocking(self) -> Result<Client, BuildError> {
        let client = self.build()?;
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
        Ok(Client {
            client,
            thread: Arc::new(Thread {
                handle,
                end: Some(end),
                thread: Some(thread),
            }),
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}
