//! A license's texts, as C keeps them.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use sdk::License;

use super::paidup_license;
use crate::{boundary, handle, text};

pub(super) struct Texts {
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
