//! Tokens too many or too large to keep in a file, and tokens whose header and
//! payload were signed by no sane issuer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _};
use paidup::{Check, Code, Token};
use sha2::{Digest as _, Sha512};

use crate::fixture::{
    altered, claims, code, header, issuer_key, payload, seal, signed, signed_by, verify,
};

fn refusal(token: &str) -> (Code, Check) {
    let error = verify(token).unwrap_err();
    (error.code(), error.check())
}

#[test]
fn every_bit_of_the_signature_counts() {
    let token = seal(&claims());
    let (text, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for bit in 0..512 {
        let mut bent = signature.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        let bent = format!("{text}.{}", URL_SAFE_NO_PAD.encode(bent));
        assert_eq!(code(&bent), Code::SignatureInvalid, "bit {bit}");
    }
}

#[test]
fn every_bit_of_header_and_payload_counts() {
    let token = seal(&claims());
    let signed_chars = token.rfind('.').unwrap();
    for at in 0..signed_chars {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let bent = String::from_utf8(bytes).unwrap();
            let code = code(&bent);
            assert!(!code.usable(), "character {at}, bit {bit}: {code}");
        }
    }
}

#[test]
fn no_shortened_or_lengthened_token_is_taken() {
    let token = seal(&claims());
    for end in 0..token.len() {
        assert!(verify(&token[..end]).is_err(), "cut at {end}");
    }
    for extra in ["A", "=", "==", ".", "\n", " ", "\0", "é"] {
        assert!(verify(&format!("{token}{extra}")).is_err());
        assert!(verify(&format!("{extra}{token}")).is_err());
    }
}

#[test]
fn foreign_characters_and_dots_are_told_from_cut_off_parts() {
    for text in [
        "",
        "YQ",
        "YQ.YQ",
        "YQ.YQ.YQ.YQ",
        "Y=.YQ.YQ",
        "YQ.Y+.YQ",
        "YQ.YQ.Y/",
        "YQ.YQ.é",
    ] {
        assert_eq!(refusal(text), (Code::Malformed, Check::Structure), "{text}");
    }
    for text in ["Y.YQ.YQ", "YQ.YQYQY.YQ", "YQ.YQ.YR"] {
        assert_eq!(refusal(text), (Code::Malformed, Check::Encoding), "{text}");
    }
}

#[test]
fn unused_bits_are_zero() {
    let token = seal(&claims());
    let last = token.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    assert_eq!(
        at % 16,
        0,
        "the last character of 64 bytes carries two bits"
    );
    for unused in 1..16 {
        let other = &alphabet[at + unused..=at + unused];
        let second_text = format!("{}{other}", &token[..token.len() - 1]);
        assert_eq!(refusal(&second_text), (Code::Malformed, Check::Encoding));
    }
}

#[test]
fn size_is_looked_at_first() {
    let mut huge = payload(&seal(&claims()));
    huge["padding"] = "x".repeat(10 << 20).into();
    let huge = signed(&header(), &serde_json::to_vec(&huge).unwrap());
    for token in [
        huge,
        ".".repeat(1_000_000),
        "é".repeat(100_000),
        "A".repeat(16_385),
    ] {
        assert_eq!(refusal(&token), (Code::TooLarge, Check::Size));
    }
    assert_eq!(
        refusal(&"A".repeat(Token::MAX_BYTES)),
        (Code::Malformed, Check::Structure)
    );
}

#[test]
fn a_token_of_the_largest_size_is_taken() {
    let padded = |bytes| altered(|it| it["padding"] = "x".repeat(bytes).into());
    let room = (Token::MAX_BYTES - padded(0).len()) / 4 * 3;
    let largest = padded(room);
    assert!(largest.len() > Token::MAX_BYTES - 4, "{}", largest.len());
    assert_eq!(code(&largest), Code::Valid);
    assert_eq!(code(&padded(room + 4)), Code::TooLarge);
}

#[test]
fn a_header_is_small() {
    let header_of = |bytes: usize| {
        let bare = header();
        format!("{}{bare}", " ".repeat(bytes - bare.len()))
    };
    let token = |header: &str| {
        signed(
            header,
            &serde_json::to_vec(&payload(&seal(&claims()))).unwrap(),
        )
    };
    assert_eq!(code(&token(&header_of(512))), Code::Valid);
    assert_eq!(
        refusal(&token(&header_of(513))),
        (Code::Malformed, Check::Header)
    );
    assert_eq!(code(&token(&header_of(65_536))), Code::TooLarge);
}

