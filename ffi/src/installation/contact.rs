//! Requests out and replies in, carried by the host.

use std::ffi::{c_char, c_int};
use std::ptr;

use sdk::{Installation, Nonce, Received, Reply, Request, UnixTime};

use super::paidup_installation;
use crate::error::paidup_error;
use crate::machines::paidup_machines;
use crate::request::paidup_request;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// Begins to activate this machine with a license key, as it was typed. entropy is
/// PAIDUP_ENTROPY_SIZE bytes from the system's random numbers, new for each request:
/// they are sent, and have to come back signed.
///
/// Returns PAIDUP_OK and sets request to a new paidup_request: send it. Else sets request
/// to NULL and returns PAIDUP_LICENSE_KEY_MALFORMED; PAIDUP_INVALID_ARGUMENT, for another
/// length too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_activate(
    installation: *mut paidup_installation,
    key: *const c_char,
    entropy: *const u8,
    entropy_length: usize,
    request: *mut *mut paidup_request,
    error: *mut *mut paidup_error,
) -> paidup_result {
    // SAFETY: as the header asks.
    let body = |installation: &mut Installation| unsafe {
        let nonce = nonce(entropy, entropy_length)?;
        Ok(installation.activate(text::terminated(key)?, nonce)?)
    };
    // SAFETY: as the header asks.
    unsafe { begin(installation, request, error, body) }
}

/// Begins to have the issuer confirm the license. entropy and request as
/// paidup_installation_activate.
///
/// Returns PAIDUP_OK, PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_refresh(
    installation: *mut paidup_installation,
    entropy: *const u8,
    entropy_length: usize,
    now: i64,
    request: *mut *mut paidup_request,
    error: *mut *mut paidup_error,
) -> paidup_result {
    // SAFETY: as the header asks.
    let body = |installation: &mut Installation| unsafe {
        let nonce = nonce(entropy, entropy_length)?;
        Ok(installation.refresh(nonce, UnixTime::from_secs(now))?)
    };
    // SAFETY: as the header asks.
    unsafe { begin(installation, request, error, body) }
}

/// Begins to give this machine's seat back. Where paidup_installation_knows_its_seat is 0,
/// the request is for the list of seats: carry it, then call this once more; if the seat
/// is still not known, there is none, and paidup_installation_forget is what is left.
///
/// Returns PAIDUP_OK and sets request, PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_deactivate(
    installation: *mut paidup_installation,
    request: *mut *mut paidup_request,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = |installation: &mut Installation| Ok(installation.deactivate()?);
    // SAFETY: as the header asks.
    unsafe { begin(installation, request, error, body) }
}

/// 1 if the seat of this machine is known by its id; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_knows_its_seat(
    installation: *const paidup_installation,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::shared(installation) }.ok()?;
        Some(c_int::from(it.installation.knows_its_seat()))
    })
}

/// Begins to list the machines that have a seat: paidup_installation_receive gives them.
///
/// Returns PAIDUP_OK and sets request, PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_list_machines(
    installation: *mut paidup_installation,
    request: *mut *mut paidup_request,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = |installation: &mut Installation| Ok(installation.machines()?);
    // SAFETY: as the header asks.
    unsafe { begin(installation, request, error, body) }
}

/// Begins to free the seat of a machine, by the id that paidup_machines_id gives.
///
/// Returns PAIDUP_OK and sets request, PAIDUP_NO_LICENSE, PAIDUP_NOT_FOUND for what can be
/// no id, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_free_machine(
    installation: *mut paidup_installation,
    machine: *const c_char,
    request: *mut *mut paidup_request,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = |installation: &mut Installation| {
        // SAFETY: as the header asks.
        Ok(installation.free(unsafe { text::terminated(machine) }?)?)
    };
    // SAFETY: as the header asks.
    unsafe { begin(installation, request, error, body) }
}

