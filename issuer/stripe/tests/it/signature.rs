//! Which signatures are taken, and which are not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hmac::{Hmac, KeyInit, Mac};
use paidup_stripe::{SignatureError, WebhookSecret, verify_signature};
use proptest::prelude::*;
use sha2::Sha256;

const NOW: i64 = 1_790_000_000;
const BODY: &[u8] = b"{\"id\": \"evt_1\"}";

fn sign(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    mac.finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn verify(header: &str) -> Result<(), SignatureError> {
    let secrets = [
        WebhookSecret::new("whsec_old").unwrap(),
        WebhookSecret::new("whsec_new").unwrap(),
    ];
    verify_signature(BODY, header, &secrets, NOW)
}

#[test]
fn a_signature_under_any_live_secret_is_taken() {
    for secret in ["whsec_old", "whsec_new"] {
        assert_eq!(
            verify(&format!("t={NOW},v1={}", sign(secret, NOW, BODY))),
            Ok(())
        );
    }
    let rolled = sign("whsec_gone", NOW, BODY);
    let ours = sign("whsec_new", NOW, BODY);
    assert_eq!(
        verify(&format!("t={NOW},v1={rolled},v1={ours},v0=abc")),
        Ok(())
    );
    assert_eq!(verify(&format!("t={NOW},v1={ours},v1=not-hex")), Ok(()));
}

#[test]
fn another_secret_body_time_or_scheme_is_refused() {
    let ours = sign("whsec_new", NOW, BODY);
    let other = sign("whsec_other", NOW, BODY);
    let changed = sign("whsec_new", NOW, b"{}");
    for header in [
        format!("t={NOW},v1={other}"),
        format!("t={NOW},v1={changed}"),
        format!("t={},v1={ours}", NOW + 1),
        format!("t={NOW},v0={ours}"),
        format!("t={NOW}"),
    ] {
        assert_eq!(verify(&header), Err(SignatureError::NoMatch), "{header}");
    }
}

#[test]
fn five_minutes_either_way_and_no_more() {
    for (off, expected) in [
        (-300, Ok(())),
        (300, Ok(())),
        (-301, Err(SignatureError::OutOfTolerance(301))),
        (301, Err(SignatureError::OutOfTolerance(-301))),
    ] {
        let time = NOW + off;
        let header = format!("t={time},v1={}", sign("whsec_new", time, BODY));
        assert_eq!(verify(&header), expected);
    }
}

#[test]
fn a_malformed_header_is_told_from_a_forged_one() {
    let ours = sign("whsec_new", NOW, BODY);
    for header in [
        String::new(),
        "v1".to_owned(),
        format!("v1={ours}"),
        format!("t=,v1={ours}"),
        format!("t=soon,v1={ours}"),
        format!("t={NOW},t={NOW},v1={ours}"),
        format!("t=99999999999999999999,v1={ours}"),
        format!("t={NOW},v1={ours},{}", "x".repeat(5000)),
    ] {
        assert_eq!(verify(&header), Err(SignatureError::Malformed), "{header}");
    }
}

#[test]
fn a_secret_that_is_only_white_space_is_none() {
    for text in ["", " ", "\n", "\t \r\n"] {
        assert!(WebhookSecret::new(text).is_err());
    }
    assert_eq!(
        format!("{:?}", WebhookSecret::new("whsec_x").unwrap()),
        "WebhookSecret([elided])"
    );
}

proptest! {
    #[test]
    fn no_header_panics(header in ".{0,200}") {
        prop_assert!(verify(&header).is_err());
    }
}
