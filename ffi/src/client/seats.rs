//! Seats: this machine's is given back, and others are looked at and freed.

use std::ffi::c_char;
use std::ptr;

use super::{paidup_client, waiting};
use crate::error::paidup_error;
use crate::machines::paidup_machines;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// Gives this machine's seat back, and forgets the license and its key. Waits as
/// paidup_client_activate.
///
/// Returns PAIDUP_OK. Else the license stays as it was, and it returns PAIDUP_NO_LICENSE,
/// PAIDUP_RATE_LIMITED, PAIDUP_NETWORK, PAIDUP_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_deactivate(
    client: *const paidup_client,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        unsafe { waiting(client) }?.deactivate()?;
        Ok(paidup_result::OK)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// Lists the machines that have a seat of the license; where there is none here yet, of
/// the one whose key has just met PAIDUP_MACHINE_LIMIT_EXCEEDED. Waits as
/// paidup_client_activate. Free the list with paidup_machines_free.
///
/// Returns PAIDUP_OK and sets machines. Else sets it to NULL and returns
/// PAIDUP_NO_LICENSE, PAIDUP_RATE_LIMITED, PAIDUP_NETWORK, PAIDUP_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_list_machines(
    client: *const paidup_client,
    machines: *mut *mut paidup_machines,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        unsafe { handle::put(machines, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let list = unsafe { waiting(client) }?.machines()?;
        // SAFETY: as the header asks.
        unsafe { handle::put_new(machines, list.into()) };
        Ok(paidup_result::OK)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// Frees the seat of a machine, by the id that paidup_machines_id gives. Waits as
/// paidup_client_activate.
///
/// Returns PAIDUP_OK, PAIDUP_NOT_FOUND, PAIDUP_NO_LICENSE, PAIDUP_RATE_LIMITED,
/// PAIDUP_NETWORK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_free_machine(
    client: *const paidup_client,
    machine: *const c_char,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let client = unsafe { waiting(client) }?;
        // SAFETY: as the header asks.
        client.free(unsafe { text::terminated(machine) }?)?;
        Ok(paidup_result::OK)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}
