//! One license in every peer's format, signed by one key.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has failed"
)]

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use paidup::{Algorithm, Claims, Expected, Keyring, PolicyRef, PublicKey, UnixTime};
use pasetors::{keys::AsymmetricSecretKey, version4};
use serde::Deserialize;

/// The license, and what each contender needs to verify it.
#[derive(Debug)]
pub struct Subject {
    /// When the token was issued.
    pub issued_at: UnixTime,
    /// The token, a JWS.
    pub token: String,
    /// Our verifier.
    pub keyring: Keyring,
    /// What our verifier is told to expect.
    pub expected: Expected,
    /// The bare key.
    pub key: VerifyingKey,
    /// The bare signature of [`Subject::signed`].
    pub signature: Signature,
    /// What is signed: the first two parts of the token.
    pub signed: String,
    /// The same claims as a PASETO.
    pub paseto: String,
    /// The same claims as Keygen's signed license key.
    pub keygen: String,
}

/// The claims as an app would have a general library read them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are the token's claims")]
pub struct PeerClaims {
    pub v: u64,
    pub seq: u64,
    pub status: String,
    pub policy: BTreeMap<String, String>,
    pub entitlements: Vec<String>,
    pub limits: BTreeMap<String, u64>,
    pub fingerprint: String,
    pub refresh_after: i64,
}

/// The registered claims, for the peers that do not read them by themselves.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "they are the token's claims")]
pub struct FullClaims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub jti: String,
    pub iat: i64,
    pub exp: i64,
    pub v: u64,
    pub seq: u64,
    pub status: String,
    pub policy: BTreeMap<String, String>,
    pub entitlements: Vec<String>,
    pub limits: BTreeMap<String, u64>,
    pub fingerprint: String,
    #[serde(rename = "refreshAfter")]
    pub refresh_after: i64,
}

/// The issuer of [`Subject`].
pub const ISSUER: &str = "https://licenses.example.com";
/// The machine of [`Subject`].
pub const FINGERPRINT: &str = "sha256:BC83NqQw5Cr8mdnF9cNG29Sqr4VgrMBgfAKXNEmsWHU";
/// The product of [`Subject`].
pub const PRODUCT: &str = "notes";

impl Subject {
    /// A license as a small vendor's issuer signs it: six entitlements, a seat
    /// limit, a machine.
    ///
    /// # Panics
    ///
    /// Where a peer cannot sign.
    #[must_use]
    pub fn new() -> Self {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let key = secret.verifying_key();
        let public = PublicKey::from_bytes(key.as_bytes()).expect("a derived key is fit");
        let issued_at = UnixTime::from_secs(1_795_417_200);

        let mut claims = Claims::new(ISSUER, PRODUCT, issued_at);
        claims.sub = "lic_01J0000000000000000000000A".into();
        claims.jti = "tok_01J0000000000000000000000B".into();
        claims.seq = 1_795_417_200_123;
        claims.exp = issued_at.plus(14 * 86_400);
        claims.policy = PolicyRef {
            id: "pol_growth".into(),
            name: "growth_policy".into(),
        };
        claims.entitlements = [
            "api_access",
            "export",
            "premium_analytics",
            "sso",
            "support",
            "sync",
        ]
        .map(Into::into)
        .into();
        claims.limits.insert("seats".into(), 5);
        claims.refresh_after = Some(issued_at.plus(86_400));
        claims.fingerprint = Some(FINGERPRINT.into());

        let token = claims
            .seal(&public.key_id(), Algorithm::EdDsa, |bytes| {
                secret.sign(bytes).to_bytes()
            })
            .expect("the claims are sound");
        let (signed, _) = token.rsplit_once('.').expect("a token has three parts");
        let (_, payload) = signed.split_once('.').expect("a token has three parts");
        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .expect("the payload is base64url");

        let mut keyring = Keyring::new();
        keyring.trust(public);
        Self {
            issued_at,
            keyring,
            expected: Expected::new(ISSUER, PRODUCT).fingerprint(FINGERPRINT),
            key,
            signature: secret.sign(signed.as_bytes()),
            signed: signed.into(),
            paseto: paseto(&secret, &payload),
            keygen: keygen(&secret, &payload),
            token,
        }
    }
}

impl Default for Subject {
    fn default() -> Self {
        Self::new()
    }
}

fn paseto(secret: &SigningKey, payload: &[u8]) -> String {
    let secret = AsymmetricSecretKey::from(&secret.to_keypair_bytes()).expect("the key is fit");
    version4::PublicToken::sign(&secret, payload, None, None).expect("the payload is signed")
}

fn keygen(secret: &SigningKey, payload: &[u8]) -> String {
    let signed = format!("key/{}", URL_SAFE.encode(payload));
    let signature = secret.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE.encode(signature.to_bytes()))
}
