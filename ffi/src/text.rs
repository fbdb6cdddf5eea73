//! Texts that C hands in, by one of two rules: they end in NUL, or their length stands
//! beside them. What is no UTF-8 is refused, and what is longer than anything of its
//! kind is not even read.

use std::ffi::{CStr, CString, c_char};
use std::slice;

use sdk::{Code, PublicKey};
use zeroize::Zeroizing;

use crate::result::paidup_result;

/// What tokens have room for, in bytes.
pub(crate) const MOST_ISSUER: usize = 512;
pub(crate) const MOST_PRODUCT: usize = 128;
pub(crate) const MOST_FINGERPRINT: usize = 256;

/// A text that ends in NUL.
///
/// # Safety
///
/// `text` is NULL, or to characters up to a NUL that live as long as the reference.
pub(crate) unsafe fn terminated<'a>(text: *const c_char) -> Result<&'a str, paidup_result> {
    // SAFETY: as the caller promises.
    let text = unsafe { compared(text) }?;
    str::from_utf8(text).map_err(|_| paidup_result::INVALID_ARGUMENT)
}

/// Bytes that end in NUL, of whatever kind: for what is only compared.
///
/// # Safety
///
/// As [`terminated`].
pub(crate) unsafe fn compared<'a>(text: *const c_char) -> Result<&'a [u8], paidup_result> {
    if text.is_null() {
        return Err(paidup_result::INVALID_ARGUMENT);
    }
    // SAFETY: as the caller promises.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A name that ends in NUL: 1 to `most` bytes, none of them a control character, as it
/// may stand in a token.
///
/// # Safety
///
/// As [`terminated`].
pub(crate) unsafe fn name<'a>(text: *const c_char, most: usize) -> Result<&'a str, paidup_result> {
    // SAFETY: as the caller promises.
    let text = unsafe { terminated(text) }?;
    let fits = (1..=most).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then_some(text).ok_or(paidup_result::INVALID_ARGUMENT)
}

/// A public key, as a JWK's `x` has it.
///
/// # Safety
///
/// As [`terminated`].
pub(crate) unsafe fn public_key(x: *const c_char) -> Result<PublicKey, paidup_result> {
    // SAFETY: as the caller promises.
    let x = unsafe { terminated(x) }?;
    PublicKey::from_base64url(x).map_err(|_| paidup_result::INVALID_ARGUMENT)
}

/// Bytes whose length stands beside them. NULL has no bytes.
///
/// # Safety
///
/// `data` is NULL, or to `length` bytes that live as long as the reference.
pub(crate) unsafe fn bytes<'a>(
    data: *const c_char,
    length: usize,
    most: usize,
) -> Result<&'a [u8], paidup_result> {
    match (data.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(paidup_result::INVALID_ARGUMENT),
        (false, _) if length > most => Err(Code::TooLarge.into()),
        // SAFETY: as the caller promises; and `most` is far below what an address can be.
        (false, _) => Ok(unsafe { slice::from_raw_parts(data.cast(), length) }),
    }
}

/// A signed text whose length stands beside it.
///
/// # Safety
///
/// As [`bytes`].
pub(crate) unsafe fn signed<'a>(
    data: *const c_char,
    length: usize,
    most: usize,
) -> Result<&'a str, paidup_result> {
    if data.is_null() {
        return Err(paidup_result::INVALID_ARGUMENT);
    }
    // SAFETY: as the caller promises.
    let bytes = unsafe { bytes(data, length, most) }?;
    str::from_utf8(bytes).map_err(|_| Code::Malformed.into())
}

/// A text of ours, as C keeps it. What is not signed might hold a NUL.
pub(crate) fn owned(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

/// A secret that is wiped when it is dropped, and ends in NUL.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        // With room for all of it, so that growing leaves no copy behind.
        let mut bytes = Vec::with_capacity(text.len().saturating_add(1));
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn only_utf_8_comes_in() {
        // SAFETY: the texts are static, end in NUL and are as long as is said.
        unsafe {
            assert_eq!(terminated(c"a".as_ptr()), Ok("a"));
            assert!(terminated(c"\xff".as_ptr()).is_err());
            assert!(terminated(ptr::null()).is_err());
            assert_eq!(signed(c"ab".as_ptr(), 1, 9), Ok("a"));
            let refused = signed(c"\xff".as_ptr(), 1, 9);
            assert_eq!(refused, Err(Code::Malformed.into()));
        }
    }

    #[test]
    fn a_length_that_nothing_has_is_not_followed() {
        // SAFETY: what is refused is not read.
        unsafe {
            let refused = bytes(c"ab".as_ptr(), usize::MAX, 9);
            assert_eq!(refused, Err(Code::TooLarge.into()));
            assert_eq!(bytes(ptr::null(), 0, 9), Ok(&[][..]));
            let refused = bytes(ptr::null(), 1, 9);
            assert_eq!(refused, Err(paidup_result::INVALID_ARGUMENT));
        }
    }

    #[test]
    fn a_name_is_short_and_has_no_control_characters() {
        // SAFETY: the texts are static and end in NUL.
        unsafe {
            assert_eq!(name(c"abc".as_ptr(), 3), Ok("abc"));
            for it in [c"", c"abcd", c"a\n"] {
                assert!(name(it.as_ptr(), 3).is_err(), "{it:?}");
            }
        }
    }

    #[test]
    fn a_text_goes_out_whole() {
        assert_eq!(owned("a\0b").to_str(), Ok("a\u{fffd}b"));
        let secret = Secret::new("s");
        // SAFETY: the secret lives and ends in NUL.
        assert_eq!(unsafe { terminated(secret.as_ptr()) }, Ok("s"));
    }
}
