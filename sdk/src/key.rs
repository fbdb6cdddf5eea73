//! Public keys are checked once, when they are loaded, so that no later step
//! meets a weak one.

use alloc::{format, string::String};
use core::{fmt, str::FromStr};

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use crate::base64url;

/// Names a key: the SHA-256 thumbprint of its JWK, RFC 7638, as 43 characters of
/// base64url.
///
/// ```
/// use paidup::KeyId;
///
/// // The key of RFC 8037, appendix A.3.
/// let id: KeyId = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".parse()?;
/// assert_eq!(id.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), paidup::KeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl FromStr for KeyId {
    type Err = KeyError;

    /// # Errors
    ///
    /// [`KeyError::KeyId`] unless the text is base64url of 32 bytes, without
    /// padding and with zero unused bits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_32(text).map(Self).map_err(|_| KeyError::KeyId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = KeyId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key id of 43 characters")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<KeyId, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// An Ed25519 public key, RFC 8032, that is fit to verify with.
///
/// It is a canonical encoding of a point that is not of small order. A key that
/// is neither could make one signature fit many messages.
///
/// ```
/// use paidup::{KeyError, PublicKey};
///
/// let key = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?;
/// assert_eq!(key.key_id().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
///
/// // The neutral element, a point of order one.
/// let mut neutral = [0; 32];
/// neutral[0] = 1;
/// assert_eq!(PublicKey::from_bytes(&neutral), Err(KeyError::SmallOrder));
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    point: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Loads a key from its 32 bytes, RFC 8032 §5.1.2.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where the bytes encode no point, encode it in a second way,
    /// or encode a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        if point.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::NonCanonical);
        }
        if point.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        let id = KeyId(Sha256::digest(jwk(bytes)).into());
        Ok(Self { point, id })
    }

    /// Loads a key from 43 characters of base64url, as a JWK's `x` has it.
    ///
    /// # Errors
    ///
    /// As [`PublicKey::from_bytes`], and [`KeyError::Encoding`].
    pub fn from_base64url(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&read_32(text)?)
    }

    /// The key's name.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.id
    }

    /// The key as 43 characters of base64url.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url::encode(self.point.as_bytes())
    }

    /// The key's 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.point.to_bytes()
    }

    /// The required members of the key's JWK, RFC 8037 §2, in the order and
    /// spelling over which its thumbprint is taken, RFC 7638 §3.
    ///
    /// ```
    /// use paidup::PublicKey;
    ///
    /// let key = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?;
    /// assert_eq!(
    ///     key.to_jwk(),
    ///     r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    /// );
    /// # Ok::<(), paidup::KeyError>(())
    /// ```
    #[must_use]
    pub fn to_jwk(&self) -> String {
        jwk(self.point.as_bytes())
    }

    pub(crate) fn point(&self) -> &VerifyingKey {
        &self.point
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_base64url())
    }
}

/// Why a text or its bytes are no key, or no key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not 32 bytes as base64url without padding and with zero unused bits.
    #[error("a public key is 43 characters of base64url without padding")]
    Encoding,
    /// No point of the curve.
    #[error("the key is no point of the curve")]
    NotAPoint,
    /// A second encoding of a point.
    #[error("the key is not in its canonical encoding")]
    NonCanonical,
    /// A point of small order, under which a signature proves nothing.
    #[error("the key is a point of small order")]
    SmallOrder,
    /// Not the name of a key.
    #[error("a key id is 43 characters of base64url without padding")]
    KeyId,
}

fn jwk(bytes: &[u8; 32]) -> String {
    format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
        base64url::encode(bytes)
    )
}

fn read_32(text: &str) -> Result<[u8; 32], KeyError> {
    if text.len() != 43 {
        return Err(KeyError::Encoding);
    }
    base64url::decode(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(KeyError::Encoding)
}