#[test]
fn deep_json_is_refused_without_a_stack() {
    let nested = |levels| {
        let text = serde_json::to_string(&payload(&seal(&claims()))).unwrap();
        let deep = format!(r#"{{"x":{}{},"#, "[".repeat(levels), "]".repeat(levels));
        signed(&header(), text.replacen('{', &deep, 1).as_bytes())
    };
    assert_eq!(code(&nested(7)), Code::Valid);
    assert_eq!(refusal(&nested(8)), (Code::Malformed, Check::Payload));
    assert_eq!(code(&nested(5_000)), Code::Malformed);
    assert_eq!(code(&nested(100_000)), Code::TooLarge);

    let deep_header = format!(r#"{{"x":{}"#, "[".repeat(400));
    assert_eq!(
        refusal(&signed(&deep_header, b"{}")),
        (Code::Malformed, Check::Header)
    );
}

#[test]
fn names_are_few() {
    let with = |count: usize| {
        altered(|it| it["entitlements"] = (0..count).map(|nth| format!("e{nth}")).collect())
    };
    assert_eq!(code(&with(256)), Code::Valid);
    assert_eq!(code(&with(257)), Code::ClaimsInvalid);
    assert_eq!(code(&with(10_001)), Code::TooLarge);
}

#[test]
fn other_uses_of_the_key_are_no_licenses() {
    let key = issuer_key();
    let payload = serde_json::to_vec(&payload(&seal(&claims()))).unwrap();

    let prehashed = signed_by(&header(), &payload, |text| {
        let mut hash = Sha512::new();
        hash.update(text);
        prefixed_signature(&key, 1, b"", &hash.finalize()).to_vec()
    });
    assert_eq!(
        refusal(&prehashed),
        (Code::SignatureInvalid, Check::Signature)
    );
    for context in [&b""[..], b"license"] {
        let with_context = signed_by(&header(), &payload, |text| {
            prefixed_signature(&key, 0, context, text).to_vec()
        });
        assert_eq!(
            refusal(&with_context),
            (Code::SignatureInvalid, Check::Signature)
        );
    }

    let length = |bytes: usize| {
        signed_by(&header(), &payload, |text| {
            let mut signature = key.sign(text).to_bytes().to_vec();
            signature.resize(bytes, 0);
            signature
        })
    };
    assert_eq!(code(&length(64)), Code::Valid);
    for bytes in [0, 1, 32, 63, 65, 66, 96, 128] {
        assert_eq!(
            refusal(&length(bytes)),
            (Code::SignatureInvalid, Check::Signature)
        );
    }
}

/// Ed25519ctx (`flag` 0) and Ed25519ph (1), RFC 8032 §5.1.6: the two differ from
/// Ed25519 by what is hashed before the message.
fn prefixed_signature(
    key: &ed25519_dalek::SigningKey,
    flag: u8,
    context: &[u8],
    message: &[u8],
) -> [u8; 64] {
    use curve25519_dalek::{EdwardsPoint, Scalar};

    let mut domain = b"SigEd25519 no Ed25519 collisions".to_vec();
    domain.extend([flag, u8::try_from(context.len()).unwrap()]);
    domain.extend(context);
    let hashed = |parts: [&[u8]; 3]| {
        let hash = parts
            .iter()
            .fold(Sha512::new().chain_update(&domain), Sha512::chain_update);
        Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
    };
    let expanded: [u8; 64] = Sha512::digest(key.to_bytes()).into();
    let secret = Scalar::from_bytes_mod_order(clamped(&expanded));
    let nonce = hashed([&expanded[32..], message, b""]);
    let r = EdwardsPoint::mul_base(&nonce).compress();
    let challenge = hashed([r.as_bytes(), key.verifying_key().as_bytes(), message]);
    let s = nonce + challenge * secret;
    Signature::from_components(r.to_bytes(), s.to_bytes()).to_bytes()
}

fn clamped(expanded: &[u8; 64]) -> [u8; 32] {
    let mut secret: [u8; 32] = expanded[..32].try_into().unwrap();
    secret[0] &= 248;
    secret[31] = secret[31] & 127 | 64;
    secret
}

#[test]
fn the_header_is_judged_in_its_order() {
    let key_id = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let unused_bits = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l";
    let cases: [(String, _); 11] = [
        (
            r#"{"typ":1,"x":1}"#.into(),
            (Code::Malformed, Check::Algorithm),
        ),
        (
            r#"{"alg":["EdDSA"]}"#.into(),
            (Code::Malformed, Check::Algorithm),
        ),
        (
            r#"{"alg":"eddsa","x":1}"#.into(),
            (Code::UnsupportedAlgorithm, Check::Algorithm),
        ),
        (
            r#"{"alg":"EdDSA","x":1}"#.into(),
            (Code::UnsupportedHeader, Check::HeaderMembers),
        ),
        (
            r#"{"alg":"EdDSA","kid":1}"#.into(),
            (Code::Malformed, Check::Type),
        ),
        (
            r#"{"alg":"EdDSA","typ":"JWT"}"#.into(),
            (Code::WrongType, Check::Type),
        ),
        (
            r#"{"alg":"EdDSA","typ":"license+jwt"}"#.into(),
            (Code::Malformed, Check::KeyId),
        ),
        (
            format!(r#"{{"alg":"EdDSA","typ":"license+jwt","kid":"{unused_bits}"}}"#),
            (Code::Malformed, Check::KeyId),
        ),
        (
            format!(r#"{{"alg":"EdDSA","typ":"license+jwt","kid":"{key_id}"}}"#),
            (Code::UnknownKey, Check::Key),
        ),
        ("[]".into(), (Code::Malformed, Check::Header)),
        (String::new(), (Code::Malformed, Check::Header)),
    ];
    for (header, answer) in cases {
        assert_eq!(refusal(&signed(&header, b"{}")), answer, "{header}");
    }
}

#[test]
fn the_payload_is_read_only_after_the_signature() {
    for payload in [&b""[..], b"[", b"{}", b"{\"v\":9}"] {
        let forged = signed_by(&header(), payload, |_| vec![0; 64]);
        assert_eq!(refusal(&forged), (Code::SignatureInvalid, Check::Signature));
    }
    assert_eq!(
        refusal(&signed(&header(), b"[")),
        (Code::Malformed, Check::Payload)
    );
    assert_eq!(
        refusal(&signed(&header(), b"{}")),
        (Code::ClaimsInvalid, Check::Version)
    );
}

#[test]
fn claims_keep_their_rules() {
    type Change = fn(&mut serde_json::Value);
    let changes: &[(&str, Change)] = &[
        ("v as text", |it| it["v"] = "1".into()),
        ("v with a fraction", |it| it["v"] = 1.5.into()),
        ("iss empty", |it| it["iss"] = "".into()),
        ("iss with a control character", |it| {
            it["iss"] = "a\u{0}".into();
        }),
        ("iss endless", |it| it["iss"] = "x".repeat(513).into()),
        ("aud empty", |it| it["aud"] = "".into()),
        ("sub of another kind", |it| it["sub"] = "tok_1".into()),
        ("sub without a rest", |it| it["sub"] = "lic_".into()),
        ("sub endless", |it| {
            it["sub"] = format!("lic_{}", "a".repeat(65)).into();
        }),
        ("sub with a space", |it| it["sub"] = "lic_a b".into()),
        ("sub that is an e-mail", |it| {
            it["sub"] = "lic_a@example.com".into();
        }),
        ("jti of another kind", |it| it["jti"] = "lic_1".into()),
        ("seq negative", |it| it["seq"] = (-1).into()),
        ("seq beyond 2^53 - 1", |it| it["seq"] = (1_u64 << 53).into()),
        ("seq beyond 2^63", |it| it["seq"] = u64::MAX.into()),
        ("seq with a fraction", |it| it["seq"] = 7.0.into()),
        ("iat zero", |it| it["iat"] = 0.into()),
        ("iat after exp", |it| {
            it["exp"] = (it["iat"].as_i64().unwrap() - 1).into();
        }),
        ("nbf after exp", |it| {
            it["nbf"] = (it["exp"].as_i64().unwrap() + 1).into();
        }),
        ("nbf null", |it| it["nbf"] = serde_json::Value::Null),
        ("a lease of 400 days and a second", |it| {
            it["exp"] = (it["iat"].as_i64().unwrap() + 400 * 86_400 + 1).into();
        }),
        ("status null", |it| it["status"] = serde_json::Value::Null),
        ("status in another case", |it| {
            it["status"] = "Active".into();
        }),
        ("reason empty", |it| it["reason"] = "".into()),
        ("reason a number", |it| it["reason"] = 1.into()),
        ("policy a string", |it| it["policy"] = "pol".into()),
        ("policy without a name", |it| {
            it["policy"] = serde_json::json!({"id": "a"});
        }),
        ("policy without an id", |it| {
            it["policy"] = serde_json::json!({"name": "a"});
        }),
        ("policy with an empty id", |it| {
            it["policy"]["id"] = "".into();
        }),
        ("entitlements missing", |it| {
            drop(it.as_object_mut().unwrap().remove("entitlements"));
        }),
        ("entitlements twice", |it| {
            it["entitlements"] = serde_json::json!(["a", "b", "a"]);
        }),
        ("entitlements of numbers", |it| {
            it["entitlements"] = serde_json::json!([1]);
        }),
        ("an entitlement empty", |it| {
            it["entitlements"] = serde_json::json!([""]);
        }),
        ("an entitlement in upper case", |it| {
            it["entitlements"] = serde_json::json!(["Pro"]);
        }),
        ("an entitlement with a dot first", |it| {
            it["entitlements"] = serde_json::json!([".a"]);
        }),
        ("limits an array", |it| it["limits"] = serde_json::json!([])),
        ("a limit negative", |it| {
            it["limits"] = serde_json::json!({"seats": -1});
        }),
        ("a limit with a fraction", |it| {
            it["limits"] = serde_json::json!({"seats": 1.5});
        }),
        ("a limit beyond 2^53 - 1", |it| {
            it["limits"] = serde_json::json!({"seats": 1_u64 << 53});
        }),
        ("a limit in upper case", |it| {
            it["limits"] = serde_json::json!({"Seats": 1});
        }),
        ("expiresAt null", |it| {
            it["expiresAt"] = serde_json::Value::Null;
        }),
        ("expiresAt after the year 9999", |it| {
            it["expiresAt"] = 253_402_300_800_i64.into();
        }),
        ("renewsAt a string", |it| it["renewsAt"] = "soon".into()),
        ("graceEndsAt alone", |it| {
            it["graceEndsAt"] = 1_795_417_300.into();
        }),
        ("graceReason alone", |it| {
            it["graceReason"] = "canceled".into();
        }),
        ("graceReason unknown", |it| {
            it["graceEndsAt"] = 1_795_417_300.into();
            it["graceReason"] = "mercy".into();
        }),
        ("refreshAfter zero", |it| it["refreshAfter"] = 0.into()),
        ("fingerprint endless", |it| {
            it["fingerprint"] = "x".repeat(257).into();
        }),
        ("nonce empty", |it| it["nonce"] = "".into()),
        ("test a number", |it| it["test"] = 0.into()),
    ];
    for (name, change) in changes {
        assert_eq!(code(&altered(change)), Code::ClaimsInvalid, "{name}");
    }

    let sound: &[(&str, Change)] = &[
        ("a lease of 400 days", |it| {
            it["exp"] = (it["iat"].as_i64().unwrap() + 400 * 86_400).into();
        }),
        ("no entitlements", |it| {
            it["entitlements"] = serde_json::json!([]);
        }),
        ("an entitlement of 64 characters", |it| {
            it["entitlements"] = serde_json::json!(["a".repeat(64)]);
        }),
        ("no limits", |it| it["limits"] = serde_json::json!({})),
        ("the largest seq", |it| {
            it["seq"] = ((1_u64 << 53) - 1).into();
        }),
        ("the latest time", |it| {
            it["expiresAt"] = 253_402_300_799_i64.into();
        }),
        ("an unknown claim", |it| {
            it["x"] = serde_json::json!({"y": [1.5, null]});
        }),
        ("more about the policy", |it| {
            it["policy"]["since"] = 2026.into();
        }),
    ];
    for (name, change) in sound {
        assert_eq!(code(&altered(change)), Code::Valid, "{name}");
    }

    for version in [0, 2, -1, i64::MAX] {
        assert_eq!(
            code(&altered(|it| it["v"] = version.into())),
            Code::UnsupportedVersion
        );
    }
}
