//! A keyset from its payload, strictly.

use alloc::{string::String, vec::Vec};

use super::{Keyset, KeysetError, KeysetKey, Revocation, Role, Sunset};
use crate::{
    ClaimsError, KeyId, PublicKey, VerifyError,
    json::{Json, Object},
    reader::{Reader, required},
};

impl Keyset {
    /// Reads the claims of a keyset, which nobody has signed: a draft. What a verifier
    /// trusts comes from [`Roots`](crate::Roots).
    ///
    /// # Errors
    ///
    /// [`KeysetError`] of the checks from the payload on.
    pub fn from_json(payload: &[u8]) -> Result<Self, KeysetError> {
        let payload = Object::parse(payload).map_err(KeysetError::Payload)?;
        let reader = Reader(&payload);
        reader.version().map_err(|error| match error {
            VerifyError::UnsupportedVersion { found } => KeysetError::UnsupportedVersion { found },
            VerifyError::Claims(error) => KeysetError::Claims(error),
            other => KeysetError::Form(other),
        })?;
        let keyset = reader.keyset()?;
        keyset.check()?;
        Ok(keyset)
    }
}

impl Reader<'_, '_> {
    fn keyset(&self) -> Result<Keyset, ClaimsError> {
        Ok(Keyset {
            iss: required("iss", self.string("iss")?)?,
            version: required("version", self.count("version")?)?,
            iat: required("iat", self.time("iat")?)?,
            exp: required("exp", self.time("exp")?)?,
            keys: self
                .objects("keys")?
                .map(|it| Reader(it).key())
                .collect::<Result<_, _>>()?,
            revoked: self
                .objects("revoked")?
                .map(|it| Reader(it).revocation())
                .collect::<Result<_, _>>()?,
            sunset: self
                .objects("sunset")?
                .map(|it| Reader(it).sunset())
                .collect::<Result<_, _>>()?,
        })
    }

    fn key(&self) -> Result<KeysetKey, ClaimsError> {
        const UNFIT: &str = "must each have an x that is an Ed25519 public key, and its kid";

        let x = required("x", self.string("x")?)?;
        let key = PublicKey::from_base64url(&x).map_err(|_| ClaimsError::new("keys", UNFIT))?;
        if self.key_id()? != key.key_id() {
            return Err(ClaimsError::new("keys", UNFIT));
        }
        let role = required("role", self.string("role")?)?;
        Ok(KeysetKey {
            key,
            role: match role.as_str() {
                "license" => Role::License,
                _ => Role::Other(role),
            },
            not_before: required("nbf", self.time("nbf")?)?,
            not_after: required("exp", self.time("exp")?)?,
            products: self.products()?,
        })
    }

    fn revocation(&self) -> Result<Revocation, ClaimsError> {
        Ok(Revocation {
            kid: self.key_id()?,
            at: required("at", self.time("at")?)?,
            reason: required("reason", self.string("reason")?)?,
        })
    }

    fn sunset(&self) -> Result<Sunset, ClaimsError> {
        Ok(Sunset {
            aud: required("aud", self.string("aud")?)?,
            issued_before: required("issuedBefore", self.time("issuedBefore")?)?,
        })
    }

    fn key_id(&self) -> Result<KeyId, ClaimsError> {
        required("kid", self.string("kid")?)?
            .parse()
            .map_err(|_| ClaimsError::new("kid", "must be a key id of 43 characters"))
    }

    /// Left out: every product. An empty list would be a key for nothing, and is
    /// refused rather than read as its opposite.
    fn products(&self) -> Result<Vec<String>, ClaimsError> {
        let refused = || ClaimsError::new("aud", "must be an array of 1 to 16 product codes");
        match self.0.get("aud") {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) if !items.is_empty() => items
                .iter()
                .map(|item| match item {
                    Json::String(code) => Ok(String::from(code.as_ref())),
                    _ => Err(refused()),
                })
                .collect(),
            Some(_) => Err(refused()),
        }
    }
}
