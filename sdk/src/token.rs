//! Takes a token apart without believing a word of it.
//!
//! ```text
//! base64url(header) "." base64url(payload) "." base64url(signature)
//! └────────── what is signed ───────────┘
//! ```

use alloc::vec::Vec;
use core::fmt;

use crate::{KeyId, VerifyError, base64url, header};

/// The encoded, signed claims, as text: a JWS in compact serialization, RFC 7515
/// §7.1.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Token;

impl Token {
    /// No token is larger, in bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Takes a token apart, up to its header. The text must be the token alone,
    /// without a newline.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] of the checks up to [`Check::KeyId`](crate::Check::KeyId).
    ///
    /// ```
    /// use paidup::{Code, Token};
    ///
    /// assert_eq!(Token::parse("..").unwrap_err().code(), Code::Malformed);
    /// ```
    pub fn parse(text: &str) -> Result<Unverified<'_>, VerifyError> {
        if text.len() > Self::MAX_BYTES {
            return Err(VerifyError::TooLarge { bytes: text.len() });
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(VerifyError::Structure)?;
        let (header, payload) = signed.split_once('.').ok_or(VerifyError::Structure)?;

        let decoded = (
            base64url::decode(header),
            base64url::decode(payload),
            base64url::decode(signature),
        );
        let (Some(header), Some(payload), Some(signature)) = decoded else {
            let clean = [header, payload, signature]
                .into_iter()
                .all(base64url::is_alphabet);
            return Err(if clean {
                VerifyError::Encoding
            } else {
                VerifyError::Structure
            });
        };
        Ok(Unverified {
            signed,
            key_id: header::read(&header)?,
            payload,
            signature: signature.try_into().ok(),
        })
    }
}

/// A token that was taken apart. **Nothing in it may be believed, shown as the
/// truth, or decided upon**: anyone can write one. Its one use is to be handed to
/// [`Keyring::verify`](crate::Keyring::verify).
#[derive(Clone)]
pub struct Unverified<'a> {
    signed: &'a str,
    key_id: KeyId,
    payload: Vec<u8>,
    signature: Option<[u8; 64]>,
}

impl Unverified<'_> {
    /// The key that the token claims to be signed by. **Good for finding the key
    /// and for an error message, for nothing else.**
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The text that is signed.
    pub(crate) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature, if it has the length of one.
    pub(crate) fn signature(&self) -> Option<&[u8; 64]> {
        self.signature.as_ref()
    }

    /// The claims as JSON, to be read only after the signature fits.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
