//! Whom a program trusts and what it is: built once, then it verifies, on as many
//! threads as there are.

pub mod expected;
pub mod verify;

use std::ffi::c_char;
use std::{mem, ptr, slice};

use sdk::{Expected, Held, Keyring, Keyset, Roots, Seen, SigningKey, UnixTime};

use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// What a token must be to be believed: whose signature, for which product, on which
/// machine.
///
/// Build it on one thread: paidup_verifier_new, then the functions that take it without
/// const. From then on treat it as const: paidup_verify, paidup_verify_file and
/// paidup_explain change nothing, and any number of threads may call them at once.
pub struct paidup_verifier {
    issuer: String,
    roots: Roots,
    /// What was pinned and revoked here, without any keyset's keys.
    pinned: Keyring,
    keyset: Option<(Keyset, String)>,
    keyring: Keyring,
    expected: Expected,
    seen: Seen,
}

/// A verifier that takes live tokens of this issuer for this product and trusts no key
/// yet. Both are what tokens carry, byte by byte, and are copied, as all texts are.
/// Free it with paidup_verifier_free.
///
/// Returns NULL where one of them is NULL, empty or no UTF-8, has control characters, or
/// is longer than tokens have it: 512 bytes and 128.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_new(
    issuer: *const c_char,
    product: *const c_char,
) -> *mut paidup_verifier {
    boundary::value(ptr::null_mut(), || {
        // SAFETY: as the header asks.
        let issuer = unsafe { text::name(issuer, text::MOST_ISSUER) }.ok()?;
        // SAFETY: as the header asks.
        let product = unsafe { text::name(product, text::MOST_PRODUCT) }.ok()?;
        Some(handle::new(paidup_verifier {
            issuer: issuer.into(),
            roots: Roots::new(issuer),
            pinned: Keyring::new(),
            keyset: None,
            keyring: Keyring::new(),
            expected: Expected::new(issuer, product),
            seen: Seen::default(),
        }))
    })
}

/// Pins a root, whose keysets say which keys may sign: 43 characters of base64url, as
/// "paidup keys export" prints them. A root never signs a license itself: add a keyset,
/// or verify license files, which bring theirs along.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_add_root(
    verifier: *mut paidup_verifier,
    x: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        let root = unsafe { text::public_key(x) }?;
        let roots = mem::replace(&mut verifier.roots, Roots::new(verifier.issuer.as_str()));
        verifier.roots = roots.pin(root);
        Ok(paidup_result::OK)
    })
}

/// Trusts a signing key directly, for this product and without end: for an issuer that
/// has no root.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_add_key(
    verifier: *mut paidup_verifier,
    x: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        verifier.pinned.trust(unsafe { text::public_key(x) }?);
        verifier.gather();
        Ok(paidup_result::OK)
    })
}

/// Trusts a signing key for tokens that were issued from not_before to not_after, both
/// included: INT64_MIN and INT64_MAX are no limits. It may sign for the products that
/// are listed, count of them; for all where count is 0.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key, or a product
/// is no product's code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_add_key_within(
    verifier: *mut paidup_verifier,
    x: *const c_char,
    not_before: i64,
    not_after: i64,
    products: *const *const c_char,
    count: usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        let key = unsafe { text::public_key(x) }?;
        verifier.pinned.trust_signing_key(SigningKey {
            key,
            not_before: Some(UnixTime::from_secs(not_before)),
            not_after: Some(UnixTime::from_secs(not_after)),
            // SAFETY: as the header asks.
            products: unsafe { names(products, count) }?,
        });
        verifier.gather();
        Ok(paidup_result::OK)
    })
}

/// Refuses every token of this key from now on, whenever it was issued:
/// PAIDUP_KEY_REVOKED. The key's id has 43 characters. Keysets bring their own
/// revocations; this is for a program that is released after a theft.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no key's id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_revoke(
    verifier: *mut paidup_verifier,
    key_id: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        let key_id = unsafe { text::terminated(key_id) }?;
        let key_id = key_id.parse();
        verifier
            .pinned
            .revoke(key_id.map_err(|_| paidup_result::INVALID_ARGUMENT)?);
        verifier.gather();
        Ok(paidup_result::OK)
    })
}

/// Takes a keyset over, the list of signing keys that a pinned root has signed, in place
/// of the one before. The issuer serves it at /.well-known/paidup-keyset.
///
/// Returns PAIDUP_OK. PAIDUP_UNKNOWN_KEY where no pinned root has signed it,
/// PAIDUP_KEYSET_ROLLBACK where it is older than the one before,
/// PAIDUP_KEY_NOT_VALID where it has lain about for longer than it is good for, and
/// PAIDUP_TOO_LARGE, PAIDUP_MALFORMED, PAIDUP_WRONG_TYPE, PAIDUP_SIGNATURE_INVALID,
/// PAIDUP_CLAIMS_INVALID and the like where it is none: then the one before stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_add_keyset(
    verifier: *mut paidup_verifier,
    keyset: *const c_char,
    length: usize,
    now: i64,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        let text = unsafe { text::signed(keyset, length, Keyset::MAX_BYTES) }?;
        let taken = verifier
            .roots
            .take_over(text, &verifier.held(), UnixTime::from_secs(now));
        verifier.keyset = Some((taken.map_err(|it| it.code())?, text.into()));
        verifier.gather();
        Ok(paidup_result::OK)
    })
}

/// Frees a verifier; licenses that it has verified live on. NULL is allowed, and nothing
/// is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_free(verifier: *mut paidup_verifier) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(verifier) }
}

impl paidup_verifier {
    fn held(&self) -> Held<'_> {
        let held = self.keyset.as_ref();
        Held {
            version: held.map_or(0, |(keyset, _)| keyset.version),
            text: held.map(|(_, text)| text.as_str()),
        }
    }

    fn gather(&mut self) {
        self.keyring = self.pinned.clone();
        if let Some((keyset, _)) = &self.keyset {
            self.keyring.adopt(keyset);
        }
    }
}

/// # Safety
///
/// `names` is to `count` texts that end in NUL, or `count` is 0.
unsafe fn names(names: *const *const c_char, count: usize) -> Result<Vec<String>, paidup_result> {
    const MOST: usize = 1024;
    if count == 0 {
        return Ok(Vec::new());
    }
    if names.is_null() || !names.is_aligned() || count > MOST {
        return Err(paidup_result::INVALID_ARGUMENT);
    }
    // SAFETY: as the caller promises.
    let names = unsafe { slice::from_raw_parts(names, count) };
    names
        .iter()
        // SAFETY: as the caller promises.
        .map(|it| unsafe { text::name(*it, text::MOST_PRODUCT) }.map(String::from))
        .collect()
}
