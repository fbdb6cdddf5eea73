//! An app's side of licensing as one state machine without a socket, a file or a
//! clock: what holds now, what to send next, what a reply means, what to keep.
//!
//! It is local first. [`Installation::check`] answers from what is in hand, at once.
//! Whoever drives it carries requests to the issuer and brings back replies:
//!
//! 1. [`Installation::poll`] says whether it is time to ask. Then
//!    [`Installation::refresh`] makes the request.
//! 2. [`Installation::receive`] takes the reply, or [`Installation::failed`] that
//!    none came.
//! 3. [`Installation::unsaved`] says what to write down and is told how that went,
//!    [`Installation::events`] says what to tell the user.
//!
//! Only a signed text changes what holds, for the better or for the worse. What is
//! not signed, or answers another request, is a contact that failed.

mod answer;
mod clock;
mod error;
mod event;
mod judge;
mod memory;
mod offline;
mod receive;
mod reply;
mod request;
mod schedule;
mod stored;

use alloc::{string::String, vec::Vec};
use core::{fmt, mem};

use crate::{Claims, Code, Expected, Keyring, Keyset, License, LicenseKey, Setup, UnixTime};

pub use answer::Answer;
pub use error::{ClientError, MachineInfo, NetworkError};
pub use event::Event;
pub use offline::{OfflineAction, OfflineRequest, OfflineRequestError};
pub use receive::Received;
pub use request::{Method, Nonce, Reply, Request};
pub use schedule::Poll;
pub use stored::Unsaved;

use answer::Hand;
use memory::{Memory, SecretText, SeenToken};
use schedule::Schedule;

/// An app on a machine: what it was built with, and what it remembers.
///
/// ```
/// use paidup::{Code, Installation, Nonce, Poll, PublicKey, Setup, UnixTime};
///
/// let root = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?;
/// let setup = Setup::new("https://licenses.example.com", "notes").root(root);
/// let mut installation = Installation::load(setup, None, None);
///
/// let now = UnixTime::from_secs(1_795_417_200);
/// assert_eq!(installation.check(now).code(), Code::NoLicense);
/// assert_eq!(installation.poll(now), Poll::Idle);
///
/// let nonce = Nonce::from_entropy(&[7; 16]);
/// let request = installation.activate("NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z", nonce)?;
/// assert_eq!(request.path, "/api/v1/tokens");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Installation {
    setup: Setup,
    expected: Expected,
    memory: Memory,
    keyset: Option<Keyset>,
    keyring: Keyring,
    hand: Hand,
    told: Option<Code>,
    events: Vec<Event>,
    schedule: Schedule,
    /// How the last refresh has failed, if it has.
    failing: Option<Code>,
    /// What found every seat taken.
    seatless: Option<Seatless>,
    /// The watermark as it was last written down.
    saved_watermark: Option<UnixTime>,
    changed: bool,
    /// Whether the last attempt to write it down has failed.
    store_fails: bool,
}

/// A license key that was typed where every seat was taken. Until one is free, it has
/// no license here; but whoever holds it may free one.
struct Seatless {
    key: LicenseKey,
    /// The ids of the machines that have the seats.
    machines: Vec<String>,
}

impl Installation {
    /// Begins to activate this machine with a license key, as it was typed.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] for what cannot be a key: nothing needs to be sent to
    /// know that.
    pub fn activate(&mut self, key: &str, nonce: Nonce) -> Result<Request, ClientError> {
        let key = LicenseKey::parse(key)?;
        Ok(Request::activate(&self.setup, key, nonce, false))
    }

    /// The seats of the license; where there is none yet, of the one whose key has
    /// just found every seat taken.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`] where no license key is known.
    pub fn machines(&self) -> Result<Request, ClientError> {
        let seatless = self.seatless.as_ref();
        self.key()
            .or_else(|error| seatless.map(|it| it.key.expose()).ok_or(error))
            .map(Request::machines)
    }

    /// Frees the seat of a machine, by its id: one of the license's, or one that
    /// [`ClientError::MachineLimit`] has named.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`] where no license key is known, and
    /// [`ClientError::NoMachine`] where the id cannot be one.
    pub fn free(&self, machine: &str) -> Result<Request, ClientError> {
        if !is_machine_id(machine) {
            return Err(ClientError::NoMachine);
        }
        let this_machine = self.memory.machine.as_deref() == Some(machine);
        let seatless = self.seatless.as_ref();
        let named =
            seatless.filter(|it| !this_machine && it.machines.iter().any(|id| id == machine));
        let key = match (named, self.key(), seatless) {
            (Some(seatless), _, _) | (None, Err(_), Some(seatless)) => seatless.key.expose(),
            (None, key, _) => key?,
        };
        Ok(Request::free(key, machine, this_machine))
    }

    /// Gives this machine's seat back and forgets the license. Where the seat's id
    /// is not known, the request is for the list of seats, and this has to be called
    /// once more.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`] where there is none, or no license key is known:
    /// then [`Installation::forget`] is all that can be done.
    pub fn deactivate(&self) -> Result<Request, ClientError> {
        match &self.memory.machine {
            Some(machine) => Ok(Request::free(self.key()?, machine, true)),
            None => self.machines(),
        }
    }

    /// Whether the seat of this machine is known by its id.
    #[must_use]
    pub fn knows_its_seat(&self) -> bool {
        self.memory.machine.is_some()
    }

    /// Whether the key was typed while its license could not be used: then it has no
    /// seat yet, and gets it once somebody has paid.
    fn awaits_seat(&self) -> bool {
        let claims = self.license().map(License::claims);
        !self.knows_its_seat() && claims.is_some_and(Claims::refuses_license)
    }

    /// Forgets the license, and refuses its token from now on.
    pub fn forget(&mut self) {
        if let Hand::License(license) = &self.hand {
            let claims = license.claims();
            let seen = SeenToken {
                seq: claims.seq,
                // The same token, put back, is older than this.
                iat: claims.iat.plus(1),
                kid: license.key_id(),
            };
            self.memory.witness.remember(license.id(), seen);
        }
        let witness = mem::take(&mut self.memory.witness);
        self.memory = Memory {
            keyset: self.memory.keyset.take(),
            clock_offset: self.memory.clock_offset,
            witness,
            ..Memory::default()
        };
        self.memory.witness.contact = self.memory.witness.contact.saturating_add(1);
        self.hand = Hand::Nothing;
        self.seatless = None;
        self.told = None;
        self.changed = true;
    }

    /// What happened since this was last asked.
    pub fn events(&mut self) -> Vec<Event> {
        mem::take(&mut self.events)
    }

    /// Since when the issuer could not be reached, if it cannot.
    #[must_use]
    pub fn failing_since(&self) -> Option<UnixTime> {
        self.memory.failing_since
    }

    fn key(&self) -> Result<&str, ClientError> {
        let key = self.memory.license_key.as_ref();
        key.map(SecretText::expose).ok_or(ClientError::NoLicense)
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("product", &self.setup.product)
            .field("license", &self.license().map(License::id))
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

/// What may go into a path.
fn is_machine_id(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}
