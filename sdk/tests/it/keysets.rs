//! Keysets: what a root may say, what a verifier takes over, and what it never does.

use ed25519_dalek::{Signer as _, SigningKey as Secret};
use paidup::{
    Algorithm, Code, Expected, Held, Keyring, Keyset, KeysetError, KeysetKey, Revocation, Role,
    Roots, Seen, Standing, Sunset, Token, UnixTime,
};

use crate::fixture::{
    FINGERPRINT, ISSUED_AT, ISSUER, NOW, PRODUCT, claims, issuer_key, public, seal, signed_by,
};

const DAY: i64 = 86_400;

fn root() -> Secret {
    Secret::from_bytes(&[1; 32])
}

fn roots() -> Roots {
    Roots::new(ISSUER).pin(public(&root()))
}

fn entry(secret: &Secret) -> KeysetKey {
    KeysetKey {
        key: public(secret),
        role: Role::License,
        not_before: ISSUED_AT.minus(DAY),
        not_after: ISSUED_AT.plus(365 * DAY),
        products: Vec::new(),
    }
}

fn keyset() -> Keyset {
    let mut keyset = Keyset::new(ISSUER, 4, ISSUED_AT);
    keyset.keys.push(entry(&issuer_key()));
    keyset
}

fn sealed_by(keyset: &Keyset, root: &Secret) -> String {
    let sign = |bytes: &[u8]| root.sign(bytes).to_bytes();
    keyset
        .seal(&public(root).key_id(), Algorithm::EdDsa, sign)
        .unwrap()
}

fn sealed(keyset: &Keyset) -> String {
    sealed_by(keyset, &root())
}

/// The base keyset with a change made to its JSON, signed by the root as it is.
fn altered(alter: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut payload = crate::fixture::payload(&sealed(&keyset()));
    alter(&mut payload);
    by_root(&serde_json::to_vec(&payload).unwrap())
}

