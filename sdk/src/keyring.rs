//! Decides whether a token is to be trusted. The one place where signatures are
//! verified.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};

use crate::{
    Claims, Expected, KeyId, Keyset, License, PublicKey, Role, Seen, Sunset, UnixTime, Unverified,
    VerifyError, json::Object, standing::Lease,
};

/// The keys a verifier trusts to sign license tokens, and those it never will.
///
/// A root key, which signs keysets, does not belong in here but into
/// [`Roots`](crate::Roots): a root never signs a license.
///
/// ```
/// use paidup::{Keyring, PublicKey};
///
/// let mut keyring = Keyring::new();
/// keyring.trust(PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?);
/// # Ok::<(), paidup::KeyError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: BTreeMap<KeyId, SigningKey>,
    revoked: BTreeSet<KeyId>,
    sunset: Vec<Sunset>,
}

/// A key that may sign license tokens, and the limits within which it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The key.
    pub key: PublicKey,
    /// The earliest `iat` it may sign.
    pub not_before: Option<UnixTime>,
    /// The latest `iat` it may sign.
    pub not_after: Option<UnixTime>,
    /// The products, `aud`, it may sign for. None listed: all.
    pub products: Vec<String>,
}

impl SigningKey {
    fn signs_for(&self, product: &str) -> bool {
        self.products.is_empty() || self.products.iter().any(|it| it == product)
    }

    fn signs_at(&self, time: UnixTime) -> bool {
        self.not_before.is_none_or(|it| it <= time) && self.not_after.is_none_or(|it| time <= it)
    }
}

impl Keyring {
    /// A verifier that trusts no key.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a key for every product and without end.
    pub fn trust(&mut self, key: PublicKey) -> &mut Self {
        let products = Vec::new();
        self.trust_signing_key(SigningKey {
            key,
            not_before: None,
            not_after: None,
            products,
        })
    }

    /// Trusts a key within limits. The latest word on a key counts.
    pub fn trust_signing_key(&mut self, key: SigningKey) -> &mut Self {
        self.keys.insert(key.key.key_id(), key);
        self
    }

    /// Refuses every token of this key, whenever it was issued. Trusting the key
    /// again does not undo it.
    pub fn revoke(&mut self, key_id: KeyId) -> &mut Self {
        self.revoked.insert(key_id);
        self
    }

    /// Trusts what a root has signed: its signing keys within their limits, its
    /// revocations, its sunsets. A key of another role is not trusted.
    pub fn adopt(&mut self, keyset: &Keyset) -> &mut Self {
        for it in keyset.keys.iter().filter(|it| it.role == Role::License) {
            self.trust_signing_key(SigningKey {
                key: it.key.clone(),
                not_before: Some(it.not_before),
                not_after: Some(it.not_after),
                products: it.products.clone(),
            });
        }
        self.revoked.extend(keyset.revoked.iter().map(|it| it.kid));
        self.sunset.extend_from_slice(&keyset.sunset);
        self
    }

    /// Whether every token of that key is refused.
    #[must_use]
    pub fn revokes(&self, key_id: &KeyId) -> bool {
        self.revoked.contains(key_id)
    }

    /// Verifies a token: for this key, this app, this machine, and against what
    /// was seen before. Whether it holds at a moment is the [`License`]'s answer.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] of the first check that fails, in the order of
    /// [`Check`](crate::Check), beginning with [`Check::Key`](crate::Check::Key).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what was verified is of no further use"
    )]
    pub fn verify(
        &self,
        token: Unverified<'_>,
        expected: &Expected,
        seen: &Seen,
    ) -> Result<License, VerifyError> {
        self.authenticate(&token, expected)?.bind(expected, seen)
    }

    /// The checks up to the claims: who signed, and what.
    pub(crate) fn authenticate(
        &self,
        token: &Unverified<'_>,
        expected: &Expected,
    ) -> Result<Authentic<'_>, VerifyError> {
        let key_id = token.key_id();
        if self.revoked.contains(&key_id) {
            return Err(VerifyError::KeyRevoked { key_id });
        }
        let key = self
            .keys
            .get(&key_id)
            .ok_or(VerifyError::UnknownKey { key_id })?;
        if expected
            .pinned_product()
            .is_some_and(|product| !key.signs_for(product))
        {
            return Err(VerifyError::KeyNotForProduct { key_id });
        }
        if !token.jws().is_signed_by(&key.key) {
            return Err(VerifyError::SignatureInvalid);
        }

        let payload = Object::parse(token.jws().payload()).map_err(VerifyError::Payload)?;
        let claims = Claims::read(&payload)?;
        // With no product pinned, the token itself is the first to name one.
        if !key.signs_for(&claims.aud) && expected.pinned_product().is_none() {
            return Err(VerifyError::KeyNotForProduct { key_id });
        }
        Ok(Authentic {
            claims,
            key,
            keyring: self,
        })
    }
}

/// Claims that a trusted key has signed, not yet known to be for this app.
pub(crate) struct Authentic<'k> {
    claims: Claims,
    key: &'k SigningKey,
    keyring: &'k Keyring,
}

impl Authentic<'_> {
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The checks after the claims: the key's period, this app, what was seen.
    pub(crate) fn bind(self, expected: &Expected, seen: &Seen) -> Result<License, VerifyError> {
        let Self {
            claims,
            key,
            keyring,
        } = self;
        let key_id = key.key.key_id();
        if !key.signs_at(claims.iat) {
            return Err(VerifyError::KeyNotValid {
                key_id,
                issued_at: claims.iat,
            });
        }
        expected.check(&claims)?;
        seen.check(&claims, |it| keyring.revoked.contains(it))?;
        let outlives_issuer = keyring
            .sunset
            .iter()
            .any(|it| it.aud == claims.aud && claims.iat < it.issued_before);
        let lease = if outlives_issuer && claims.expires_at.is_none() {
            Lease::Waived
        } else {
            Lease::Binding
        };
        Ok(License::new(claims, key_id, seen.time, lease))
    }
}
