//! Where an installation's memory is kept: two places, of which neither has to be
//! there.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::any::Any;
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

    /// Keeps other processes of the app from writing until what it gives is dropped: the
    /// client reads once more, decides, and writes. Whoever cannot lock, or waits too
    /// long, goes on without; by default nobody is kept from anything.
    fn lock(&self) -> Box<dyn Any> {
        Box::new(())
    }
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

    fn lock(&self) -> Box<dyn Any> {
        (**self).lock()
    }
}
