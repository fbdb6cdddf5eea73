//! Every case of the token format that fits an argument, through `paidup verify`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{paidup, run};

#[derive(Deserialize)]
struct Cases {
    base_context: Context,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Context {
    now: i64,
    pinned_root: String,
    keyset: BTreeMap<String, String>,
    issuer: String,
    product: String,
    fingerprint: String,
    highest_seen_seq: u64,
    highest_seen_time: i64,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    expect: Vec<String>,
    token: String,
    #[serde(default)]
    context: Changes,
}

/// What a case has otherwise.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Changes {
    now: Option<i64>,
    #[serde(default)]
    revoked: Vec<String>,
    key_not_after: Option<i64>,
}

/// A key in hexadecimal, as the command line takes it.
fn key(hex: &str) -> String {
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn every_case_that_fits_an_argument_gives_its_code() {
    let text = include_str!("../../../sdk/token_cases.json");
    let Cases {
        base_context: base,
        cases,
    } = serde_json::from_str(text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = key(base.pinned_root.strip_prefix("ed25519:").unwrap());
    let keys: Vec<String> = base.keyset.values().map(|hex| key(hex)).collect();
    let (seq, time) = (
        base.highest_seen_seq.to_string(),
        base.highest_seen_time.to_string(),
    );
    let mut ran = 0;
    for case in &cases {
        // A NUL fits no argument, and no flag limits a key in time.
        if case.token.contains('\0') || case.context.key_not_after.is_some() {
            continue;
        }
        let now = case.context.now.unwrap_or(base.now).to_string();
        let mut arguments = vec!["verify", &case.token, "--json", "--now", &now];
        arguments.extend([
            "--issuer",
            &base.issuer,
            "--product",
            &base.product,
            "--root",
            &root,
        ]);
        arguments.extend(["--fingerprint", &base.fingerprint]);
        arguments.extend(["--seen-seq", &seq, "--seen-time", &time]);
        for key in &keys {
            arguments.extend(["--key", key]);
        }
        for revoked in &case.context.revoked {
            arguments.extend(["--revoked", revoked]);
        }
        let printed = run(paidup(folder.path(), &arguments), b"");
        let explained = printed.json();
        let code = explained["code"].as_str().unwrap_or_default();
        assert!(
            case.expect.iter().any(|it| it == code),
            "{}: {code}",
            case.name
        );
        let usable = matches!(code, "VALID" | "GRACE");
        assert_eq!(printed.code, Some(i32::from(!usable)), "{}", case.name);
        assert_eq!(explained["usable"], usable, "{}", case.name);
        ran += 1;
    }
    assert_eq!((ran, cases.len()), (117, 119));
}
