//! What an app is built with: the keys that sign keysets, and nothing else.

use alloc::{string::String, vec::Vec};

use crate::{
    ClaimsError, KeyId, Keyset, KeysetError, PublicKey, UnixTime,
    jws::{self, Jws},
};

/// The pinned root keys of one issuer. One is enough; a second, whose secret lies
/// elsewhere, is there for the day on which the first is lost.
///
/// A root never signs a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    issuer: String,
    keys: Vec<PublicKey>,
}

impl Roots {
    /// The roots of this issuer: none yet, so that no keyset is trusted.
    #[must_use]
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            keys: Vec::new(),
        }
    }

    /// Pins a root.
    #[must_use]
    pub fn pin(mut self, root: PublicKey) -> Self {
        self.keys.push(root);
        self
    }

    /// Whether none is pinned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether this root is pinned.
    pub(crate) fn pins(&self, root: &KeyId) -> bool {
        self.keys.iter().any(|it| it.key_id() == *root)
    }

    /// Which root a keyset says has signed it.
    pub(crate) fn named_in(text: &str) -> Option<KeyId> {
        Jws::parse(text, jws::KEYSET).ok().map(|it| it.key_id())
    }

    /// Verifies a keyset: form, root, signature, claims, issuer, in this order.
    ///
    /// # Errors
    ///
    /// [`KeysetError`] of the first check that fails. Whether it is new enough is
    /// for [`Roots::take_over`].
    pub fn verify(&self, text: &str) -> Result<Keyset, KeysetError> {
        let jws = Jws::parse(text, jws::KEYSET).map_err(KeysetError::Form)?;
        let key_id = jws.key_id();
        let root = self.keys.iter().find(|it| it.key_id() == key_id);
        let root = root.ok_or(KeysetError::UnknownRoot { key_id })?;
        if !jws.is_signed_by(root) {
            return Err(KeysetError::SignatureInvalid);
        }
        let keyset = Keyset::from_json(jws.payload())?;
        if keyset.keys.iter().any(|it| self.keys.contains(&it.key)) {
            return Err(ClaimsError::new("keys", "must not be roots").into());
        }
        if keyset.iss != self.issuer {
            return Err(KeysetError::IssuerMismatch {
                found: keyset.iss.as_str().into(),
            });
        }
        Ok(keyset)
    }

    /// Verifies a keyset that would take the place of `held`, at `now`: it must
    /// not be older, nor another one of the same version, and must not have been
    /// lying about for longer than it is good for.
    ///
    /// # Errors
    ///
    /// As [`Roots::verify`], then [`KeysetError::Rollback`] and
    /// [`KeysetError::Expired`].
    pub fn take_over(
        &self,
        text: &str,
        held: &Held<'_>,
        now: UnixTime,
    ) -> Result<Keyset, KeysetError> {
        let keyset = self.verify(text)?;
        let known = held.text == Some(text);
        let twin = held.text.is_some() && keyset.version == held.version && !known;
        if keyset.version < held.version || twin {
            return Err(KeysetError::Rollback {
                found: keyset.version,
                seen: held.version,
            });
        }
        if now >= keyset.exp && !known {
            return Err(KeysetError::Expired { until: keyset.exp });
        }
        Ok(keyset)
    }
}

/// The keyset that a verifier has, as far as a newer one is held against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held<'a> {
    /// The highest version that was seen, or that the app was built with.
    pub version: u64,
    /// The text of that version, where it is at hand.
    pub text: Option<&'a str>,
}
