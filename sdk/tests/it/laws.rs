//! Laws of the token: what is sealed comes back, what is bent does not, and
//! nothing makes a verifier panic.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use paidup::{
    Algorithm, Claims, Expected, Explanation, Grace, GraceReason, KeyId, PolicyRef, SealError,
    Seen, Status, Token, UnixTime,
};
use proptest::prelude::*;

use crate::fixture::{
    NOW, altered, claims, expected, header, issuer_key, keyring, payload, public, seal, signed,
    verify,
};

const MAX_TIME: i64 = 253_402_300_799;

fn time() -> impl Strategy<Value = UnixTime> {
    (1..=MAX_TIME).prop_map(UnixTime::from_secs)
}

fn text(max: usize) -> impl Strategy<Value = String> {
    "\\PC{1,64}".prop_filter("bounded in bytes", move |it| it.len() <= max)
}

fn code() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9._-]{0,63}"
}

fn sound_claims() -> impl Strategy<Value = Claims> {
    let names = (
        text(512),
        text(128),
        "[A-Za-z0-9_-]{1,64}",
        "[A-Za-z0-9_-]{1,64}",
    );
    let times = (
        1..=MAX_TIME - 400 * 86_400,
        0..=400 * 86_400_i64,
        prop::option::of(0..=1_000_i64),
    );
    let status = prop::sample::select(vec![
        Status::Active,
        Status::Suspended,
        Status::Expired,
        Status::Revoked,
        Status::Banned,
    ]);
    let sets = (
        prop::collection::btree_set(code(), 0..12),
        prop::collection::btree_map(code(), 0..1_u64 << 53, 0..6),
    );
    let grace = prop::option::of((time(), any::<bool>()));
    let optional = (
        prop::option::of(text(256)),
        prop::option::of(time()),
        prop::option::of(time()),
        prop::option::of(time()),
        prop::option::of(text(256)),
        prop::option::of(text(256)),
    );
    (
        names,
        0..1_u64 << 53,
        times,
        status,
        (text(128), text(256)),
        sets,
        grace,
        optional,
        any::<bool>(),
    )
        .prop_map(
            |(names, seq, times, status, policy, sets, grace, optional, test)| {
                let (iss, aud, sub, jti) = names;
                let (iat, lease, early) = times;
                let (entitlements, limits): (BTreeSet<String>, BTreeMap<String, u64>) = sets;
                let (reason, expires_at, renews_at, refresh_after, fingerprint, nonce) = optional;
                let issued_at = UnixTime::from_secs(iat);
                Claims {
                    sub: format!("lic_{sub}"),
                    jti: format!("tok_{jti}"),
                    seq,
                    nbf: early.map(|it| UnixTime::from_secs((iat - it).max(1))),
                    exp: issued_at.plus(lease),
                    status,
                    reason,
                    policy: PolicyRef {
                        id: policy.0,
                        name: policy.1,
                    },
                    entitlements: entitlements.into_iter().collect(),
                    limits,
                    expires_at,
                    renews_at,
                    grace: grace.map(|(ends_at, canceled)| Grace {
                        ends_at,
                        reason: if canceled {
                            GraceReason::Canceled
                        } else {
                            GraceReason::PaymentFailed
                        },
                    }),
                    refresh_after,
                    fingerprint,
                    nonce,
                    test,
                    ..Claims::new(iss, aud, issued_at)
                }
            },
        )
}

#[test]
fn the_text_of_a_token() {
    let token = seal(&claims());
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(
        URL_SAFE_NO_PAD.decode(parts[0]).unwrap(),
        header().as_bytes()
    );
    assert_eq!(
        String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap(),
        concat!(
            r#"{"v":1,"iss":"https://licenses.example.com","aud":"notes","#,
            r#""sub":"lic_01J0000000000000000000000A","jti":"tok_01J0000000000000000000000B","#,
            r#""seq":7,"iat":1795417200,"exp":1796626800,"status":"active","#,
            r#""policy":{"id":"pol_growth","name":"growth_policy"},"#,
            r#""entitlements":["api_access","export"],"limits":{"seats":5},"#,
            r#""fingerprint":"sha256:BC83NqQw5Cr8mdnF9cNG29Sqr4VgrMBgfAKXNEmsWHU"}"#,
        )
    );
}

