//! An installation without a network: requests that are carried to the issuer by hand.

use std::ffi::c_char;

use sdk::{LicenseFile, OfflineRequest, UnixTime};

use super::contact::nonce;
use super::paidup_installation;
use crate::buffer::Buffer;
use crate::error::paidup_error;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// As paidup_client_offline_request; entropy as paidup_installation_activate.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_LICENSE_KEY_MALFORMED,
/// PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_offline_request(
    installation: *mut paidup_installation,
    key: *const c_char,
    entropy: *const u8,
    entropy_length: usize,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        // SAFETY: as the header asks.
        let nonce = unsafe { nonce(entropy, entropy_length) }?;
        let key = match key.is_null() {
            true => None,
            // SAFETY: as the header asks.
            false => Some(unsafe { text::terminated(key) }?),
        };
        buffer.room_for(OfflineRequest::MAX_BYTES + 1)?;
        let request = match key {
            Some(key) => it.installation.offline_activation(key, nonce)?,
            None => it.installation.offline_renewal(nonce)?,
        };
        Ok(buffer.write(&request)?)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// As paidup_client_offline_install.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_offline_install(
    installation: *mut paidup_installation,
    file: *const c_char,
    length: usize,
    now: i64,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        // SAFETY: as the header asks.
        let file = unsafe { text::signed(file, length, LicenseFile::MAX_BYTES) }?;
        let now = UnixTime::from_secs(now);
        Ok(it.installation.offline_install(file, now)?.code().into())
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}

/// As paidup_client_offline_deactivation; entropy as paidup_installation_activate.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_NO_LICENSE,
/// PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_offline_deactivation(
    installation: *mut paidup_installation,
    entropy: *const u8,
    entropy_length: usize,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        // SAFETY: as the header asks.
        let nonce = unsafe { nonce(entropy, entropy_length) }?;
        buffer.room_for(OfflineRequest::MAX_BYTES + 1)?;
        Ok(buffer.write(&it.installation.offline_deactivation(nonce)?)?)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}
