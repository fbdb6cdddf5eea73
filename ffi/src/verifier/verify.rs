//! What a verifier is for: a token or a license file in, a license or a code out.

use std::ffi::c_char;
use std::ptr;

use sdk::{Code, Explanation, Keyring, Keyset, KeysetError, License, LicenseFile, Token, UnixTime};

use super::paidup_verifier;
use crate::buffer::Buffer;
use crate::license::paidup_license;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

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
}
