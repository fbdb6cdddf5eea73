//! Every token of `token_cases.json` gets the code that stands beside it.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey as SecretKey;
use paidup::{Expected, Explanation, Keyring, PublicKey, Seen, SigningKey, Token, UnixTime};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    #[serde(rename = "about")]
    _about: String,
    signing_seed: String,
    root_seed: String,
    attacker_seed: String,
    base_context: Context,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    now: i64,
    pinned_root: String,
    keyset: BTreeMap<String, String>,
    issuer: String,
    product: String,
    fingerprint: String,
    max_token_bytes: usize,
    highest_seen_seq: u64,
    highest_seen_time: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "category")]
    _category: String,
    #[serde(rename = "built")]
    _built: String,
    token: String,
    expect: Vec<String>,
    #[serde(default)]
    context: Replaced,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Replaced {
    now: Option<i64>,
    #[serde(default)]
    revoked: Vec<String>,
    key_not_after: Option<i64>,
}

#[test]
fn every_case_gets_its_code() {
    let cases: Cases = serde_json::from_str(include_str!("../../token_cases.json")).unwrap();
    let base = &cases.base_context;
    assert_eq!(base.max_token_bytes, Token::MAX_BYTES);

    let mut wrong = Vec::new();
    for case in &cases.cases {
        let (direct, explained) = answers(case, base);
        if !case.expect.contains(&direct) || direct != explained {
            wrong.push(format!(
                "{}: got {direct}, explained as {explained}, expected {:?}",
                case.name, case.expect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.cases.len(), 119);
}

#[test]
fn the_keys_are_those_of_the_seeds() {
    let cases: Cases = serde_json::from_str(include_str!("../../token_cases.json")).unwrap();
    let base = &cases.base_context;

    let (id, bytes) = base.keyset.first_key_value().unwrap();
    let signing = key_of_seed(&cases.signing_seed);
    assert_eq!(&signing.key_id().to_string(), id);
    assert_eq!(signing.to_bytes(), hex32(bytes));

    let root = base.pinned_root.strip_prefix("ed25519:").unwrap();
    assert_eq!(key_of_seed(&cases.root_seed).to_bytes(), hex32(root));
    assert_ne!(key_of_seed(&cases.attacker_seed), signing);
}

fn answers(case: &Case, base: &Context) -> (String, String) {
    let mut keyring = Keyring::new();
    for (id, bytes) in &base.keyset {
        let key = PublicKey::from_bytes(&hex32(bytes)).unwrap();
        assert_eq!(&key.key_id().to_string(), id);
        keyring.trust_signing_key(SigningKey {
            key,
            not_before: None,
            not_after: case.context.key_not_after.map(UnixTime::from_secs),
            products: Vec::new(),
        });
    }
    for id in &case.context.revoked {
        keyring.revoke(id.parse().unwrap());
    }
    let expected = Expected::new(&base.issuer, &base.product).fingerprint(&base.fingerprint);
    let seen = Seen {
        seq: Some(base.highest_seen_seq),
        time: Some(UnixTime::from_secs(base.highest_seen_time)),
        ..Seen::default()
    };
    let now = UnixTime::from_secs(case.context.now.unwrap_or(base.now));

    let direct = Token::parse(&case.token)
        .and_then(|token| keyring.verify(token, &expected, &seen))
        .map_or_else(|error| error.code(), |license| license.standing(now).code());
    let explained = Explanation::of(&case.token, &keyring, &expected, &seen, now);
    assert_eq!(explained.usable, direct.usable(), "{}", case.name);
    (direct.to_string(), explained.code.to_string())
}

fn key_of_seed(hex: &str) -> PublicKey {
    let secret = SecretKey::from_bytes(&hex32(hex));
    PublicKey::from_bytes(&secret.verifying_key().to_bytes()).unwrap()
}

fn hex32(hex: &str) -> [u8; 32] {
    let bytes: Vec<_> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    bytes.try_into().unwrap()
}
