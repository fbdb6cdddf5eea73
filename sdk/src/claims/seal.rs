//! Claims to a token. The secret key stays with the caller: this says what to
//! sign and puts the signature in its place.

use alloc::string::String;

use serde::Serialize;

use crate::{Algorithm, Claims, ClaimsError, KeyId, jws};

/// 12 KiB: an issuer keeps this far below what a verifier takes.
const MAX_BYTES: usize = 12 * 1024;

impl Claims {
    /// Writes the token of these claims. `sign` gets the bytes to sign and returns
    /// their Ed25519 signature by the key that `key_id` names; it is called once,
    /// after everything else has gone well.
    ///
    /// # Errors
    ///
    /// [`SealError::Claims`] where the claims break a rule that a verifier would
    /// refuse them for, and [`SealError::TooLarge`] beyond 12 KiB.
    ///
    /// The crate's front page has an example.
    pub fn seal(
        &self,
        key_id: &KeyId,
        algorithm: Algorithm,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<String, SealError> {
        self.check()?;
        let payload =
            serde_json::to_vec(&Versioned { v: 1, claims: self }).map_err(|_| SealError::Encode)?;

        jws::seal(jws::LICENSE, key_id, algorithm, &payload, MAX_BYTES, sign)
            .map_err(|bytes| SealError::TooLarge { bytes })
    }
}

#[derive(Serialize)]
struct Versioned<'a> {
    v: u8,
    #[serde(flatten)]
    claims: &'a Claims,
}

/// Why claims were not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The claims break a rule of the format.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The token would have more than 12 KiB.
    #[error("the token would have {bytes} bytes, the limit is 12288")]
    TooLarge {
        /// The size it would have.
        bytes: usize,
    },
    /// The claims could not be written as JSON.
    #[error("the claims could not be written as JSON")]
    Encode,
}
