//! The client with a network, a disk and a clock, from C: feature `client`.

mod callback;
pub mod fingerprint;
pub mod offline;
pub mod options;
pub mod seats;

use std::collections::VecDeque;
use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use sdk::{Event, UnixTime, blocking};

pub(crate) use options::Options;

use crate::buffer::Buffer;
use crate::error::paidup_error;
use crate::event::paidup_event;
use crate::license::paidup_license;
use crate::result::paidup_result;
use crate::setup::paidup_setup;
use crate::{boundary, handle, text};

/// An app's license, kept fresh: with a network, a disk and a clock of its own.
///
/// It answers from what it has on disk, at once, and asks the issuer in the background. A
/// server that is away stops nobody; a signed refusal does, at the next contact. Any
/// thread may use it at any time; free it when none does any more. One is enough for a
/// program.
pub struct paidup_client {
    client: blocking::Client,
    events: Mutex<VecDeque<Event>>,
}

/// Opens the client of an app. It reads what is on disk, and needs neither a network nor a
/// thread: these are set up at the first contact. Free it with paidup_client_free.
///
/// Returns PAIDUP_OK and sets client. Else sets client to NULL and returns
/// PAIDUP_INVALID_ARGUMENT where the setup pins nothing, or an address without https.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_open(
    setup: *const paidup_setup,
    client: *mut *mut paidup_client,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        if client.is_null() {
            return Err(paidup_result::INVALID_ARGUMENT.into());
        }
        // SAFETY: as the header asks.
        unsafe { handle::put(client, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let opened = paidup_client {
            client: unsafe { handle::shared(setup) }?.open()?,
            events: Mutex::default(),
        };
        // SAFETY: as the header asks.
        unsafe { handle::put_new(client, opened) };
        Ok(paidup_result::OK)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// What holds now, from what is in hand. It waits for no network.
///
/// Returns PAIDUP_VALID or PAIDUP_GRACE, under which the app may be used;
/// PAIDUP_NO_LICENSE where nobody has entered a key yet; and the other standings of
/// paidup_license_standing. Where the token on disk is refused, returns why, as
/// paidup_verify does. PAIDUP_INVALID_ARGUMENT for NULL.
///
/// Sets license, where it is not NULL, to a new paidup_license, or to NULL where there is
/// none. It is a snapshot: free it, and ask the client again where it matters, since the
/// client corrects a clock that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_check(
    client: *const paidup_client,
    license: *mut *mut paidup_license,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::put(license, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }?;
        let answer = client.client.check();
        // SAFETY: as the header asks.
        unsafe { paidup_license::put(&answer, license) };
        Ok(answer.code().into())
    })
}

/// 1 if the license is usable now and has this entitlement; else 0, for NULL too. This is
/// the everyday question: ask it where it matters, as often as you like.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_allows(
    client: *const paidup_client,
    entitlement: *const c_char,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }.ok()?;
        // SAFETY: as the header asks.
        let entitlement = unsafe { text::terminated(entitlement) }.ok()?;
        Some(c_int::from(client.client.allows(entitlement)))
    })
}

/// Activates this machine with a license key, as it was typed. Waits for the issuer, up
/// to half a minute: not on the thread that draws.
///
/// Returns what holds now, as paidup_client_check, and sets error to NULL. Else what held
/// before still holds, and it returns PAIDUP_LICENSE_KEY_MALFORMED (nothing was sent),
/// PAIDUP_NOT_FOUND, PAIDUP_MACHINE_LIMIT_EXCEEDED (see paidup_error_machines),
/// PAIDUP_FINGERPRINT_REQUIRED, PAIDUP_PRODUCT_MISMATCH or PAIDUP_ENVIRONMENT_MISMATCH
/// for the key of something else, PAIDUP_RATE_LIMITED, PAIDUP_NETWORK, what
/// paidup_verify returns where what came back is refused, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_activate(
    client: *const paidup_client,
    key: *const c_char,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let client = unsafe { waiting(client) }?;
        // SAFETY: as the header asks.
        let key = unsafe { text::terminated(key) }?;
        Ok(client.activate(key)?.code().into())
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// Has the issuer confirm the license now. Waits as paidup_client_activate.
///
/// Returns what holds now, as paidup_client_check, and sets error to NULL. Else what held
/// before still holds, and it returns PAIDUP_NO_LICENSE, PAIDUP_RATE_LIMITED,
/// PAIDUP_NETWORK, or what paidup_verify returns where what came back is refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_refresh(
    client: *const paidup_client,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let client = unsafe { waiting(client) }?;
        Ok(client.refresh()?.code().into())
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// Forgets the license and its key here, and leaves its seat taken.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_forget(client: *const paidup_client) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::shared(client) }?.client.forget();
        Ok(paidup_result::OK)
    })
}

/// Keeps the license fresh from now on, on a thread of the client's own, until
/// paidup_client_stop_refreshing or paidup_client_free. Twice is once.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_start_refreshing(
    client: *const paidup_client,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::shared(client) }?.client.start_refreshing();
        Ok(paidup_result::OK)
    })
}

/// Stops what paidup_client_start_refreshing has started.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_stop_refreshing(
    client: *const paidup_client,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::shared(client) }?.client.stop_refreshing();
        Ok(paidup_result::OK)
    })
}

/// The next thing that happened, for a program that looks now and then; NULL where there
/// is none. Free it with paidup_event_free. Where paidup_setup_on_event was set, that is
/// told instead, and this is always NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_next_event(
    client: *const paidup_client,
) -> *mut paidup_event {
    boundary::value(ptr::null_mut(), || {
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }.ok()?;
        let events = client.events.lock();
        let mut events = events.unwrap_or_else(PoisonError::into_inner);
        events.extend(client.client.events());
        Some(handle::new(events.pop_front()?.into()))
    })
}

/// Since when the issuer could not be reached, in Unix seconds; 0 where it can.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_failing_since(client: *const paidup_client) -> i64 {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }.ok()?;
        client.client.failing_since().map(UnixTime::as_secs)
    })
}

/// Explains what holds now, as paidup_explain.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_explain(
    client: *const paidup_client,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        buffer.write_json(&unsafe { handle::shared(client) }?.client.explain())
    })
}

/// Closes a client: waits for its thread, which stops a request that is under way. No
/// callback is called any more when this returns. NULL is allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_free(client: *mut paidup_client) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(client) }
}

/// # Safety
///
/// As [`handle::shared`].
unsafe fn waiting<'a>(client: *const paidup_client) -> Result<&'a blocking::Client, paidup_error> {
    callback::refuse_to_wait()?;
    // SAFETY: as the caller promises.
    Ok(&unsafe { handle::shared(client) }?.client)
}
