//! License keys, as far as they can be checked without anybody.

use std::ffi::c_char;

use sdk::LicenseKey;

use crate::error::paidup_error;
use crate::result::paidup_result;
use crate::{boundary, text};

/// Looks for typing errors in a license key, without any network: for a dialogue that
/// says so while its user types. Spaces, dashes and the case of letters do not matter.
/// Whether there is such a license, only the issuer knows.
///
/// Returns PAIDUP_OK, PAIDUP_LICENSE_KEY_MALFORMED, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_key_check(
    key: *const c_char,
    error: *mut *mut paidup_error,
) -> paidup_result {
    let body = || {
        // SAFETY: as the header asks.
        LicenseKey::parse(unsafe { text::terminated(key) }?)?;
        Ok(paidup_result::OK)
    };
    // SAFETY: as the header asks.
    unsafe { boundary::told(error, body) }
}
