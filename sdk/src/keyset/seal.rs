//! A keyset to text. The root key stays with the caller: this says what to sign.

use alloc::string::String;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Keyset, KeysetError, KeysetKey};
use crate::{Algorithm, ClaimsError, KeyId, jws};

impl Keyset {
    /// Writes the text of this keyset. `sign` gets the bytes to sign and returns
    /// their Ed25519 signature by the root that `root` names; it is called once,
    /// after everything else has gone well.
    ///
    /// # Errors
    ///
    /// [`KeysetError::Claims`] where it breaks a rule that a verifier would refuse
    /// it for, and [`KeysetError::TooLarge`] beyond 8 KiB.
    pub fn seal(
        &self,
        root: &KeyId,
        algorithm: Algorithm,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<String, KeysetError> {
        self.check()?;
        if self.keys.iter().any(|it| it.key.key_id() == *root) {
            return Err(ClaimsError::new("keys", "must not be roots").into());
        }
        let payload = self.to_json()?.into_bytes();
        jws::seal(
            jws::KEYSET,
            root,
            algorithm,
            &payload,
            Self::MAX_BYTES,
            sign,
        )
        .map_err(|bytes| KeysetError::TooLarge { bytes })
    }

    /// Writes the claims, for somebody else to sign: a draft.
    ///
    /// # Errors
    ///
    /// [`KeysetError::Claims`].
    pub fn to_json(&self) -> Result<String, KeysetError> {
        let claims = Versioned { v: 1, keyset: self };
        let unwritable = |_| ClaimsError::new("keys", "cannot be written as JSON");
        Ok(serde_json::to_string(&claims).map_err(unwritable)?)
    }
}

#[derive(Serialize)]
struct Versioned<'a> {
    v: u8,
    #[serde(flatten)]
    keyset: &'a Keyset,
}

impl Serialize for KeysetKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut key = serializer.serialize_struct("KeysetKey", 6)?;
        key.serialize_field("kid", &self.key.key_id())?;
        key.serialize_field("x", &self.key.to_base64url())?;
        key.serialize_field("role", self.role.as_str())?;
        key.serialize_field("nbf", &self.not_before)?;
        key.serialize_field("exp", &self.not_after)?;
        match self.products.is_empty() {
            true => key.skip_field("aud")?,
            false => key.serialize_field("aud", &self.products)?,
        }
        key.end()
    }
}
