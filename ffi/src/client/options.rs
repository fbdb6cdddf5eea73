//! What a setup says for a client alone: where the issuer is, where files go, who is
//! told.

use std::ffi::{c_char, c_void};
use std::path::{Path, PathBuf};

use sdk::{Event, FileStore, blocking};

use super::callback;
use crate::error::paidup_error;
use crate::event::paidup_event;
use crate::result::paidup_result;
use crate::setup::{change, paidup_on_event, paidup_setup};
use crate::{handle, text};

#[derive(Default)]
pub(crate) struct Options {
    url: Option<String>,
    allow_http: bool,
    folders: Option<(PathBuf, PathBuf)>,
    on_event: Option<Listener>,
}

/// Where the issuer is, such as "https://licenses.example.com", if not at the address
/// that is its name.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_url(
    setup: *mut paidup_setup,
    url: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        setup.client.url = Some(unsafe { text::name(url, MOST_PLACE) }?.into());
        Ok(())
    })
}

/// Takes an issuer that is not on this machine and has no https. Whoever is on the way
/// reads the license keys. Nobody can forge a license all the same.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_danger_allow_http(setup: *mut paidup_setup) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        unsafe { handle::exclusive(setup) }?.client.allow_http = true;
        Ok(())
    })
}

/// Where the license is kept, in two folders, which are made where they are lacking. They
/// should be two: a copy that is put back into one of them then shows. Where this is not
/// set they are the user's own folders for application data.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_folders(
    setup: *mut paidup_setup,
    state: *const c_char,
    witness: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        let state = unsafe { text::name(state, MOST_PLACE) }?;
        // SAFETY: as the header asks.
        let witness = unsafe { text::name(witness, MOST_PLACE) }?;
        setup.client.folders = Some((state.into(), witness.into()));
        Ok(())
    })
}

/// Who is told what happens, on whatever thread it happens: one of the client's own, or
/// the one that calls it; two threads may tell at once. context is handed on as it is,
/// and must live until paidup_client_free has returned; after that nobody is told
/// anything.
///
/// The function must not block, throw, or jump out. In it, what waits for the issuer
/// returns PAIDUP_INVALID_ARGUMENT, and no client may be freed. A program with a loop of
/// its own does better without: see paidup_client_next_event.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where told is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_on_event(
    setup: *mut paidup_setup,
    told: paidup_on_event,
    context: *mut c_void,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        let told = told.ok_or(paidup_result::INVALID_ARGUMENT)?;
        setup.client.on_event = Some(Listener { told, context });
        Ok(())
    })
}

/// No address and no path is longer, in bytes.
const MOST_PLACE: usize = 4096;

#[derive(Clone, Copy)]
struct Listener {
    told: unsafe extern "C" fn(context: *mut c_void, event: *const paidup_event),
    context: *mut c_void,
}

// SAFETY: the header says that the function is called on any thread with this context.
unsafe impl Send for Listener {}
// SAFETY: as above.
unsafe impl Sync for Listener {}

impl Listener {
    fn tell(&self, event: Event) {
        let event = paidup_event::from(event);
        // SAFETY: as the header asks of who has set it.
        callback::within(|| unsafe { (self.told)(self.context, &raw const event) });
    }
}

impl paidup_setup {
    pub(super) fn open(&self) -> Result<blocking::Client, paidup_error> {
        let mut builder = blocking::Client::builder(self.issuer.as_str(), self.product.as_str())
            .min_version(self.min_version);
        for root in &self.roots {
            builder = builder.root(root.to_base64url());
        }
        for key in &self.keys {
            builder = builder.key(key.to_base64url());
        }
        if let Some(fingerprint) = &self.fingerprint {
            builder = builder.fingerprint(fingerprint.as_str());
        }
        if let Some(name) = &self.device_name {
            builder = builder.device_name(name.as_str());
        }
        if let Some(class) = self.class {
            builder = builder.class(class);
        }
        if self.test {
            builder = builder.test_mode();
        }
        let options = &self.client;
        if let Some(url) = &options.url {
            builder = builder.url(url.as_str());
        }
        if options.allow_http {
            builder = builder.danger_allow_http();
        }
        if let Some((state, witness)) = &options.folders {
            let (state, witness) = (Path::new(state), Path::new(witness));
            builder = builder.store(FileStore::in_folders(state, witness));
        }
        if let Some(listener) = options.on_event {
            builder = builder.on_event(move |event| listener.tell(event));
        }
        Ok(builder.build_blocking()?)
    }
}
