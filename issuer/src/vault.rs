//! Keeps secrets out of the database: what must be read again is encrypted,
//! what must only be recognized is hashed, both under a key that lies elsewhere.

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, NoEntropy};
use crate::key_file::{self, KeyFileError};
use crate::settings::secret::unquote;

const NONCE: usize = 24;

/// Encrypts and hashes under the instance's encryption key.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    pepper: Zeroizing<[u8; 32]>,
    check: String,
}

/// A stored secret cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It was encrypted under another key, belongs elsewhere, or was changed.
    #[error("a stored secret cannot be decrypted with this encryption key")]
    Undecryptable,
    /// No random bytes for the nonce.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl Vault {
    /// Reads the encryption key (base64, 32 bytes) from a file; makes one there
    /// where `create` allows it.
    ///
    /// # Errors
    /// [`KeyFileError`] where the file is missing, readable by others, or not a key.
    pub fn open(path: &Path, create: bool, entropy: &Entropy) -> Result<Self, KeyFileError> {
        let text = key_file::read_or_create(path, create, || {
            Ok(Zeroizing::new(STANDARD.encode(entropy.bytes::<32>()?)))
        })?;
        let bytes = STANDARD.decode(unquote(&text)).map(Zeroizing::new);
        let key = bytes
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        let key = key.ok_or_else(|| KeyFileError::NotAKey {
            path: path.to_owned(),
            expected: "32 bytes in base64",
        })?;
        Ok(Self::new(&Zeroizing::new(key)))
    }

    fn new(key: &[u8; 32]) -> Self {
        let derive = |purpose: &[u8]| {
            let mut derived = Zeroizing::new([0_u8; 32]);
            // 32 bytes are far below HKDF's limit, so that this cannot fail.
            let _ = Hkdf::<Sha256>::new(None, key).expand(purpose, derived.as_mut());
            derived
        };
        let check = derive(b"paidup encryption key check");
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*derive(b"paidup secrets at rest"))),
            pepper: derive(b"paidup license key pepper"),
            check: STANDARD.encode(check.as_slice()),
        }
    }

    /// A text that tells keys apart and tells nothing about the key.
    #[must_use]
    pub fn check(&self) -> &str {
        &self.check
    }

    /// Encrypts `secret`; it can be decrypted only under the same `place`.
    ///
    /// # Errors
    /// [`VaultError::Entropy`].
    pub fn encrypt(
        &self,
        place: &str,
        secret: &[u8],
        entropy: &Entropy,
    ) -> Result<String, VaultError> {
        let nonce = entropy.bytes::<NONCE>()?;
        let payload = Payload {
            msg: secret,
            aad: place.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::Undecryptable)?;
        Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts what [`Vault::encrypt`] made for that `place`.
    ///
    /// # Errors
    /// [`VaultError::Undecryptable`].
    pub fn decrypt(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let bytes = STANDARD
            .decode(sealed)
            .map_err(|_| VaultError::Undecryptable)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE>()
            .ok_or(VaultError::Undecryptable)?;
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Undecryptable)
    }

    /// The name under which a license key is found: it cannot be turned back,
    /// nor tried out by whoever holds only the database.
    #[must_use]
    pub fn hash(&self, canonical: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.pepper.as_ref()) else {
            return String::new();
        };
        mac.update(canonical.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}
