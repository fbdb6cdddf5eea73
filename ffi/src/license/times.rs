//! A license's times. Zero is none that a token can carry, and so stands for none.

use sdk::{License, UnixTime};

use super::paidup_license;
use crate::{boundary, handle};

/// When the token was issued, in Unix seconds, as all times of a license. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_issued_at(license: *const paidup_license) -> i64 {
    // SAFETY: as the header asks.
    unsafe { time(license, |it| Some(it.claims().iat)) }
}

/// When the lease ends: from then on the issuer must confirm the license, unless
/// paidup_license_outlives_issuer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_lease_ends_at(license: *const paidup_license) -> i64 {
    // SAFETY: as the header asks.
    unsafe { time(license, |it| Some(it.lease_ends_at())) }
}

/// When the license itself ends. 0 where no end is known: it was bought for ever, or its
/// subscription renews.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_expires_at(license: *const paidup_license) -> i64 {
    // SAFETY: as the header asks.
    unsafe { time(license, License::expires_at) }
}

/// When the subscription renews, for display. 0 where it does not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_renews_at(license: *const paidup_license) -> i64 {
    // SAFETY: as the header asks.
    unsafe { time(license, |it| it.claims().renews_at) }
}

/// When the grace ends, after which the license stops working. 0 where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_grace_ends_at(license: *const paidup_license) -> i64 {
    // SAFETY: as the header asks.
    unsafe { time(license, License::grace_ends_at) }
}

/// From when on a refresh is due. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_refresh_due_at(license: *const paidup_license) -> i64 {
    // SAFETY: as the header asks.
    unsafe { time(license, |it| Some(it.refresh_due_at())) }
}

/// # Safety
///
/// As [`handle::shared`].
unsafe fn time(
    license: *const paidup_license,
    time: impl FnOnce(&License) -> Option<UnixTime>,
) -> i64 {
    boundary::value(0, || {
        // SAFETY: as the caller promises.
        let license = unsafe { handle::shared(license) }.ok()?;
        time(&license.license).map(UnixTime::as_secs)
    })
}
