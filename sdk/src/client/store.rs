//! Where an installation's memory is kept: two places, of which neither has to be
//! there.

use alloc::{sync::Arc, vec::Vec};
use std::io;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::Unsaved;

/// Two places for two texts. Nothing that they do makes a license unusable: what
/// cannot be read is not there, and what cannot be written is told as an event.
pub trait Store: Send + Sync {
    /// What the two places hold; what cannot be read is absent.
    fn load(&self) -> Loaded;

    /// Writes each text to its place, whole or not at all. The state holds the
    /// license key.
    ///
    /// # Errors
    ///
    /// Where the state was not written.
    fn save(&self, unsaved: &Unsaved) -> io::Result<()>;
}

/// What the two places hold.
#[derive(Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "there are two places")]
pub struct Loaded {
    /// [`Unsaved::state`], as it was written.
    pub state: Option<Zeroizing<Vec<u8>>>,
    /// [`Unsaved::witness`], as it was written.
    pub witness: Option<Zeroizing<Vec<u8>>>,
}

impl Loaded {
    pub(super) fn state(&self) -> Option<&[u8]> {
        self.state.as_deref().map(Vec::as_slice)
    }

    pub(super) fn witness(&self) -> Option<&[u8]> {
        self.witness.as_deref().map(Vec::as_slice)
    }
}

/// Forgets everything with the process: for tests, and for apps that keep nothing.
#[derive(Default)]
pub struct MemoryStore(Mutex<Loaded>);

impl Store for MemoryStore {
    fn load(&self) -> Loaded {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn save(&self, unsaved: &Unsaved) -> io::Result<()> {
        let bytes = |text: &str| Some(Zeroizing::new(text.as_bytes().to_vec()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Loaded {
            state: bytes(&unsaved.state),
            witness: bytes(&unsaved.witness),
        };
        Ok(())
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn load(&self) -> Loaded {
        (**self).load()
    }

    fn save(&self, unsaved: &Unsaved) -> io::Result<()> {
        (**self).save(unsaved)
    }
}
