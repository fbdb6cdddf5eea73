//! A client without a network: requests that are carried to the issuer by hand.

use std::ffi::c_char;

use sdk::{LicenseFile, OfflineRequest};

use super::paidup_client;
use crate::buffer::Buffer;
use crate::error::paidup_error;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// Begins to activate this machine with a license key where no network reaches it; or,
/// where key is NULL, to renew the license that is here. The text goes to the issuer by
/// any way, pasted or as a QR code: "paidup licenses offline" answers it with a license
/// file. It holds the license key: keep it like that. Only the latest request is
/// answered.
///
/// Writes it into the caller's buffer, which must have PAIDUP_OFFLINE_REQUEST_SIZE bytes:
/// with fewer nothing is begun.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_LICENSE_KEY_MALFORMED,
/// PAIDUP_NO_LICENSE, PAIDUP_STORE_UNAVAILABLE, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_offline_request(
    client: *const paidup_client,
    key: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }?;
        let key = match key.is_null() {
            true => None,
            // SAFETY: as the header asks.
            false => Some(unsafe { text::terminated(key) }?),
        };
        buffer.room_for(OfflineRequest::MAX_BYTES + 1)?;
        Ok(buffer.write(&client.client.offline_request(key)?)?)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// Takes the response to the latest offline request, or a license file that the vendor
/// has made for this machine.
///
/// Returns what holds now, as paidup_client_check. Where the file is refused, what held
/// before still holds: PAIDUP_MALFORMED or PAIDUP_TOO_LARGE for what is no license file,
/// PAIDUP_NETWORK where it answers another request, and what paidup_verify_file returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_offline_install(
    client: *const paidup_client,
    file: *const c_char,
    length: usize,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }?;
        // SAFETY: as the header asks.
        let file = unsafe { text::signed(file, length, LicenseFile::MAX_BYTES) }?;
        Ok(client.client.offline_install(file)?.code().into())
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// Forgets the license and its key here, and makes the receipt that frees its seat when
/// it is carried to the issuer. Into a buffer as paidup_client_offline_request: with
/// fewer bytes nothing is forgotten.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_NO_LICENSE,
/// PAIDUP_STORE_UNAVAILABLE, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_client_offline_deactivation(
    client: *const paidup_client,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let client = unsafe { handle::shared(client) }?;
        buffer.room_for(OfflineRequest::MAX_BYTES + 1)?;
        Ok(buffer.write(&client.client.offline_deactivation()?)?)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}
