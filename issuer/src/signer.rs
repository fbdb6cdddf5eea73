//! Alone holds the secret signing keys, and signs nothing but license tokens and the
//! files they travel in.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use ed25519_dalek::{Signer as _, SigningKey};
use paidup::{Algorithm, Claims, KeyId, LicenseFile, PublicKey, SealError};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::key_file::{self, KeyFileError};
use crate::settings::secret::unquote;

const END: &str = "-----END PRIVATE KEY-----";

/// Signs license tokens, with any of the keys in its file.
#[derive(Clone)]
pub struct Signer {
    keys: BTreeMap<KeyId, SigningKey>,
    newest: PublicKey,
}

impl Signer {
    /// Reads the signing keys (PKCS#8 PEM, RFC 8410, one after the other) from a
    /// file; makes one there where `create` allows it.
    ///
    /// # Errors
    /// [`KeyFileError`] where the file is missing, readable by others, or holds no key.
    pub fn open(path: &Path, create: bool, entropy: &Entropy) -> Result<Self, KeyFileError> {
        let text = key_file::read_or_create(path, create, || {
            let key = SigningKey::from_bytes(&entropy.bytes::<32>()?);
            // Encoding 32 bytes cannot fail; an empty file would be refused below.
            Ok(key.to_pkcs8_pem(LineEnding::LF).unwrap_or_default())
        })?;
        let not_a_key = || KeyFileError::NotAKey {
            path: path.to_owned(),
            expected: "Ed25519 private keys in PKCS#8 PEM",
        };
        let mut keys = BTreeMap::new();
        let mut newest = None;
        for block in unquote(&text).split_inclusive(END) {
            if block.trim().is_empty() {
                continue;
            }
            let key = SigningKey::from_pkcs8_pem(block.trim()).map_err(|_| not_a_key())?;
            let public = PublicKey::from_bytes(&key.verifying_key().to_bytes());
            let public = public.map_err(|_| not_a_key())?;
            keys.insert(public.key_id(), key);
            newest = Some(public);
        }
        let newest = newest.ok_or_else(not_a_key)?;
        Ok(Self { keys, newest })
    }

    /// Adds a new key to the file, after those that are there; which one it is.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn add(path: &Path, entropy: &Entropy) -> Result<PublicKey, KeyFileError> {
        let mut text = Zeroizing::new(unquote(&key_file::open(path)?).to_owned());
        let key = SigningKey::from_bytes(&entropy.bytes::<32>()?);
        let added = key.to_pkcs8_pem(LineEnding::LF).unwrap_or_default();
        text.push('\n');
        text.push_str(&added);
        key_file::replace(path, &text)?;
        Ok(Self::open(path, false, entropy)?.newest)
    }

    /// The key that was added last.
    #[must_use]
    pub fn newest(&self) -> &PublicKey {
        &self.newest
    }

    /// Whether this key's secret is here.
    #[must_use]
    pub fn holds(&self, key_id: &KeyId) -> bool {
        self.keys.contains_key(key_id)
    }

    /// The keys whose secrets are here.
    pub fn public_keys(&self) -> impl Iterator<Item = PublicKey> {
        self.keys
            .values()
            .filter_map(|it| PublicKey::from_bytes(&it.verifying_key().to_bytes()).ok())
    }

    /// Claims → token, by that key. A key that is not here signs nothing that fits.
    ///
    /// # Errors
    /// [`SealError`] where the claims break the format's rules.
    pub fn seal(&self, key_id: &KeyId, claims: &Claims) -> Result<String, SealError> {
        claims.seal(key_id, Algorithm::EdDsa, |bytes| self.sign(key_id, bytes))
    }

    /// Token and keyset → license file, by that key.
    #[must_use]
    pub fn seal_file(&self, key_id: &KeyId, file: &LicenseFile, expires_at: &str) -> String {
        file.seal(expires_at, key_id, |bytes| self.sign(key_id, bytes))
    }

    fn sign(&self, key_id: &KeyId, bytes: &[u8]) -> [u8; 64] {
        let key = self.keys.get(key_id);
        key.map_or([0; 64], |it| it.sign(bytes).to_bytes())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("newest", &self.newest.key_id())
            .finish_non_exhaustive()
    }
}

/// Whether the claims could be sealed: their rules and their size, no signature.
pub(crate) fn check_claims(claims: &Claims) -> Result<(), SealError> {
    // RFC 8032's first test key; nothing is signed with it.
    let stand_in = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let Ok(public) = PublicKey::from_base64url(stand_in) else {
        return Ok(());
    };
    claims
        .seal(&public.key_id(), Algorithm::EdDsa, |_| [0; 64])
        .map(drop)
}
