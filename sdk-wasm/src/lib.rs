//! The verifier for browsers, Node and workers: the same core as everywhere,
//! with JavaScript's names and types around it.

use paidup::{Expected, Explanation, Keyring, PublicKey, Seen, UnixTime};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

/// What an app trusts, and what it is.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Verifier {
    keyring: Keyring,
    expected: Expected,
}

#[wasm_bindgen]
impl Verifier {
    /// A verifier for one product of one issuer that trusts one signing key
    /// (base64url, 43 characters).
    ///
    /// # Errors
    /// An `Error` where the key is not an Ed25519 public key.
    #[wasm_bindgen(constructor)]
    pub fn new(issuer: &str, product: &str, key: &str) -> Result<Verifier, JsError> {
        let mut keyring = Keyring::new();
        keyring.trust(PublicKey::from_base64url(key)?);
        Ok(Self {
            keyring,
            expected: Expected::new(issuer, product),
        })
    }

    /// The same verifier on the machine of that fingerprint.
    #[must_use]
    #[wasm_bindgen(js_name = onMachine)]
    pub fn on_machine(self, fingerprint: &str) -> Verifier {
        Self {
            expected: self.expected.fingerprint(fingerprint),
            ..self
        }
    }

    /// The same verifier, built for test mode.
    #[must_use]
    #[wasm_bindgen(js_name = forTests)]
    pub fn for_tests(self) -> Verifier {
        Self {
            expected: self.expected.test_mode(),
            ..self
        }
    }

    /// Explains a token at `now` (Unix seconds), as the JSON text of
    /// `{code, usable, checks, license, nextAction}`.
    ///
    /// # Errors
    /// An `Error` where the explanation cannot be written down.
    pub fn explain(&self, token: &str, now: i64) -> Result<JsValue, JsError> {
        let now = UnixTime::from_secs(now);
        let explanation =
            Explanation::of(token, &self.keyring, &self.expected, &Seen::default(), now);
        Ok(JsValue::from_str(&serde_json::to_string(&explanation)?))
    }
}