/// Takes the reply to a request: its HTTP status, its body, and the header "retry-after"
/// in seconds, or -1 where there is none. The request is freed and set to NULL, whatever
/// comes of it; a request that is NULL is refused.
///
/// Of an activation or a refresh, returns what holds now, as
/// paidup_installation_check. Of a list, returns PAIDUP_OK and sets machines, where it is
/// not NULL, to a new paidup_machines. Of a seat that was freed, returns PAIDUP_OK; where
/// it was this machine's, the license is forgotten.
///
/// Else what held before still holds, and it returns what paidup_client_activate does.
/// Where paidup_installation_retries_at_once is 1 then, refresh once more, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_receive(
    installation: *mut paidup_installation,
    request: *mut *mut paidup_request,
    status: u16,
    body: *const c_char,
    length: usize,
    retry_after: i64,
    now: i64,
    machines: *mut *mut paidup_machines,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let receive = || {
        // SAFETY: as the header asks.
        unsafe { handle::put(machines, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let request = unsafe { take(request) }?;
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        // One byte more than any reply has: too long is told from whole.
        let length = length.min(Reply::MAX_BYTES + 1);
        let reply = Reply {
            status,
            // SAFETY: as the header asks.
            body: unsafe { text::bytes(body, length, length) }?,
            retry_after: u64::try_from(retry_after).ok(),
        };
        let now = UnixTime::from_secs(now);
        match it.installation.receive(request, reply, now)? {
            Received::Answer(answer) => Ok(answer.code().into()),
            Received::Machines(list) => {
                // SAFETY: as the header asks.
                unsafe { handle::put_new(machines, list.into()) };
                Ok(paidup_result::OK)
            }
            _ => Ok(paidup_result::OK),
        }
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, receive) }
}

/// Says that no reply came to a request, and why: a sentence of the host's, for the
/// message. The request is freed and set to NULL.
///
/// Returns PAIDUP_NETWORK, or PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_failed(
    installation: *mut paidup_installation,
    request: *mut *mut paidup_request,
    why: *const c_char,
    now: i64,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let failed = || {
        // SAFETY: as the header asks.
        let request = unsafe { take(request) }?;
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        // SAFETY: as the header asks.
        let why = unsafe { text::terminated(why) }?;
        let now = UnixTime::from_secs(now);
        Err(it.installation.failed(request, why, now).into())
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, failed) }
}

/// 1 if a refresh that was refused should be tried once more, at once: with the license
/// key this time. Else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_retries_at_once(
    installation: *const paidup_installation,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::shared(installation) }.ok()?;
        Some(c_int::from(it.installation.retries_at_once()))
    })
}

/// # Safety
///
/// As [`handle::exclusive`] and [`handle::put`].
unsafe fn begin(
    installation: *mut paidup_installation,
    request: *mut *mut paidup_request,
    error: *mut *mut paidup_error,
    body: impl FnOnce(&mut Installation) -> Result<Request, paidup_error>,
) -> paidup_result {
    let begin = || {
        if request.is_null() {
            return Err(paidup_result::INVALID_ARGUMENT.into());
        }
        // SAFETY: as the caller promises.
        unsafe { handle::put(request, ptr::null_mut()) };
        // SAFETY: as the caller promises.
        let it = unsafe { handle::exclusive(installation) }?;
        let made = body(&mut it.installation)?;
        // SAFETY: as the caller promises.
        unsafe { handle::put_new(request, made.into()) };
        Ok(paidup_result::OK)
    };
    // SAFETY: as the caller promises.
    unsafe { boundary::told(error, begin) }
}

/// Takes a request over from the caller, who has it no more.
///
/// # Safety
///
/// `request` is NULL, or to NULL or a request.
unsafe fn take(request: *mut *mut paidup_request) -> Result<Request, paidup_result> {
    // SAFETY: as the caller promises.
    let place = unsafe { handle::exclusive(request) }?;
    let taken = std::mem::replace(place, ptr::null_mut());
    // SAFETY: as the caller promises.
    let taken = unsafe { handle::take(taken) };
    let taken = taken.ok_or(paidup_result::INVALID_ARGUMENT)?;
    Ok(taken.request)
}

/// # Safety
///
/// As [`text::bytes`].
pub(super) unsafe fn nonce(entropy: *const u8, length: usize) -> Result<Nonce, paidup_result> {
    // SAFETY: as the caller promises.
    let bytes = unsafe { text::bytes(entropy.cast(), length, length) }?;
    let bytes = bytes.try_into();
    Ok(Nonce::from_entropy(
        bytes.map_err(|_| paidup_result::INVALID_ARGUMENT)?,
    ))
}
