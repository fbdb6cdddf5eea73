//! Which keys may sign: a list that a root has signed, so that signing keys come
//! and go without a new release of the app.
//!
//! `TOKEN.md` §5 is its format.

mod error;
mod read;
mod rules;
mod seal;

use alloc::{string::String, vec::Vec};

use serde::Serialize;

use crate::{KeyId, PublicKey, UnixTime};

pub use error::KeysetError;

/// What a root signs. It travels with every token that the issuer gives out.
///
/// The claim `v` is 1. A keyset has at most 16 keys and 8 KiB.
///
/// ```
/// use ed25519_dalek::{Signer, SigningKey};
/// use paidup::{Algorithm, Keyring, Keyset, KeysetKey, PublicKey, Role, Roots, UnixTime};
///
/// let root = SigningKey::from_bytes(&[1; 32]);
/// let pinned = PublicKey::from_bytes(&root.verifying_key().to_bytes())?;
/// let online = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?;
/// let now = UnixTime::from_secs(1_795_417_200);
/// let mut keyset = Keyset::new("https://licenses.example.com", 1, now);
/// keyset.keys.push(KeysetKey {
///     key: online,
///     role: Role::License,
///     not_before: now,
///     not_after: now.plus(365 * 86_400),
///     products: Vec::new(),
/// });
/// let text = keyset.seal(&pinned.key_id(), Algorithm::EdDsa, |it| root.sign(it).to_bytes())?;
///
/// // The app pins the root, and learns the rest.
/// let roots = Roots::new("https://licenses.example.com").pin(pinned);
/// let mut keyring = Keyring::new();
/// keyring.adopt(&roots.verify(&text)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keyset {
    /// The issuer whose keys these are, 1 to 512 bytes.
    pub iss: String,
    /// Grows with every keyset, and never goes back; at most 2^53 − 1.
    pub version: u64,
    /// When it was signed.
    pub iat: UnixTime,
    /// Until when it may be newly taken over. It ends nothing that was taken over
    /// before.
    pub exp: UnixTime,
    /// The keys that may sign, at most 16.
    pub keys: Vec<KeysetKey>,
    /// The keys that may never sign again, nor ever have signed, at most 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<Revocation>,
    /// Products whose tokens have outlived their issuer, at most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunset: Vec<Sunset>,
}

/// A key that may sign, and within which limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysetKey {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub role: Role,
    /// The earliest `iat` it may sign.
    pub not_before: UnixTime,
    /// The latest `iat` it may sign.
    pub not_after: UnixTime,
    /// The products, `aud`, it may sign for, at most 16. None listed: all.
    pub products: Vec<String>,
}

/// What a key may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// License tokens.
    License,
    /// Something that this version does not know, and never license tokens.
    Other(String),
}

impl Role {
    /// The word in the keyset.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::License => "license",
            Self::Other(word) => word,
        }
    }
}

/// A key is dead, for every token that it ever signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// Which key.
    pub kid: KeyId,
    /// When that was decided.
    pub at: UnixTime,
    /// Why, for display and logs, 1 to 256 bytes.
    pub reason: String,
}

/// The vendor's promise that what was bought outlives the server: for tokens of
/// this product that were issued before that time, are active and have no
/// `expiresAt`, `exp` ends nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sunset {
    /// The product's code, 1 to 128 bytes.
    pub aud: String,
    /// Tokens with an earlier `iat`.
    pub issued_before: UnixTime,
}

impl Keyset {
    /// No keyset is larger, in bytes.
    pub const MAX_BYTES: usize = crate::jws::KEYSET.max_bytes;

    /// How long a keyset is good for being taken over, in seconds: 400 days.
    pub const LIFE: i64 = 400 * 86_400;

    /// A keyset with no keys in it, good for [`Keyset::LIFE`].
    #[must_use]
    pub fn new(issuer: impl Into<String>, version: u64, issued_at: UnixTime) -> Self {
        Self {
            iss: issuer.into(),
            version,
            iat: issued_at,
            exp: issued_at.plus(Self::LIFE),
            keys: Vec::new(),
            revoked: Vec::new(),
            sunset: Vec::new(),
        }
    }

    /// Whether that key is revoked.
    #[must_use]
    pub fn revokes(&self, key_id: &KeyId) -> bool {
        self.revoked.iter().any(|it| it.kid == *key_id)
    }
}
