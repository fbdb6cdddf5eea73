//! Where `paidup verify` takes its token from, and what it tells people.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::{Printed, paidup, run};

/// The first case that is plainly valid, and the flags that make it so.
fn valid() -> (String, Vec<String>) {
    let cases: Value = serde_json::from_str(include_str!("../../../sdk/token_cases.json")).unwrap();
    let found = cases["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["expect"] == serde_json::json!(["VALID"]) && it.get("context").is_none());
    let base = &cases["base_context"];
    let text = |name: &str| base[name].as_str().unwrap().to_owned();
    let now = base["now"].to_string();
    let flags = [
        ("--issuer", text("issuer")),
        ("--product", text("product")),
        ("--fingerprint", text("fingerprint")),
        ("--now", now),
        (
            "--key",
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(),
        ),
    ];
    let flags = flags
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value]);
    (
        found.unwrap()["token"].as_str().unwrap().to_owned(),
        flags.collect(),
    )
}

fn verify(token: &str, more: &[&str], input: &[u8]) -> Printed {
    let folder = tempfile::tempdir().unwrap();
    let (good, flags) = valid();
    std::fs::write(folder.path().join("plain"), &good).unwrap();
    std::fs::write(folder.path().join("line"), format!("{good}\n")).unwrap();
    std::fs::write(folder.path().join("two-lines"), format!("{good}\n\n")).unwrap();
    std::fs::write(folder.path().join("not-text"), b"\xff\xfe\x00").unwrap();
    let mut arguments = vec!["verify", token];
    arguments.extend(flags.iter().map(String::as_str));
    arguments.extend(more);
    run(paidup(folder.path(), &arguments), input)
}

#[test]
#[cfg(unix)]
fn a_reader_that_has_gone_is_no_reason_to_complain() {
    let (token, flags) = valid();
    let folder = tempfile::tempdir().unwrap();
    let mut command = paidup(folder.path(), &["verify", "-"]);
    command.args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    input.write_all(token.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn an_argument_a_file_or_standard_input() {
    let (token, _) = valid();
    let line = format!("{token}\n");
    let taken: [(&str, &[u8]); 5] = [
        (&token, b""),
        ("plain", b""),
        ("line", b""),
        ("-", token.as_bytes()),
        ("-", line.as_bytes()),
    ];
    for (given, input) in taken {
        let printed = verify(given, &["--json"], input);
        assert_eq!(printed.json()["code"], "VALID", "{given}");
        assert_eq!(printed.code, Some(0));
    }
}

#[test]
fn what_is_no_token_is_malformed_wherever_it_comes_from() {
    let (token, _) = valid();
    let line = format!("{token}\n");
    let refused: [(&str, &[u8]); 5] = [
        ("two-lines", b""),
        ("not-text", b""),
        ("no-such-file", b""),
        (&line, b""),
        ("-", b""),
    ];
    for (given, input) in refused {
        let printed = verify(given, &["--json"], input);
        assert_eq!(printed.json()["code"], "MALFORMED", "{given}");
        assert_eq!(printed.code, Some(1));
    }
}

#[test]
fn an_endless_input_is_too_large() {
    let printed = verify("-", &["--json"], &vec![b'a'; 1 << 20]);
    assert_eq!(printed.json()["code"], "TOO_LARGE");
    assert_eq!(printed.code, Some(1));
}

#[test]
fn people_read_each_check_and_the_way_out() {
    let (token, _) = valid();
    let good = verify(&token, &[], b"");
    assert_eq!(good.code, Some(0));
    assert!(good.out.contains("VALID: usable."), "{}", good.out);
    let bad = verify(&token, &["--fingerprint", "another-machine"], b"");
    // A flag given twice is a mistake, not a silent choice.
    assert_eq!(bad.code, Some(2));
    let late = verify(&token, &["--seen-time", "99999999999"], b"");
    assert_eq!(late.code, Some(1));
    assert!(late.out.contains("NO"), "{}", late.out);
}

#[test]
fn a_flag_that_cannot_be_read_says_which() {
    for (flag, value) in [
        ("--key", "short"),
        ("--root", "!"),
        ("--revoked", "?"),
        ("--seen-seq", "many"),
        ("--seen-time", "now"),
    ] {
        let printed = verify("x", &[flag, value], b"");
        assert_eq!(printed.code, Some(2), "{flag}");
        assert!(printed.err.contains(flag), "{}", printed.err);
    }
}

#[test]
fn a_key_or_its_name_may_begin_with_a_dash() {
    let folder = tempfile::tempdir().unwrap();
    // A public key of that spelling; its secret is of no interest.
    let key = (0_u8..=255)
        .map(|n| ed25519_dalek::SigningKey::from_bytes(&[n; 32]).verifying_key())
        .map(|it| {
            paidup::PublicKey::from_bytes(&it.to_bytes())
                .unwrap()
                .to_base64url()
        })
        .find(|it| it.starts_with('-'))
        .unwrap();
    for option in ["--key", "--root"] {
        let told = run(
            paidup(folder.path(), &["verify", "a.b.c", option, &key]),
            b"",
        );
        assert_eq!(told.code, Some(1), "{option}: {}", told.err);
    }
    let kid = format!("-{}", "A".repeat(42));
    let told = run(
        paidup(folder.path(), &["verify", "a.b.c", "--revoked", &kid]),
        b"",
    );
    assert_eq!(told.code, Some(1), "{}", told.err);
    assert_eq!(run(paidup(folder.path(), &["migrate"]), b"").code, Some(0));
    let told = run(paidup(folder.path(), &["keys", "revoke", &kid]), b"");
    assert_eq!(told.code, Some(1), "{}", told.err);
    assert!(told.err.contains("root is not at"), "{}", told.err);
}