#[test]
fn the_other_spelling_of_the_algorithm() {
    let key = issuer_key();
    let token = claims()
        .seal(&public(&key).key_id(), Algorithm::Ed25519, |bytes| {
            key.sign(bytes).to_bytes()
        })
        .unwrap();
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    assert!(header.starts_with(br#"{"alg":"Ed25519","#));
    assert_eq!(verify(&token).unwrap().claims(), &claims());
}

#[test]
fn what_a_verifier_would_refuse_is_not_sealed() {
    type Change = fn(&mut Claims);
    let changes: &[(&str, Change)] = &[
        ("iss", |it| it.iss.clear()),
        ("aud", |it| it.aud = "x".repeat(129)),
        ("sub", |it| it.sub = "notes".into()),
        ("jti", |it| it.jti.clear()),
        ("seq", |it| it.seq = 1 << 53),
        ("iat", |it| it.iat = UnixTime::from_secs(0)),
        ("iat", |it| it.exp = it.iat.minus(1)),
        ("exp", |it| it.exp = it.iat.plus(400 * 86_400 + 1)),
        ("nbf", |it| it.nbf = Some(it.exp.plus(1))),
        ("reason", |it| it.reason = Some(String::new())),
        ("policy", |it| it.policy.name.clear()),
        ("entitlements", |it| {
            it.entitlements = vec!["b".into(), "a".into(), "b".into()];
        }),
        ("entitlements", |it| it.entitlements = vec!["PRO".into()]),
        ("entitlements", |it| {
            it.entitlements = (0..257).map(|nth| format!("e{nth}")).collect();
        }),
        ("limits", |it| it.limits = [(String::new(), 1)].into()),
        ("limits", |it| {
            it.limits = [("seats".into(), u64::MAX)].into();
        }),
        ("expiresAt", |it| {
            it.expires_at = Some(UnixTime::from_secs(MAX_TIME + 1));
        }),
        ("renewsAt", |it| {
            it.renews_at = Some(UnixTime::from_secs(i64::MIN));
        }),
        ("graceEndsAt", |it| {
            it.grace = Some(Grace {
                ends_at: UnixTime::default(),
                reason: GraceReason::Canceled,
            });
        }),
        ("refreshAfter", |it| {
            it.refresh_after = Some(UnixTime::from_secs(-1));
        }),
        ("fingerprint", |it| it.fingerprint = Some(String::new())),
        ("nonce", |it| it.nonce = Some("x".repeat(257))),
    ];
    for (claim, change) in changes {
        let mut claims = claims();
        change(&mut claims);
        match claims.seal(&key_id(), Algorithm::EdDsa, |_| {
            panic!("nothing is to be signed")
        }) {
            Err(SealError::Claims(error)) => assert_eq!(error.claim(), *claim, "{error}"),
            other => panic!("{claim}: {other:?}"),
        }
    }
}

#[test]
fn an_issuer_stays_within_twelve_kib() {
    const LIMIT: usize = 12 * 1024;

    let with = |names: usize, nonce: usize| {
        let mut claims = claims();
        let name = |nth| format!("{nth:03}{}", "a".repeat(57));
        claims.entitlements = (0..names).map(name).collect();
        claims.nonce = Some("x".repeat(nonce));
        claims.seal(&key_id(), Algorithm::EdDsa, |bytes| {
            issuer_key().sign(bytes).to_bytes()
        })
    };
    let names = (0..256)
        .rev()
        .find(|names| with(*names, 1).is_ok())
        .unwrap();
    let (mut largest, mut refused) = (String::new(), usize::MAX);
    for nonce in 1..=256 {
        match with(names, nonce) {
            Ok(token) => largest = token,
            Err(SealError::TooLarge { bytes }) => refused = refused.min(bytes),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(
        (LIMIT - 1..=LIMIT).contains(&largest.len()),
        "{}",
        largest.len()
    );
    assert!((LIMIT + 1..=LIMIT + 2).contains(&refused), "{refused}");
    assert!(verify(&largest).is_ok());
}

fn key_id() -> KeyId {
    public(&issuer_key()).key_id()
}

proptest! {
    #[test]
    fn what_is_sealed_comes_back(claims in sound_claims()) {
        let token = seal(&claims);
        let mut app = Expected::new(&claims.iss, &claims.aud).any_machine();
        if claims.test {
            app = app.test_mode();
        }
        let license = keyring().verify(Token::parse(&token).unwrap(), &app, &Seen::default()).unwrap();
        prop_assert_eq!(license.claims(), &claims);
        prop_assert_eq!(seal(license.claims()), token);
    }

    #[test]
    fn the_order_of_members_and_entitlements_means_nothing(seed in any::<u64>()) {
        let token = altered(|it| {
            let members = it.as_object_mut().unwrap();
            let names: Vec<_> = members.keys().cloned().collect();
            let first = usize::try_from(seed % 10).unwrap();
            for name in names.iter().cycle().skip(first).take(names.len()) {
                let value = members.remove(name).unwrap();
                members.insert(name.clone(), value);
            }
            it["entitlements"] = serde_json::json!(["export", "api_access"]);
        });
        let license = verify(&token).unwrap();
        prop_assert_eq!(license.claims(), &claims());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", now in any::<i64>()) {
        let now = UnixTime::from_secs(now);
        let told = Explanation::of(&text, &keyring(), &expected(), &Seen::default(), now);
        prop_assert!(!told.usable);
    }

    #[test]
    fn no_signed_json_makes_it_panic(
        change in ".{0,40}",
        at in 0..400_usize,
        now in any::<i64>(),
        seen in any::<i64>(),
    ) {
        let mut text = serde_json::to_string(&payload(&seal(&claims()))).unwrap();
        if text.is_char_boundary(at) {
            text.insert_str(at.min(text.len()), &change);
        }
        let token = signed(&header(), text.as_bytes());
        if let Ok(license) = verify(&token) {
            let (now, seen) = (UnixTime::from_secs(now), UnixTime::from_secs(seen));
            let _ = (license.standing(now), license.standing_after(now, seen), license.refresh_due(now));
        }
    }

    #[test]
    fn a_bent_token_is_never_usable(bends in prop::collection::vec((any::<prop::sample::Index>(), 1..128_u8), 1..4)) {
        let token = seal(&claims());
        let mut bytes = token.clone().into_bytes();
        for (at, mask) in bends {
            let at = at.index(bytes.len());
            bytes[at] = (bytes[at] ^ mask) & 127;
        }
        let bent = String::from_utf8(bytes).unwrap();
        let told = Explanation::of(&bent, &keyring(), &expected(), &Seen::default(), NOW);
        prop_assert_eq!(told.usable, bent == token);
    }

    #[test]
    fn any_times_have_a_standing(
        claims in sound_claims(),
        now in any::<i64>(),
        seen in any::<i64>(),
    ) {
        let app = Expected::danger_unpinned().any_machine();
        let app = if claims.test { app.test_mode() } else { app };
        let token = seal(&claims);
        let license = keyring().verify(Token::parse(&token).unwrap(), &app, &Seen::default()).unwrap();
        let standing = license.standing_after(UnixTime::from_secs(now), UnixTime::from_secs(seen));
        if standing.usable() {
            prop_assert_eq!(claims.status, Status::Active);
            prop_assert!(now < claims.exp.as_secs());
            prop_assert!(claims.grace.is_none_or(|grace| now < grace.ends_at.as_secs()));
            prop_assert!(claims.expires_at.is_none_or(|end| now < end.as_secs()));
            prop_assert!(i128::from(now) >= i128::from(seen) - 3600);
            prop_assert!(i128::from(claims.iat.as_secs()) <= i128::from(now) + 300);
        }
    }
}
