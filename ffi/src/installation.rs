//! The installation that the host drives: a client without a network, a disk or a clock.

pub mod contact;
pub mod offline;
pub mod stored;

use std::ffi::{c_char, c_int};
use std::ptr;

use sdk::{Event, Installation, Poll, UnixTime};

use crate::buffer::Buffer;
use crate::event::paidup_event;
use crate::license::paidup_license;
use crate::result::paidup_result;
use crate::setup::paidup_setup;
use crate::{boundary, handle, text};

/// An app's license as a machine without a socket, a file or a clock, for a host that has
/// its own. Whoever drives it carries requests to the issuer and brings back replies:
///
/// 1. paidup_installation_poll says whether it is time to ask. Then
///    paidup_installation_refresh makes the request.
/// 2. The host sends it. paidup_installation_receive takes the reply,
///    paidup_installation_failed that none came.
/// 3. paidup_installation_unsaved says what to write down,
///    paidup_installation_next_event what to tell the user. Look at both after every
///    call that changes something, paidup_installation_check included.
///
/// Only a signed text changes what holds, for the better or for the worse: whatever else
/// the host brings back is a contact that failed. "now" is what the machine's clock says,
/// in Unix seconds, right or wrong.
///
/// One thread at a time may use an installation.
pub struct paidup_installation {
    installation: Installation,
    events: Vec<Event>,
}

/// An app as it starts, with what was written down of paidup_unsaved_state and
/// paidup_unsaved_witness. Neither has to be there, whole, or ours: NULL and 0 at the
/// first start. Free it with paidup_installation_free.
///
/// Returns PAIDUP_OK and sets installation; PAIDUP_INVALID_ARGUMENT where the setup is
/// NULL or pins nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_load(
    setup: *const paidup_setup,
    state: *const c_char,
    state_length: usize,
    witness: *const c_char,
    witness_length: usize,
    installation: *mut *mut paidup_installation,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::put(installation, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let setup = unsafe { handle::shared(setup) }?;
        // SAFETY: as the header asks.
        let state = unsafe { stored::stored(state, state_length) }?;
        // SAFETY: as the header asks.
        let witness = unsafe { stored::stored(witness, witness_length) }?;
        if installation.is_null() || setup.roots.is_empty() && setup.keys.is_empty() {
            return Err(paidup_result::INVALID_ARGUMENT);
        }
        let loaded = paidup_installation {
            installation: Installation::load(setup.of_installation(), state, witness),
            events: Vec::new(),
        };
        // SAFETY: as the header asks.
        unsafe { handle::put_new(installation, loaded) };
        Ok(paidup_result::OK)
    })
}

/// What holds now, from what is in hand. Returns and sets license as
/// paidup_client_check.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_check(
    installation: *mut paidup_installation,
    now: i64,
    license: *mut *mut paidup_license,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::put(license, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        let answer = it.installation.check(UnixTime::from_secs(now));
        // SAFETY: as the header asks.
        unsafe { paidup_license::put(&answer, license) };
        Ok(answer.code().into())
    })
}

/// 1 if the license is usable now and has this entitlement; else 0, for NULL too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_allows(
    installation: *mut paidup_installation,
    entitlement: *const c_char,
    now: i64,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }.ok()?;
        // SAFETY: as the header asks.
        let entitlement = unsafe { text::terminated(entitlement) }.ok()?;
        let answer = it.installation.check(UnixTime::from_secs(now));
        Some(c_int::from(answer.allows(entitlement)))
    })
}

/// What there is to do. 0: ask the issuer now, with paidup_installation_refresh. More
/// than 0: nothing before so many seconds have passed; a machine may sleep meanwhile, so
/// look at the clock every minute. -1: nothing, until somebody enters a license key; for
/// NULL too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_poll(
    installation: *mut paidup_installation,
    now: i64,
) -> i64 {
    const IDLE: i64 = -1;
    boundary::value(IDLE, || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }.ok()?;
        match it.installation.poll(UnixTime::from_secs(now)) {
            Poll::Ask => Some(0),
            Poll::Wait { seconds } => Some(i64::try_from(seconds).unwrap_or(i64::MAX).max(1)),
            _ => None,
        }
    })
}

