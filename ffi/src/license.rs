//! A verified license: what C may ask of it, for nanoseconds and from any thread.

pub mod texts;
pub mod times;

use std::ffi::{c_char, c_int};
use std::sync::OnceLock;

use sdk::{Answer, Code, License, UnixTime};

use texts::Texts;

use crate::buffer::Buffer;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// A license whose signature was verified. It may be usable or not: that depends on the
/// time, which every question takes as an argument. It never changes, and any number of
/// threads may ask at once.
pub struct paidup_license {
    license: License,
    /// Made when the first text is asked for: most programs never do.
    texts: OnceLock<Texts>,
}

impl From<License> for paidup_license {
    fn from(license: License) -> Self {
        let texts = OnceLock::new();
        Self { license, texts }
    }
}

/// Where the license stands at this moment: PAIDUP_VALID or PAIDUP_GRACE, under which
/// the app may be used, or PAIDUP_EXPIRED, PAIDUP_SUSPENDED, PAIDUP_REVOKED,
/// PAIDUP_BANNED, PAIDUP_REFRESH_REQUIRED, PAIDUP_NOT_YET_VALID,
/// PAIDUP_CLOCK_ROLLBACK. PAIDUP_NO_LICENSE for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_standing(
    license: *const paidup_license,
    now: i64,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) };
        let license = license.map_err(|_| paidup_result::from(Code::NoLicense))?;
        let standing = license.license.standing(UnixTime::from_secs(now));
        Ok(standing.code().into())
    })
}

/// 1 if the license is usable at this moment and has this entitlement; else 0, for NULL
/// too. This is the everyday question: ask it where it matters, as often as you like. It
/// verifies nothing again and allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_allows(
    license: *const paidup_license,
    entitlement: *const c_char,
    now: i64,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) }.ok()?;
        // SAFETY: as the header asks.
        let entitlement = unsafe { text::compared(entitlement) }.ok()?;
        let now = UnixTime::from_secs(now);
        Some(c_int::from(license.license.allows(entitlement, now)))
    })
}

/// Looks up a limit, such as "seats". Returns 1 and writes it to value where the license
/// has one of this name; else returns 0 and leaves value as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_limit(
    license: *const paidup_license,
    name: *const c_char,
    value: *mut u64,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) }.ok()?;
        // SAFETY: as the header asks.
        let name = unsafe { text::terminated(name) }.ok()?;
        let limit = license.license.limit(name)?;
        // SAFETY: as the header asks.
        unsafe { handle::put(value, limit) };
        Some(1)
    })
}

/// 1 if the vendor has promised that this license works without the issuer, for ever;
/// then the end of the lease ends nothing. Else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_outlives_issuer(license: *const paidup_license) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) }.ok()?;
        Some(c_int::from(license.license.outlives_issuer()))
    })
}

/// The number of the license's latest change, for paidup_verifier_set_seen_token. 0 for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_seq(license: *const paidup_license) -> u64 {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) }.ok()?;
        Some(license.license.claims().seq)
    })
}

/// Everything that the license says, as a JSON object, into the caller's buffer: id,
/// product, issuer, status, reason, policy {id, name}, entitlements, limits, seq,
/// issuedAt, leaseEndsAt, expiresAt, renewsAt, graceEndsAt, graceReason, refreshAfter,
/// fingerprint, test. What it does not have is null; times are Unix seconds.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_json(
    license: *const paidup_license,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) }?;
        buffer.write_json(&license.license.summary())
    })
}

/// Frees a license, and with it every text that it has given. NULL is allowed, and
/// nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_free(license: *mut paidup_license) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(license) }
}

impl paidup_license {
    /// The license of an answer, if it has one, to where the caller wants it.
    ///
    /// # Safety
    ///
    /// As [`handle::put`].
    pub(crate) unsafe fn put(answer: &Answer, out: *mut *mut Self) {
        if let (Some(license), false) = (answer.license(), out.is_null()) {
            // SAFETY: as the caller promises.
            unsafe { handle::put_new(out, license.clone().into()) };
        }
    }
}