fn by_root(payload: &[u8]) -> String {
    let kid = public(&root()).key_id();
    let header = format!(r#"{{"alg":"EdDSA","typ":"keyset+jwt","kid":"{kid}"}}"#);
    signed_by(&header, payload, |bytes| {
        root().sign(bytes).to_bytes().to_vec()
    })
}

fn code(text: &str) -> Code {
    roots().verify(text).unwrap_err().code()
}

fn adopted(keyset: &Keyset) -> Keyring {
    let mut keyring = Keyring::new();
    keyring.adopt(&roots().verify(&sealed(keyset)).unwrap());
    keyring
}

fn judged(keyring: &Keyring, token: &str) -> Result<Standing, Code> {
    let expected = Expected::new(ISSUER, PRODUCT).fingerprint(FINGERPRINT);
    keyring
        .verify(Token::parse(token).unwrap(), &expected, &Seen::default())
        .map(|license| license.standing(NOW))
        .map_err(|error| error.code())
}

#[test]
fn what_is_sealed_is_read_back() {
    let mut keyset = keyset();
    let narrow = Secret::from_bytes(&[9; 32]);
    keyset.keys.push(KeysetKey {
        role: Role::Other("webhook".into()),
        products: vec!["notes".into(), "other".into()],
        ..entry(&narrow)
    });
    keyset.revoked.push(Revocation {
        kid: public(&Secret::from_bytes(&[3; 32])).key_id(),
        at: ISSUED_AT,
        reason: "compromised".into(),
    });
    keyset.sunset.push(Sunset {
        aud: PRODUCT.into(),
        issued_before: ISSUED_AT,
    });
    assert_eq!(roots().verify(&sealed(&keyset)), Ok(keyset));
}

#[test]
fn a_key_signs_within_its_period_role_and_product() {
    let token = seal(&claims());
    assert_eq!(judged(&adopted(&keyset()), &token), Ok(Standing::Valid));

    let with = |change: fn(&mut KeysetKey)| {
        let mut keyset = keyset();
        keyset.keys.iter_mut().for_each(change);
        judged(&adopted(&keyset), &token)
    };
    assert_eq!(
        with(|it| it.products = vec!["notes".into()]),
        Ok(Standing::Valid)
    );
    assert_eq!(
        with(|it| it.products = vec!["other".into()]),
        Err(Code::UnknownKey)
    );
    assert_eq!(
        with(|it| it.role = Role::Other("webhook".into())),
        Err(Code::UnknownKey)
    );
    assert_eq!(
        with(|it| it.not_after = ISSUED_AT.minus(1)),
        Err(Code::KeyNotValid)
    );
    assert_eq!(
        with(|it| it.not_before = ISSUED_AT.plus(1)),
        Err(Code::KeyNotValid)
    );
    assert_eq!(with(|it| it.not_after = ISSUED_AT), Ok(Standing::Valid));
}

#[test]
fn a_revoked_key_is_dead_even_where_it_is_listed() {
    let mut keyset = keyset();
    keyset.revoked.push(Revocation {
        kid: public(&issuer_key()).key_id(),
        at: ISSUED_AT,
        reason: "compromised".into(),
    });
    let keyring = adopted(&keyset);
    assert!(keyring.revokes(&public(&issuer_key()).key_id()));
    assert_eq!(judged(&keyring, &seal(&claims())), Err(Code::KeyRevoked));
}

#[test]
fn only_a_pinned_root_is_believed() {
    let stranger = Secret::from_bytes(&[2; 32]);
    assert_eq!(code(&sealed_by(&keyset(), &stranger)), Code::UnknownKey);
    // A signing key is no root, not even for its own list.
    let mut without = keyset();
    without.keys.clear();
    assert_eq!(code(&sealed_by(&without, &issuer_key())), Code::UnknownKey);
    // A spare root is as good as the first.
    let spare = Roots::new(ISSUER)
        .pin(public(&stranger))
        .pin(public(&root()));
    assert!(spare.verify(&sealed(&keyset())).is_ok());
    assert_eq!(
        Roots::new("https://elsewhere.example")
            .pin(public(&root()))
            .verify(&sealed(&keyset()))
            .unwrap_err()
            .code(),
        Code::IssuerMismatch
    );
    let text = sealed(&keyset());
    let (head, _) = text.rsplit_once('.').unwrap();
    assert_eq!(
        code(&format!("{head}.{}", "A".repeat(86))),
        Code::SignatureInvalid
    );
}

#[test]
fn a_root_signs_no_license_and_lists_no_root() {
    let mut keyset = keyset();
    keyset.keys.push(entry(&root()));
    let refused = keyset.seal(&public(&root()).key_id(), Algorithm::EdDsa, |_| [0; 64]);
    assert!(matches!(refused, Err(KeysetError::Claims(error)) if error.claim() == "keys"));
    // Signed by the spare, it names the first.
    let spare = Secret::from_bytes(&[2; 32]);
    let both = Roots::new(ISSUER).pin(public(&root())).pin(public(&spare));
    let error = both.verify(&sealed_by(&keyset, &spare)).unwrap_err();
    assert_eq!(error.code(), Code::ClaimsInvalid);
}

#[test]
fn a_token_is_no_keyset_and_a_keyset_is_no_token() {
    assert_eq!(code(&seal(&claims())), Code::WrongType);
    let error = Token::parse(&sealed(&keyset())).unwrap_err();
    assert_eq!(error.code(), Code::WrongType);
}

#[test]
fn what_breaks_a_rule_is_refused_by_name() {
    type Alter = fn(&mut serde_json::Value);
    let cases: &[(Alter, Code)] = &[
        (|it| it["v"] = 2.into(), Code::UnsupportedVersion),
        (|it| it["v"] = "1".into(), Code::ClaimsInvalid),
        (|it| it["version"] = (-1).into(), Code::ClaimsInvalid),
        (
            |it| it["version"] = (1_u64 << 53).into(),
            Code::ClaimsInvalid,
        ),
        (|it| it["exp"] = 0.into(), Code::ClaimsInvalid),
        (|it| it["iss"] = "".into(), Code::ClaimsInvalid),
        (|it| it["keys"] = "none".into(), Code::ClaimsInvalid),
        (|it| it["keys"][0] = 1.into(), Code::ClaimsInvalid),
        (
            |it| it["keys"][0]["kid"] = "A".repeat(43).into(),
            Code::ClaimsInvalid,
        ),
        (
            |it| it["keys"][0]["x"] = "A".repeat(43).into(),
            Code::ClaimsInvalid,
        ),
        (
            |it| it["keys"][0]["aud"] = serde_json::json!([]),
            Code::ClaimsInvalid,
        ),
        (
            |it| it["keys"][0]["aud"] = "notes".into(),
            Code::ClaimsInvalid,
        ),
        (
            |it| it["keys"][0]["nbf"] = 253_402_300_799_i64.into(),
            Code::ClaimsInvalid,
        ),
        (
            |it| {
                let twin = it["keys"][0].clone();
                it["keys"].as_array_mut().unwrap().push(twin);
            },
            Code::ClaimsInvalid,
        ),
        (
            |it| {
                let kid = it["keys"][0]["kid"].clone();
                it["revoked"] = serde_json::json!([{ "kid": kid, "at": 1, "reason": "" }]);
            },
            Code::ClaimsInvalid,
        ),
        (
            |it| it["sunset"] = serde_json::json!([{ "aud": "notes" }]),
            Code::ClaimsInvalid,
        ),
        (
            |it| it["more"] = "is ignored".repeat(900).into(),
            Code::TooLarge,
        ),
    ];
    for (n, (alter, expected)) in cases.iter().enumerate() {
        assert_eq!(code(&altered(*alter)), *expected, "case {n}");
    }
    assert_eq!(code(&by_root(b"[]")), Code::Malformed);
    assert!(roots().verify(&altered(|it| it["more"] = 1.into())).is_ok());
    for name in ["iss", "version", "iat", "exp"] {
        let text = altered(|it| drop(it.as_object_mut().unwrap().remove(name)));
        assert_eq!(code(&text), Code::ClaimsInvalid, "{name}");
    }
}

#[test]
fn the_largest_keyset_that_is_written_is_read() {
    let mut keyset = keyset();
    keyset.revoked = (0..64_u8)
        .map(|n| Revocation {
            kid: public(&Secret::from_bytes(&[n; 32])).key_id(),
            at: ISSUED_AT,
            reason: "compromised".into(),
        })
        .collect();
    while let Ok(text) = keyset.seal(&public(&root()).key_id(), Algorithm::EdDsa, |it| {
        root().sign(it).to_bytes()
    }) {
        assert!(roots().verify(&text).is_ok());
        keyset.revoked.iter_mut().for_each(|it| it.reason.push('!'));
    }
    assert!(matches!(
        keyset.seal(&public(&root()).key_id(), Algorithm::EdDsa, |_| [0; 64]),
        Err(KeysetError::TooLarge { bytes }) if bytes > 8192
    ));
}

#[test]
fn an_older_keyset_never_takes_the_place_of_a_newer_one() {
    let text = sealed(&keyset());
    let take = |held: Held<'_>, now: UnixTime| {
        roots()
            .take_over(&text, &held, now)
            .map(|it| it.version)
            .map_err(|it| it.code())
    };
    let held = |version, text| Held { version, text };
    assert_eq!(take(Held::default(), NOW), Ok(4));
    assert_eq!(take(held(3, Some("older")), NOW), Ok(4));
    // The app was built with this version, and has no text of it.
    assert_eq!(take(held(4, None), NOW), Ok(4));
    assert_eq!(take(held(4, Some(&text)), NOW), Ok(4));
    assert_eq!(
        take(held(4, Some("another")), NOW),
        Err(Code::KeysetRollback)
    );
    assert_eq!(take(held(5, None), NOW), Err(Code::KeysetRollback));
    // Its end gates what is new, and nothing else.
    let late = ISSUED_AT.plus(Keyset::LIFE);
    assert_eq!(take(held(3, None), late.minus(1)), Ok(4));
    assert_eq!(take(held(3, None), late), Err(Code::KeyNotValid));
    assert_eq!(take(held(4, Some(&text)), late), Ok(4));
}

