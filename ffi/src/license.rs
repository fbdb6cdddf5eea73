//! A verified license: what C may ask of it, for nanoseconds and from any thread.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use sdk::{Answer, Code, License, UnixTime};

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

struct Texts {
    id: CString,
    product: CString,
    issuer: CString,
    policy_id: CString,
    policy_name: CString,
    reason: Option<CString>,
    fingerprint: Option<CString>,
    key_id: CString,
    entitlements: Vec<CString>,
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
        let entitlement = unsafe { text::terminated(entitlement) }.ok()?;
        let now = UnixTime::from_secs(now);
        Some(c_int::from(license.license.allows(entitlement, now)))
    })
}

/// The license's id, such as "lic_01J…": what the issuer calls it. Lives as long as the
/// license, as do all texts of a license. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_id(license: *const paidup_license) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| Some(&it.id)) }
}

/// The product's code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_product(license: *const paidup_license) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| Some(&it.product)) }
}

/// The issuer that signed it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_issuer(license: *const paidup_license) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| Some(&it.issuer)) }
}

/// The id of the policy, the terms under which the license was sold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_policy_id(license: *const paidup_license) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| Some(&it.policy_id)) }
}

/// The name of the policy, such as "growth_policy".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_policy_name(
    license: *const paidup_license,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| Some(&it.policy_name)) }
}

/// Why the license is refused, such as "refunded" or "machine_deactivated"; an open set,
/// for display and logs. NULL where no reason is given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_reason(license: *const paidup_license) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| it.reason.as_deref()) }
}

/// The machine to which it is bound. NULL where it is bound to none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_fingerprint(
    license: *const paidup_license,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| it.fingerprint.as_deref()) }
}

/// The id of the key that signed it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_key_id(license: *const paidup_license) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(license, |it| Some(&it.key_id)) }
}

/// How many entitlements it has. Having one does not mean that the license is usable:
/// that is paidup_license_allows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_entitlement_count(license: *const paidup_license) -> usize {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let license = unsafe { handle::shared(license) }.ok()?;
        Some(license.license.entitlements().len())
    })
}

/// The entitlement of this number, counted from 0 in byte order. NULL where there is
/// none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_license_entitlement(
    license: *const paidup_license,
    index: usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe {
        field(license, |it| {
            it.entitlements.get(index).map(CString::as_c_str)
        })
    }
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

impl Texts {
    fn of(license: &License) -> Self {
        let claims = license.claims();
        let optional = |it: &Option<String>| it.as_deref().map(text::owned);
        Self {
            id: text::owned(&claims.sub),
            product: text::owned(&claims.aud),
            issuer: text::owned(&claims.iss),
            policy_id: text::owned(&claims.policy.id),
            policy_name: text::owned(&claims.policy.name),
            reason: optional(&claims.reason),
            fingerprint: optional(&claims.fingerprint),
            key_id: text::owned(&license.key_id().to_string()),
            entitlements: claims
                .entitlements
                .iter()
                .map(|it| text::owned(it))
                .collect(),
        }
    }
}

/// # Safety
///
/// As [`handle::shared`].
unsafe fn field(
    license: *const paidup_license,
    field: impl FnOnce(&Texts) -> Option<&CStr>,
) -> *const c_char {
    boundary::value(ptr::null(), || {
        // SAFETY: as the caller promises.
        let license = unsafe { handle::shared(license) }.ok()?;
        let texts = license.texts.get_or_init(|| Texts::of(&license.license));
        field(texts).map(CStr::as_ptr)
    })
}

/// Zero is no time that a token can carry, and so stands for none.
///
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
