//! The root key: signs keysets, and nothing else. It lives in a file that only its
//! passphrase opens, and need not live where the issuer runs.
//!
//! The file is an encrypted PKCS#8 key in PEM: RFC 5958, RFC 8410; PBES2 with scrypt
//! and AES-256.

use std::fmt;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer as _, SigningKey};
use paidup::{Algorithm, KeyError, Keyset, KeysetError, PublicKey};
use pkcs8::pkcs5::pbes2::Parameters;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::entropy::{Entropy, NoEntropy};
use crate::key_file::{self, KeyFileError};

/// Fewer bytes of passphrase are refused.
const SHORTEST_PASSPHRASE: usize = 12;
const LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// A root key, opened.
pub struct Root {
    key: SigningKey,
    public: PublicKey,
}

/// What opens a root's file.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

/// A root that cannot be made, opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// A passphrase that could be guessed.
    #[error("a passphrase has at least {SHORTEST_PASSPHRASE} characters: some words, for instance")]
    Weak,
    /// The file is there already.
    #[error("{} is there already, and a root is never written over another", .0.display())]
    Exists(PathBuf),
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Not the passphrase, or not a root's file.
    #[error("{} does not open: the passphrase is another one, or it is no root's file", .0.display())]
    Closed(PathBuf),
    /// The key cannot be encrypted.
    #[error("the root cannot be encrypted")]
    Encrypt,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl Passphrase {
    /// Takes a passphrase; a newline at its end is none of it.
    ///
    /// # Errors
    /// [`RootError::Weak`].
    pub fn new(text: &str) -> Result<Self, RootError> {
        let text = text.trim_end_matches(['\r', '\n']);
        match text.chars().count() < SHORTEST_PASSPHRASE {
            true => Err(RootError::Weak),
            false => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }
}

impl Root {
    /// Makes a root.
    ///
    /// # Errors
    /// [`RootError::Entropy`].
    pub fn make(entropy: &Entropy) -> Result<Self, RootError> {
        let key = SigningKey::from_bytes(&Zeroizing::new(entropy.bytes::<32>()?));
        // A key that was just made is a good one.
        Self::new(key).map_err(|_| RootError::Encrypt)
    }

    fn new(key: SigningKey) -> Result<Self, KeyError> {
        let public = PublicKey::from_bytes(&key.verifying_key().to_bytes())?;
        Ok(Self { key, public })
    }

    /// Opens a root's file.
    ///
    /// # Errors
    /// [`RootError`].
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<Self, RootError> {
        let closed = || RootError::Closed(path.to_owned());
        let text = key_file::open(path)?;
        let key = SigningKey::from_pkcs8_encrypted_pem(&text, passphrase.0.as_bytes())
            .map_err(|_| closed())?;
        Self::new(key).map_err(|_| closed())
    }

    /// Writes the root to a new file.
    ///
    /// # Errors
    /// [`RootError`]; nothing is ever written over.
    pub fn write(
        &self,
        path: &Path,
        passphrase: &Passphrase,
        entropy: &Entropy,
    ) -> Result<(), RootError> {
        let plain = self.key.to_pkcs8_der().map_err(|_| RootError::Encrypt)?;
        let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).map_err(|_| RootError::Encrypt)?;
        let (salt, iv) = (entropy.bytes::<16>()?, entropy.bytes::<16>()?);
        let sealed = Parameters::generate_scrypt_aes256cbc(Default::default(), &salt, iv)
            .map_err(pkcs8::Error::from)
            .and_then(|with| info.encrypt_with_params(with, passphrase.0.as_bytes()))
            .map_err(|_| RootError::Encrypt)?;
        let text = sealed
            .to_pem(LABEL, LineEnding::LF)
            .map_err(|_| RootError::Encrypt)?;
        match key_file::create(path, &text) {
            Err(KeyFileError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::AlreadyExists =>
            {
                Err(RootError::Exists(path.to_owned()))
            }
            other => Ok(other?),
        }
    }

    /// The key that apps pin.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a keyset.
    ///
    /// # Errors
    /// [`KeysetError`] where it breaks the format's rules.
    pub fn sign(&self, keyset: &Keyset) -> Result<String, KeysetError> {
        keyset.seal(&self.public.key_id(), Algorithm::EdDsa, |bytes| {
            self.key.sign(bytes).to_bytes()
        })
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("key_id", &self.public.key_id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([elided])")
    }
}
