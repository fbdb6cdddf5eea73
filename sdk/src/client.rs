//! An app's license, kept fresh: the [`Installation`] with a network, a disk and a
//! clock around it. Feature `client`.
//!
//! ```no_run
//! # async fn app() -> Result<(), Box<dyn std::error::Error>> {
//! use paidup::Client;
//!
//! // `paidup keys export` prints what to put here.
//! let client = Client::builder("https://licenses.example.com", "notes")
//!     .root("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
//!     .on_event(|event| eprintln!("license: {event:?}"))
//!     .build()?;
//! client.start_refreshing();
//!
//! if !client.check().usable() {
//!     client.activate("NOTES-…").await?;
//! }
//! if client.allows("export") {
//!     // …
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::check`] and [`Client::allows`] wait for no network. Everything that
//! needs the issuer is an async function; [`blocking::Client`] is the same for apps
//! that have no async runtime.

mod address;
pub mod blocking;
mod builder;
mod contact;
mod files;
mod machine;
mod places;
mod refreshing;
mod shared;
mod store;

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;
use std::sync::PoisonError;

use crate::{Answer, ClientError, Event, Explanation, MachineInfo, Received, UnixTime};

pub use builder::{BuildError, ClientBuilder};
pub use files::FileStore;
pub use machine::{Machine, NoMachineId};
pub use store::{Loaded, MemoryStore, Store};

use shared::Shared;

/// An app's license. Cheap to clone: clones are the same client.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

impl Client {
    /// A client for one product of one issuer; both are what tokens carry, byte by
    /// byte.
    pub fn builder(issuer: impl Into<String>, product: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(issuer.into(), product.into())
    }

    /// What holds now, from what is in hand. It waits for no network.
    #[must_use]
    pub fn check(&self) -> Answer {
        let mut installation = self.0.installation();
        let answer = installation.check((self.0.clock)());
        if self.0.refreshing.is_running() || installation.is_store_failing() {
            // The background writes, and tries again what has failed.
            drop(installation);
            self.0.tell();
        } else {
            self.0.settle(installation);
        }
        answer
    }

    /// Whether the license is usable now and has this entitlement.
    #[must_use]
    pub fn allows(&self, entitlement: &str) -> bool {
        self.check().allows(entitlement)
    }

    /// Each check of the license, the claim that decided, and the next step.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        self.0.installation().explain((self.0.clock)())
    }

    /// What happened since this was last asked. Empty where
    /// [`ClientBuilder::on_event`] is told instead.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        core::mem::take(&mut *told)
    }

    /// Since when the issuer could not be reached, if it cannot.
    #[must_use]
    pub fn failing_since(&self) -> Option<UnixTime> {
        self.0.installation().failing_since()
    }

    /// Activates this machine with a license key, as it was typed.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; a mistyped key without any request, and taken seats with the
    /// machines that have them.
    pub async fn activate(&self, key: &str) -> Result<Answer, ClientError> {
        let _turn = self.0.line.turn().await;
        self.0.reload();
        let nonce = self.0.line.nonce()?;
        let request = self.0.installation().activate(key, nonce)?;
        let received = self.0.carry(request).await;
        self.answer_to(received)
    }

    /// Has the issuer confirm the license now.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. What held before still holds.
    pub async fn refresh(&self) -> Result<Answer, ClientError> {
        let _turn = self.0.line.turn().await;
        self.0.reload();
        loop {
            let nonce = self.0.line.nonce()?;
            let raw = (self.0.clock)();
            let request = self.0.installation().refresh(nonce, raw)?;
            let received = self.0.carry(request).await;
            if received.is_ok() || !self.0.installation().retries_at_once() {
                return self.answer_to(received);
            }
        }
    }

    fn answer_to(&self, received: Result<Received, ClientError>) -> Result<Answer, ClientError> {
        match received? {
            Received::Answer(answer) => Ok(answer),
            Received::Machines(_) | Received::Freed => Ok(self.check()),
        }
    }

    /// Gives this machine's seat back, and forgets the license and its key.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; then the license stays as it was.
    pub async fn deactivate(&self) -> Result<(), ClientError> {
        let _turn = self.0.line.turn().await;
        self.0.reload();
        let request = self.0.installation().deactivate()?;
        if let Received::Machines(_) = self.0.carry(request).await? {
            // The seat's id was not known. Where it has none, nothing is left to free.
            if !self.0.installation().knows_its_seat() {
                self.forget();
                return Ok(());
            }
            let request = self.0.installation().deactivate()?;
            self.0.carry(request).await?;
        }
        Ok(())
    }

    /// Forgets the license and its key here, and leaves its seat taken.
    pub fn forget(&self) {
        self.0.reload();
        let mut installation = self.0.installation();
        installation.forget();
        self.0.settle(installation);
    }

    /// The machines that have a seat of the license; where there is none here yet, of
    /// the one whose key has just found every seat taken.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn machines(&self) -> Result<Vec<MachineInfo>, ClientError> {
        let _turn = self.0.line.turn().await;
        let request = self.0.installation().machines()?;
        match self.0.carry(request).await? {
            Received::Machines(machines) => Ok(machines),
            Received::Answer(_) | Received::Freed => Ok(Vec::new()),
        }
    }

    /// Frees the seat of a machine, by the id that [`Client::machines`] or
    /// [`ClientError::MachineLimit`] names.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn free(&self, machine: &str) -> Result<(), ClientError> {
        let _turn = self.0.line.turn().await;
        let request = self.0.installation().free(machine)?;
        self.0.carry(request).await.map(drop)
    }

    /// A request to carry to the issuer by hand: to activate with this key, or,
    /// without one, to renew the license that is here.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`], or [`ClientError::NoLicense`].
    pub fn offline_request(&self, key: Option<&str>) -> Result<String, ClientError> {
        let nonce = self.0.line.nonce()?;
        self.0.reload();
        let mut installation = self.0.installation();
        let text = match key {
            Some(key) => installation.offline_activation(key, nonce)?,
            None => installation.offline_renewal(nonce)?,
        };
        self.0.settle(installation);
        Ok(text)
    }

    /// Takes the response to the latest offline request, or a license file of the
    /// vendor's.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. What held before still holds.
    pub fn offline_install(&self, text: &str) -> Result<Answer, ClientError> {
        self.0.reload();
        let mut installation = self.0.installation();
        let answer = installation.offline_install(text, (self.0.clock)());
        self.0.settle(installation);
        answer
    }

    /// Forgets the license and its key, and makes the receipt that frees its seat
    /// when it is carried to the issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`].
    pub fn offline_deactivation(&self) -> Result<String, ClientError> {
        let nonce = self.0.line.nonce()?;
        self.0.reload();
        let mut installation = self.0.installation();
        let text = installation.offline_deactivation(nonce)?;
        self.0.settle(installation);
        Ok(text)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("installation", &*self.0.installation())
            .finish_non_exhaustive()
    }
}
