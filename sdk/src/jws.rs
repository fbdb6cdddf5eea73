//! Takes a signed text apart without believing a word of it, and says whether a
//! key has signed it. The one place where a signature meets a key.
//!
//! ```text
//! base64url(header) "." base64url(payload) "." base64url(signature)
//! └────────── what is signed ───────────┘
//! ```

use alloc::{string::String, vec::Vec};

use crate::{Algorithm, KeyId, PublicKey, VerifyError, base64url, header, signature};

/// A signature of 64 bytes, as base64url.
const SIGNATURE_CHARS: usize = 86;

/// What a signed text is for. A text of one kind is never taken for the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The header's `typ`.
    pub(crate) typ: &'static str,
    /// A verifier takes no more, in bytes.
    pub(crate) max_bytes: usize,
}

pub(crate) const LICENSE: Kind = Kind {
    typ: "license+jwt",
    max_bytes: 16 * 1024,
};

pub(crate) const KEYSET: Kind = Kind {
    typ: "keyset+jwt",
    max_bytes: 8 * 1024,
};

/// A JWS in compact serialization, RFC 7515 §7.1, up to its header.
#[derive(Clone)]
pub(crate) struct Jws<'a> {
    signed: &'a str,
    key_id: KeyId,
    payload: Vec<u8>,
    signature: Option<[u8; 64]>,
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(text: &'a str, kind: Kind) -> Result<Self, VerifyError> {
        if text.len() > kind.max_bytes {
            return Err(VerifyError::TooLarge {
                bytes: text.len(),
                limit: kind.max_bytes,
            });
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
        Ok(Self {
            signed,
            key_id: header::read(&header, kind)?,
            payload,
            signature: signature.try_into().ok(),
        })
    }

    /// The key that the text claims to be signed by.
    pub(crate) fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The payload, to be read only after the signature fits.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether this key signed it.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.signature
            .as_ref()
            .is_some_and(|it| signature::fits(key, self.signed.as_bytes(), it))
    }
}

/// Writes a signed text of at most `max_bytes`; where it would be longer, its
/// length. `sign` gets the bytes to sign, and is called once.
pub(crate) fn seal(
    kind: Kind,
    key_id: &KeyId,
    algorithm: Algorithm,
    payload: &[u8],
    max_bytes: usize,
    sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> Result<String, usize> {
    let mut text = base64url::encode(header::write(algorithm, key_id, kind).as_bytes());
    text.push('.');
    base64url::encode_to(payload, &mut text);
    let bytes = text.len().saturating_add(1 + SIGNATURE_CHARS);
    if bytes > max_bytes {
        return Err(bytes);
    }
    let signature = sign(text.as_bytes());
    text.push('.');
    base64url::encode_to(&signature, &mut text);
    Ok(text)
}
