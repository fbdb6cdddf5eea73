//! What all clones of a client share, and how it is written down: one word after the
//! other, and never an older one over a newer.

use alloc::{sync::Arc, vec::Vec};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::contact::Line;
use super::refreshing::Refreshing;
use super::store::Store;
use crate::{Event, Installation, UnixTime};

pub(super) struct Shared {
    pub(super) installation: Mutex<Installation>,
    pub(super) line: Line,
    pub(super) store: Arc<dyn Store>,
    pub(super) saving: Mutex<()>,
    pub(super) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    pub(super) on_event: Option<Arc<dyn Fn(Event) + Send + Sync>>,
    pub(super) told: Mutex<Vec<Event>>,
    pub(super) refreshing: Refreshing,
}

impl Shared {
    pub(super) fn installation(&self) -> MutexGuard<'_, Installation> {
        let locked = self.installation.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether another process of the app has been in contact.
    pub(super) fn reload(&self) {
        let loaded = self.store.load();
        self.installation().reload(loaded.state(), loaded.witness());
    }

    /// Writes down what is to be kept, and tells what happened; both without holding
    /// up who only asks.
    pub(super) fn settle(&self, installation: MutexGuard<'_, Installation>) {
        let unsaved = installation.is_unsaved();
        drop(installation);
        if unsaved {
            self.save();
        }
        self.tell();
    }

    /// One after the other, so that no older word is written over a newer one.
    fn save(&self) {
        let _turn = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        // Never over what another process has learned since, or learns meanwhile.
        let _lock = self.store.lock();
        self.reload();
        let Some(unsaved) = self.installation().unsaved() else {
            return;
        };
        match self.store.save(&unsaved) {
            Ok(()) => self.installation().saved(),
            Err(_) => self.installation().not_saved(),
        }
    }

    pub(super) fn tell(&self) {
        let events = self.installation().events();
        for event in events {
            match &self.on_event {
                Some(told) => told(event),
                None => {
                    let told = self.told.lock();
                    told.unwrap_or_else(PoisonError::into_inner).push(event);
                }
            }
        }
    }
}
