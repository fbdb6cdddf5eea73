//! One issuer, one app, one license, and the means to sign what no issuer would.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use paidup::{
    Algorithm, Claims, Code, Expected, Keyring, License, PolicyRef, PublicKey, Seen, Token,
    UnixTime, VerifyError,
};

pub(crate) const ISSUER: &str = "https://licenses.example.com";
pub(crate) const PRODUCT: &str = "notes";
pub(crate) const FINGERPRINT: &str = "sha256:BC83NqQw5Cr8mdnF9cNG29Sqr4VgrMBgfAKXNEmsWHU";
pub(crate) const ISSUED_AT: UnixTime = UnixTime::from_secs(1_795_417_200);
pub(crate) const NOW: UnixTime = ISSUED_AT.plus(3600);

pub(crate) fn issuer_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn public(secret: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(&secret.verifying_key().to_bytes()).unwrap()
}

pub(crate) fn keyring() -> Keyring {
    let mut keyring = Keyring::new();
    keyring.trust(public(&issuer_key()));
    keyring
}

pub(crate) fn expected() -> Expected {
    Expected::new(ISSUER, PRODUCT).fingerprint(FINGERPRINT)
}

pub(crate) fn claims() -> Claims {
    let mut claims = Claims::new(ISSUER, PRODUCT, ISSUED_AT);
    claims.sub = "lic_01J0000000000000000000000A".into();
    claims.jti = "tok_01J0000000000000000000000B".into();
    claims.seq = 7;
    claims.exp = ISSUED_AT.plus(14 * 86_400);
    claims.policy = PolicyRef {
        id: "pol_growth".into(),
        name: "growth_policy".into(),
    };
    claims.entitlements = vec!["api_access".into(), "export".into()];
    claims.limits.insert("seats".into(), 5);
    claims.fingerprint = Some(FINGERPRINT.into());
    claims
}

pub(crate) fn seal(claims: &Claims) -> String {
    let key = issuer_key();
    claims
        .seal(&public(&key).key_id(), Algorithm::EdDsa, |bytes| {
            key.sign(bytes).to_bytes()
        })
        .unwrap()
}

pub(crate) fn verify(token: &str) -> Result<License, VerifyError> {
    keyring().verify(Token::parse(token)?, &expected(), &Seen::default())
}

/// The one word for a token, at [`NOW`].
pub(crate) fn code(token: &str) -> Code {
    verify(token).map_or_else(|error| error.code(), |license| license.standing(NOW).code())
}

/// The base claims with a change made to their JSON, signed as they are.
pub(crate) fn altered(alter: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut payload = payload(&seal(&claims()));
    alter(&mut payload);
    signed(&header(), &serde_json::to_vec(&payload).unwrap())
}

pub(crate) fn header() -> String {
    let key_id = public(&issuer_key()).key_id();
    format!(r#"{{"alg":"EdDSA","typ":"license+jwt","kid":"{key_id}"}}"#)
}

pub(crate) fn payload(token: &str) -> serde_json::Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Signs any header and payload with the issuer's key.
pub(crate) fn signed(header: &str, payload: &[u8]) -> String {
    signed_by(header, payload, |bytes| {
        issuer_key().sign(bytes).to_bytes().to_vec()
    })
}

pub(crate) fn signed_by(
    header: &str,
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
