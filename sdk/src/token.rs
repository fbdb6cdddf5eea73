//! A license token as text, and what is left of it before anything is believed.

use core::fmt;

use crate::{
    KeyId, VerifyError,
    jws::{self, Jws},
};

/// The encoded, signed claims, as text: a JWS in compact serialization, RFC 7515
/// §7.1.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Token;

impl Token {
    /// No token is larger, in bytes.
    pub const MAX_BYTES: usize = jws::LICENSE.max_bytes;

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
        Jws::parse(text, jws::LICENSE).map(Unverified)
    }
}

/// A token that was taken apart. **Nothing in it may be believed, shown as the
/// truth, or decided upon**: anyone can write one. Its one use is to be handed to
/// [`Keyring::verify`](crate::Keyring::verify).
#[derive(Clone)]
pub struct Unverified<'a>(Jws<'a>);

impl<'a> Unverified<'a> {
    /// The key that the token claims to be signed by. **Good for finding the key
    /// and for an error message, for nothing else.**
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.0.key_id()
    }

    pub(crate) fn jws(&self) -> &Jws<'a> {
        &self.0
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}