#[test]
fn a_sunset_lets_a_perpetual_license_outlive_its_issuer() {
    let mut keyset = keyset();
    keyset.sunset.push(Sunset {
        aud: PRODUCT.into(),
        issued_before: ISSUED_AT.plus(1),
    });
    let keyring = adopted(&keyset);
    let ages = UnixTime::from_secs(4_000_000_000);
    let at_that_time = |claims: &paidup::Claims| {
        let expected = Expected::new(ISSUER, PRODUCT).fingerprint(FINGERPRINT);
        let token = seal(claims);
        keyring
            .verify(Token::parse(&token).unwrap(), &expected, &Seen::default())
            .unwrap()
            .standing(ages)
    };
    assert_eq!(at_that_time(&claims()), Standing::Valid);

    let mut ends = claims();
    ends.expires_at = Some(ends.exp);
    assert_eq!(at_that_time(&ends), Standing::Expired);
    let mut grace = claims();
    grace.grace = Some(paidup::Grace {
        ends_at: grace.exp,
        reason: paidup::GraceReason::Canceled,
    });
    assert_eq!(at_that_time(&grace), Standing::Revoked);
    let mut refused = claims();
    refused.status = paidup::Status::Suspended;
    assert_eq!(at_that_time(&refused), Standing::Suspended);
    let mut later = claims();
    later.iat = ISSUED_AT.plus(1);
    assert_eq!(at_that_time(&later), Standing::RefreshRequired);
}
