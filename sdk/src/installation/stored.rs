//! What an installation finds when it starts, and what it leaves to be written down.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use zeroize::Zeroizing;

use super::answer::Hand;
use super::memory::{self, Found, Memory, Witness};
use super::schedule::Schedule;
use super::{Event, Installation};
use crate::{Keyring, License, LicenseKey, Seen, Setup, Token, VerifyError};

const STATE: &str = "paidup-state";
const WITNESS: &str = "paidup-witness";

/// The watermark is written down when it has risen by so much, in seconds.
const WATERMARK_STEP: i64 = 900;

/// What is to be written down, each text to its place.
#[derive(Clone)]
pub struct Unsaved {
    /// Everything, the license key included. A secret.
    pub state: Zeroizing<String>,
    /// What a second place remembers, so that putting back an older first one shows.
    pub witness: Zeroizing<String>,
}

impl Installation {
    /// No place holds more, in bytes.
    pub const MAX_BYTES: usize = memory::MAX_BYTES;

    /// An app as it starts, with what its two places hold. Neither has to be there,
    /// whole, or ours: what cannot be believed is not, and what is signed can be.
    #[must_use]
    pub fn load(setup: Setup, state: Option<&[u8]>, witness: Option<&[u8]>) -> Self {
        let mut installation = Self {
            expected: setup.expected(),
            keyring: setup.keyring(None),
            setup,
            memory: Memory::default(),
            keyset: None,
            hand: Hand::Nothing,
            told: None,
            events: Vec::new(),
            schedule: Schedule::default(),
            failing: None,
            seatless: None,
            saved_watermark: None,
            changed: false,
            store_fails: false,
        };
        installation.remember(state, witness);
        installation
    }

    /// Looks again at what its places hold, where another process of the same app
    /// may have been in contact since. Whoever was later is right.
    pub fn reload(&mut self, state: Option<&[u8]>, witness: Option<&[u8]>) {
        let key = self.setup.seal_key();
        let contact = match Found::<Memory>::read(STATE, state, &key) {
            Found::Ours(memory) => memory.witness.contact,
            Found::Foreign(_) | Found::Nothing => return,
        };
        if contact > self.memory.witness.contact {
            self.remember(state, witness);
            self.changed = false;
        }
    }

    fn remember(&mut self, state: Option<&[u8]>, witness: Option<&[u8]>) {
        let key = self.setup.seal_key();
        let mut foreign = false;
        self.memory = match Found::<Memory>::read(STATE, state, &key) {
            Found::Nothing => Memory::default(),
            Found::Ours(memory) => memory,
            Found::Foreign(memory) => {
                self.schedule.at_once();
                foreign = true;
                Memory {
                    license_key: memory.license_key,
                    token: memory.token,
                    keyset: memory.keyset,
                    ..Memory::default()
                }
            }
        };
        self.memory.witness.forget_former_root(&self.setup.roots);
        if let Found::Ours(mut witness) = Found::<Witness>::read(WITNESS, witness, &key) {
            witness.forget_former_root(&self.setup.roots);
            self.memory.witness.join(witness);
        }
        let key = self.memory.license_key.take();
        self.memory.license_key = key.filter(|it| LicenseKey::parse(it.expose()).is_ok());
        self.saved_watermark = self.memory.witness.watermark;
        let keyset = self.memory.keyset.as_deref();
        let keyset = keyset.and_then(|it| self.setup.roots.verify(it).ok());
        let oldest = self
            .memory
            .witness
            .keyset_version
            .max(self.setup.min_version);
        self.keyset = keyset.filter(|it| it.version >= oldest);
        self.take_in_hand();
        if foreign && !self.is_of_our_issuer() {
            // Another vendor's license key must not be sent to our issuer.
            self.memory.license_key = None;
        }
    }

    /// Whether what is in hand was signed by a key that our issuer has, or had.
    fn is_of_our_issuer(&self) -> bool {
        match &self.hand {
            Hand::License(_) => true,
            Hand::Nothing => false,
            Hand::Refused(error) => matches!(
                error,
                VerifyError::KeyRevoked { .. }
                    | VerifyError::KeyNotValid { .. }
                    | VerifyError::FingerprintMismatch
                    | VerifyError::StaleToken { .. }
            ),
        }
    }

    /// Verifies the token that is remembered, with the keys that are.
    pub(super) fn take_in_hand(&mut self) {
        self.keyring = self.setup.keyring(self.keyset.as_ref());
        self.hand = match &self.memory.token {
            None => Hand::Nothing,
            Some(token) => match self.verify(token, &self.keyring) {
                Ok(license) => Hand::License(Arc::new(license)),
                Err(error) => Hand::Refused(error),
            },
        };
    }

    /// Verifies a token against what was seen of its license.
    fn verify(&self, token: &str, keyring: &Keyring) -> Result<License, VerifyError> {
        let license = keyring.verify(Token::parse(token)?, &self.expected, &Seen::default())?;
        let seen = self.memory.witness.seen(license.id());
        seen.check(license.claims(), |it| keyring.revokes(it))?;
        Ok(license)
    }

    /// Whether there is anything to write down.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        let watermark = self.memory.witness.watermark;
        let risen = match (watermark, self.saved_watermark) {
            (Some(now), Some(saved)) => now >= saved.plus(WATERMARK_STEP),
            (now, saved) => now != saved,
        };
        self.changed || risen
    }

    /// Takes what is to be written down, if anything. Say afterwards how that went:
    /// [`Installation::saved`] or [`Installation::not_saved`]. What changes in the
    /// meantime is there to be taken again.
    #[must_use]
    pub fn unsaved(&mut self) -> Option<Unsaved> {
        if !self.is_unsaved() {
            return None;
        }
        self.changed = false;
        self.saved_watermark = self.memory.witness.watermark;
        let key = self.setup.seal_key();
        Some(Unsaved {
            state: memory::write(STATE, &self.memory, &key),
            witness: memory::write(WITNESS, &self.memory.witness, &key),
        })
    }

    /// Says that [`Installation::unsaved`] was written down.
    pub fn saved(&mut self) {
        self.store_fails = false;
    }

    /// Whether the last attempt to write something down has failed.
    #[must_use]
    pub fn is_store_failing(&self) -> bool {
        self.store_fails
    }

    /// Says that it could not be written down: an event the first time, and something
    /// to try again, but no reason to refuse anything.
    pub fn not_saved(&mut self) {
        self.changed = true;
        if !self.store_fails {
            self.store_fails = true;
            self.events.push(Event::NotStored);
        }
    }
}

impl fmt::Debug for Unsaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsaved").finish_non_exhaustive()
    }
}
