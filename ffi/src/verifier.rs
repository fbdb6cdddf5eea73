//! Whom a program trusts and what it is: built once, then it verifies, on as many
//! threads as there are.

use std::ffi::c_char;
use std::{mem, ptr, slice};

use sdk::{
    Code, Expected, Explanation, Held, Keyring, Keyset, KeysetError, License, LicenseFile, Roots,
    Seen, SigningKey, Token, UnixTime,
};

use crate::buffer::Buffer;
use crate::license::paidup_license;
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

/// Says which machine this is, in 1 to 256 bytes. Tokens that are bound to a machine are
/// taken if it is this one; without this, none of them is.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_fingerprint(
    verifier: *mut paidup_verifier,
    fingerprint: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        let fingerprint = unsafe { text::name(fingerprint, text::MOST_FINGERPRINT) }?;
        verifier.expected = verifier.expected.clone().fingerprint(fingerprint);
        Ok(paidup_result::OK)
    })
}

/// Takes tokens whatever machine they are bound to: for a server that looks at its
/// customers' tokens, and wrong for an app.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_any_machine(
    verifier: *mut paidup_verifier,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        verifier.expected = verifier.expected.clone().any_machine();
        Ok(paidup_result::OK)
    })
}

/// Takes test tokens instead of live ones: for a test build.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_test_mode(
    verifier: *mut paidup_verifier,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        verifier.expected = verifier.expected.clone().test_mode();
        Ok(paidup_result::OK)
    })
}

/// Says which was the newest token of the license that was seen here, so that an older
/// one is refused: PAIDUP_STALE_TOKEN. The three are those of paidup_license_seq,
/// paidup_license_issued_at and paidup_license_key_id, which a program that keeps one
/// license writes down beside it. key_id may be NULL where it is not known.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where key_id is no key's id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_seen_token(
    verifier: *mut paidup_verifier,
    seq: u64,
    issued_at: i64,
    key_id: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        let key_id = match key_id.is_null() {
            true => None,
            // SAFETY: as the header asks.
            false => Some(unsafe { text::terminated(key_id) }?.parse()),
        };
        verifier.seen = Seen {
            seq: Some(seq),
            issued_at: Some(UnixTime::from_secs(issued_at)),
            key_id: key_id
                .transpose()
                .map_err(|_| paidup_result::INVALID_ARGUMENT)?,
            ..verifier.seen
        };
        Ok(paidup_result::OK)
    })
}

/// Says which was the latest time that was seen here. Where the clock is more than an
/// hour behind it, a license that is verified from now on is PAIDUP_CLOCK_ROLLBACK.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_seen_time(
    verifier: *mut paidup_verifier,
    time: i64,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        verifier.seen.time = Some(UnixTime::from_secs(time));
        Ok(paidup_result::OK)
    })
}

/// Verifies a token and says where its license stands at this moment. A token is one
/// line, without a line break at its end.
///
/// Where the token is to be believed, returns what paidup_license_standing returns and
/// sets license to a new paidup_license, even where it is not usable: free it with
/// paidup_license_free. Verify once, keep the license, and ask that.
///
/// Else sets license to NULL and returns, in the order of the checks, PAIDUP_TOO_LARGE,
/// PAIDUP_MALFORMED, PAIDUP_UNSUPPORTED_ALGORITHM, PAIDUP_UNSUPPORTED_HEADER,
/// PAIDUP_WRONG_TYPE, PAIDUP_KEY_REVOKED, PAIDUP_UNKNOWN_KEY, PAIDUP_SIGNATURE_INVALID,
/// PAIDUP_UNSUPPORTED_VERSION, PAIDUP_CLAIMS_INVALID, PAIDUP_KEY_NOT_VALID,
/// PAIDUP_ISSUER_MISMATCH, PAIDUP_PRODUCT_MISMATCH, PAIDUP_ENVIRONMENT_MISMATCH,
/// PAIDUP_FINGERPRINT_MISMATCH, PAIDUP_STALE_TOKEN; or PAIDUP_INVALID_ARGUMENT.
///
/// license may be NULL where only the answer is wanted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verify(
    verifier: *const paidup_verifier,
    token: *const c_char,
    length: usize,
    now: i64,
    license: *mut *mut paidup_license,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::put(license, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: as the header asks.
        let token = unsafe { text::signed(token, length, Token::MAX_BYTES) }?;
        let verified = verifier.verify(token, &verifier.keyring)?;
        let standing = verified.standing(UnixTime::from_secs(now)).code();
        // SAFETY: as the header asks.
        unsafe { handle::put_new(license, verified.into()) };
        Ok(standing.into())
    })
}

/// Verifies a license file, license.lic, as paidup_verify does a token. The keys that it
/// brings along are believed if a pinned root has signed them; they are used for this
/// file only, and not where the verifier has newer ones.
///
/// Returns what paidup_verify returns, and what paidup_verifier_add_keyset does where the
/// file's keys were refused and that is why its token is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verify_file(
    verifier: *const paidup_verifier,
    file: *const c_char,
    length: usize,
    now: i64,
    license: *mut *mut paidup_license,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        unsafe { handle::put(license, ptr::null_mut()) };
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: as the header asks.
        let file = unsafe { text::signed(file, length, LicenseFile::MAX_BYTES) }?;
        let verified = verifier.verify_file(file)?;
        let standing = verified.standing(UnixTime::from_secs(now)).code();
        // SAFETY: as the header asks.
        unsafe { handle::put_new(license, verified.into()) };
        Ok(standing.into())
    })
}

/// Explains a token, for a log or somebody at a help desk, as a JSON object into the
/// caller's buffer: {code, usable, checks: [{name, ok, detail}], license, nextAction}.
/// license is what paidup_license_json says, or null. The token cannot be used with it:
/// a signature is nowhere in it.
///
/// Returns PAIDUP_OK whatever the token is; PAIDUP_BUFFER_TOO_SMALL,
/// PAIDUP_INVALID_ARGUMENT; PAIDUP_TOO_LARGE and PAIDUP_MALFORMED for what is too long
/// to be looked at, or no UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_explain(
    verifier: *const paidup_verifier,
    token: *const c_char,
    length: usize,
    now: i64,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: as the header asks.
        let token = unsafe { text::signed(token, length, Token::MAX_BYTES) }?;
        let paidup_verifier {
            keyring,
            expected,
            seen,
            ..
        } = verifier;
        let now = UnixTime::from_secs(now);
        buffer.write_json(&Explanation::of(token, keyring, expected, seen, now))
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
    fn verify(&self, token: &str, keyring: &Keyring) -> Result<License, Code> {
        Token::parse(token)
            .and_then(|token| keyring.verify(token, &self.expected, &self.seen))
            .map_err(|error| error.code())
    }

    fn verify_file(&self, file: &str) -> Result<License, Code> {
        let file = LicenseFile::parse(file).map_err(|error| error.code())?;
        let brought = match &file.keyset {
            Some(text) if !self.roots.is_empty() => Some(self.roots.verify(text)),
            _ => None,
        };
        let refused = brought.as_ref().and_then(|it| it.as_ref().err());
        let refused = refused.map(KeysetError::code);
        let newer = |it: &Keyset| it.version >= self.held().version;
        let verified = match brought.and_then(Result::ok).filter(newer) {
            Some(keyset) => self.verify(&file.token, self.pinned.clone().adopt(&keyset)),
            None => self.verify(&file.token, &self.keyring),
        };
        match (verified, refused) {
            (Err(Code::UnknownKey), Some(refused)) => Err(refused),
            (verified, _) => verified,
        }
    }

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
