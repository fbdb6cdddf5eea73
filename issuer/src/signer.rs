//! Alone holds the secret signing key, and signs nothing but license tokens.

use std::fmt;
use std::path::Path;

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use ed25519_dalek::{Signer as _, SigningKey};
use paidup::{Algorithm, Claims, KeyError, KeyId, PublicKey, SealError};

use crate::entropy::Entropy;
use crate::key_file::{self, KeyFileError};

/// Signs license tokens.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    public: PublicKey,
    id: KeyId,
}

impl Signer {
    /// Reads the signing key (PKCS#8 PEM, RFC 8410) from a file; makes one there
    /// where `create` allows it.
    ///
    /// # Errors
    /// [`KeyFileError`] where the file is missing, readable by others, or not a key.
    pub fn open(path: &Path, create: bool, entropy: &Entropy) -> Result<Self, KeyFileError> {
        let not_a_key = || KeyFileError::NotAKey {
            path: path.to_owned(),
            expected: "an Ed25519 private key in PKCS#8 PEM",
        };
        let text = key_file::read_or_create(path, create, || {
            let key = SigningKey::from_bytes(&entropy.bytes::<32>()?);
            // Encoding 32 bytes cannot fail; an empty file would be refused below.
            Ok(key.to_pkcs8_pem(LineEnding::LF).unwrap_or_default())
        })?;
        let key = SigningKey::from_pkcs8_pem(&text).map_err(|_| not_a_key())?;
        Self::new(key).map_err(|_| not_a_key())
    }

    fn new(key: SigningKey) -> Result<Self, KeyError> {
        let public = PublicKey::from_bytes(&key.verifying_key().to_bytes())?;
        let id = public.key_id();
        Ok(Self { key, public, id })
    }

    /// The key that verifiers trust.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Its identifier.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.id
    }

    /// Claims → token.
    ///
    /// # Errors
    /// [`SealError`] where the claims break the format's rules.
    pub fn seal(&self, claims: &Claims) -> Result<String, SealError> {
        claims.seal(&self.id, Algorithm::EdDsa, |bytes| {
            self.key.sign(bytes).to_bytes()
        })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key_id", &self.id)
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