/// The next thing that happened; NULL where there is none. Free it with
/// paidup_event_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_next_event(
    installation: *mut paidup_installation,
) -> *mut paidup_event {
    boundary::value(ptr::null_mut(), || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }.ok()?;
        it.events.extend(it.installation.events());
        if it.events.is_empty() {
            return None;
        }
        Some(handle::new(it.events.remove(0).into()))
    })
}

/// Since when the issuer could not be reached, in Unix seconds; 0 where it can.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_failing_since(
    installation: *const paidup_installation,
) -> i64 {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::shared(installation) }.ok()?;
        it.installation.failing_since().map(UnixTime::as_secs)
    })
}

/// Explains what holds now, as paidup_explain.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_explain(
    installation: *const paidup_installation,
    now: i64,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let it = unsafe { handle::shared(installation) }?;
        buffer.write_json(&it.installation.explain(UnixTime::from_secs(now)))
    })
}

/// Forgets the license and its key, and leaves its seat taken.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_forget(
    installation: *mut paidup_installation,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::exclusive(installation) }?
            .installation
            .forget();
        Ok(paidup_result::OK)
    })
}

/// Frees an installation. NULL is allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_free(installation: *mut paidup_installation) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(installation) }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use sdk::Code;

    use super::contact::{paidup_installation_activate, paidup_installation_receive};
    use super::stored::*;
    use super::*;
    use crate::error::*;
    use crate::event::{paidup_event_free, paidup_event_kind};
    use crate::request::*;
    use crate::setup::*;

    fn text(pointer: *const c_char) -> String {
        // SAFETY: everything that is given here is a text of a handle that lives.
        unsafe { CStr::from_ptr(pointer) }.to_str().unwrap().into()
    }

    /// Each kind of handle once around, without a signature: for Miri.
    #[test]
    fn handles_go_round_and_leave_nothing() {
        let (mut it, mut request) = (ptr::null_mut(), ptr::null_mut());
        let mut error = ptr::null_mut();
        let key = c"NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z".as_ptr();
        let entropy = [7_u8; 16];
        // SAFETY: every handle is new, and freed once.
        unsafe {
            let setup = paidup_setup_new(c"https://licenses.example.com".as_ptr(), c"a".as_ptr());
            let root = c"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            assert_eq!(
                paidup_setup_add_root(setup, root.as_ptr()),
                paidup_result::OK
            );
            let no = ptr::null();
            let loaded = paidup_installation_load(setup, no, 0, no, 0, &raw mut it);
            assert_eq!(loaded, paidup_result::OK);
            paidup_setup_free(setup);

            let begun = paidup_installation_activate(
                it,
                key,
                entropy.as_ptr(),
                entropy.len(),
                &raw mut request,
                &raw mut error,
            );
            assert_eq!((begun, error), (paidup_result::OK, ptr::null_mut()));
            assert_eq!(text(paidup_request_method(request)), "POST");
            assert!(text(paidup_request_body(request)).contains("NOTES-MPJTB"));
            assert!(paidup_request_authorization(request).is_null());
            let portal = c"<html>";
            let received = paidup_installation_receive(
                it,
                &raw mut request,
                200,
                portal.as_ptr(),
                6,
                -1,
                0,
                ptr::null_mut(),
                &raw mut error,
            );
            assert_eq!((received, request), (Code::Network.into(), ptr::null_mut()));
            assert!(text(paidup_error_message(error)).contains("other than the license server"));
            paidup_error_free(error);

            paidup_installation_forget(it);
            let unsaved = paidup_installation_unsaved(it);
            assert!(text(paidup_unsaved_state(unsaved)).starts_with("paidup-state"));
            assert!(text(paidup_unsaved_witness(unsaved)).starts_with("paidup-witness"));
            paidup_unsaved_free(unsaved);
            paidup_installation_saved(it, 0);
            let event = paidup_installation_next_event(it);
            assert_eq!(text(paidup_event_kind(event)), "notStored");
            paidup_event_free(event);
            paidup_installation_free(it);
        }
    }
}
