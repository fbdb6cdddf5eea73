//! Verifies tokens and license files for one app.

use alloc::string::String;
use alloc::vec::Vec;

use paidup::{
    Expected, Explanation, Keyring, KeysetError, LicenseFile, PublicKey, Roots, Seen, SigningKey,
    Token, UnixTime,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::moment::{count, moment};
use crate::refusal::json;
use crate::{License, Refusal};

/// What an app trusts and what it is: [`Roots`], [`Keyring`] and [`Expected`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier {
    roots: Roots,
    keyring: Keyring,
    expected: Expected,
    keyset_version: u64,
}

#[wasm_bindgen]
impl Verifier {
    /// An app for one product of one issuer that trusts nobody yet.
    #[must_use]
    #[wasm_bindgen(constructor)]
    pub fn new(issuer: &str, product: &str) -> Verifier {
        Self {
            roots: Roots::new(issuer),
            keyring: Keyring::new(),
            expected: Expected::new(issuer, product),
            keyset_version: 0,
        }
    }

    /// Pins a root (base64url, 43 characters).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no key.
    pub fn root(&mut self, x: &str) -> Result<(), Refusal> {
        let root = PublicKey::from_base64url(x)?;
        self.roots = self.roots.clone().pin(root);
        Ok(())
    }

    /// Pins a signing key (base64url, 43 characters), for tokens that were issued
    /// within these times, for these products; for all where none is named.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no key, or a time is none.
    pub fn key(
        &mut self,
        x: &str,
        not_before: Option<f64>,
        not_after: Option<f64>,
        products: Vec<String>,
    ) -> Result<(), Refusal> {
        let key = SigningKey {
            key: PublicKey::from_base64url(x)?,
            not_before: not_before.map(moment).transpose()?,
            not_after: not_after.map(moment).transpose()?,
            products,
        };
        self.keyring.trust_signing_key(key);
        Ok(())
    }

    /// Refuses every token of the key with this id.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no key's id.
    pub fn revoke(&mut self, key_id: &str) -> Result<(), Refusal> {
        self.keyring.revoke(key_id.parse()?);
        Ok(())
    }

    /// The machine that it runs on.
    pub fn fingerprint(&mut self, fingerprint: &str) {
        self.expected = self.expected.clone().fingerprint(fingerprint);
    }

    /// Takes tokens of any machine.
    #[wasm_bindgen(js_name = anyMachine)]
    pub fn any_machine(&mut self) {
        self.expected = self.expected.clone().any_machine();
    }

    /// Takes test licenses instead of real ones.
    #[wasm_bindgen(js_name = testMode)]
    pub fn test_mode(&mut self) {
        self.expected = self.expected.clone().test_mode();
    }

    /// The lowest version of a keyset that is taken.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where it is no whole number.
    #[wasm_bindgen(js_name = minVersion)]
    pub fn min_version(&mut self, version: f64) -> Result<(), Refusal> {
        self.keyset_version = count(version)?;
        Ok(())
    }

    /// Trusts the keys of a keyset that a pinned root has signed. Its `exp` is for
    /// whoever fetches one and remembers that; a verifier remembers nothing.
    ///
    /// # Errors
    /// The code of the check that fails.
    pub fn keyset(&mut self, text: &str) -> Result<(), Refusal> {
        let keyset = self.roots.verify(text)?;
        if keyset.version < self.keyset_version {
            return Err(Refusal::from(KeysetError::Rollback {
                found: keyset.version,
                seen: self.keyset_version,
            }));
        }
        self.keyset_version = keyset.version;
        self.keyring.adopt(&keyset);
        Ok(())
    }

    /// Verifies a token, against what was seen of its license before.
    ///
    /// # Errors
    /// The code of the check that fails.
    pub fn verify(
        &self,
        token: &str,
        seen_seq: Option<f64>,
        seen_time: Option<f64>,
    ) -> Result<License, Refusal> {
        let seen = seen(seen_seq, seen_time)?;
        let token = Token::parse(token)?;
        let license = self.keyring.verify(token, &self.expected, &seen)?;
        Ok(License(license))
    }

    /// Takes a license file apart: trusts the keys of its keyset, where a root is pinned
    /// and has signed it, and hands out its token, which is not verified yet.
    ///
    /// # Errors
    /// The code of the check that fails.
    pub fn unpack(&mut self, text: &str) -> Result<String, Refusal> {
        let file = LicenseFile::parse(text)?;
        if let (Some(keyset), false) = (&file.keyset, self.roots.is_empty()) {
            self.keyset(keyset)?;
        }
        Ok(file.token)
    }

    /// [`Explanation`] of a token as JSON.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where `now` is no time.
    pub fn explain(
        &self,
        token: &str,
        now: f64,
        seen_seq: Option<f64>,
        seen_time: Option<f64>,
    ) -> Result<String, Refusal> {
        let seen = seen(seen_seq, seen_time)?;
        let now: UnixTime = moment(now)?;
        let explanation = Explanation::of(token, &self.keyring, &self.expected, &seen, now);
        Ok(json(&explanation))
    }
}

fn seen(seq: Option<f64>, time: Option<f64>) -> Result<Seen, Refusal> {
    Ok(Seen {
        seq: seq.map(count).transpose()?,
        time: time.map(moment).transpose()?,
        ..Seen::default()
    })
}
