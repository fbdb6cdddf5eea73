//! The token cases, and what a program must not do, through C: the same codes as
//! natively, with nothing for the sanitizers to find.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use paidup::PublicKey;
use paidup_tests::{Failure, Outcome};
use serde_json::Value;

use crate::program::{EACH_WAY, Library, Program, Way, run, source};

struct Cases {
    all: Value,
    key: PublicKey,
}

impl Cases {
    fn load() -> Result<Self, Failure> {
        let all: Value = serde_json::from_str(include_str!("../../sdk/token_cases.json"))?;
        let keys = all.pointer("/base_context/keyset").ok_or("no keys")?;
        let keys: BTreeMap<String, String> = serde_json::from_value(keys.clone())?;
        let hex = keys.values().next().ok_or("no key")?;
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16))
            .collect::<Result<_, _>>()?;
        let key = PublicKey::from_bytes(bytes.as_slice().try_into()?)?;
        Ok(Self { all, key })
    }

    fn base(&self, member: &str) -> String {
        match self.all.pointer(&format!("/base_context/{member}")) {
            Some(Value::String(text)) => text.clone(),
            other => other.map(Value::to_string).unwrap_or_default(),
        }
    }

    /// issuer, product, fingerprint, key.
    fn arguments(&self) -> Vec<String> {
        let key = self.key.to_base64url();
        let base = ["issuer", "product", "fingerprint"].map(|it| self.base(it));
        base.into_iter().chain([key]).collect()
    }

    fn each(&self) -> &[Value] {
        let cases = self.all.pointer("/cases").and_then(Value::as_array);
        cases.map_or(&[], Vec::as_slice)
    }

    fn valid_token(&self) -> Result<&str, Failure> {
        let valid = |it: &&Value| it["expect"] == serde_json::json!(["VALID"]);
        let valid = self.each().iter().find(valid).ok_or("none is valid")?;
        Ok(valid["token"].as_str().ok_or("no token")?)
    }
}

#[test]
fn every_token_case_gets_its_code_in_c() -> Outcome {
    let cases = Cases::load()?;
    let mut input = String::new();
    for case in cases.each() {
        let context = &case["context"];
        let or = |value: &Value, other: &str| match value {
            Value::Null => other.to_owned(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let now = or(&context["now"], &cases.base("now"));
        let until = or(&context["key_not_after"], "-");
        let revoked = or(&context["revoked"][0], "-");
        let token = case["token"].as_str().ok_or("no token")?;
        write!(input, "{now}\t{until}\t{revoked}\t")?;
        for byte in token.bytes() {
            write!(input, "{byte:02x}")?;
        }
        input.push('\n');
    }
    let mut arguments = cases.arguments();
    arguments.push(cases.base("highest_seen_seq"));
    arguments.push(cases.base("highest_seen_time"));

    for way in EACH_WAY {
        let program = Program::compile(&[source("c/cases.c")], "c99", Library::Verify, way, &[])?;
        let told = run(&mut program.command(Path::new("."), &arguments), &input)?;
        let mut lines = told.lines();
        for case in cases.each() {
            let line = lines.next().unwrap_or_default();
            let (direct, explained) = line.split_once(' ').unwrap_or_default();
            let expected = case["expect"].as_array().ok_or("no codes")?;
            assert!(
                expected.iter().any(|it| it == direct),
                "{way:?} {}: {line}",
                case["name"]
            );
            assert_eq!(direct, explained, "{way:?} {}", case["name"]);
        }
        assert_eq!((cases.each().len(), lines.next()), (119, None));
    }
    Ok(())
}

/// Runs a program that checks for itself, with a valid token.
fn checks(name: &str, at_least: u32, ways: &[Way]) -> Outcome {
    let cases = Cases::load()?;
    let mut arguments = cases.arguments();
    arguments.push(cases.base("now"));
    for way in ways {
        let sources = [source(name)];
        let program = Program::compile(&sources, "c99", Library::Verify, *way, &[])?;
        let mut command = program.command(Path::new("."), &arguments);
        let told = run(&mut command, cases.valid_token()?)?;
        let made = told.split_whitespace().next().unwrap_or_default();
        assert!(made.parse::<u32>()? >= at_least, "{told}");
    }
    Ok(())
}

#[test]
fn what_a_program_must_not_do_is_refused() -> Outcome {
    checks("c/misuse.c", 100, &EACH_WAY)
}

#[test]
fn two_threads_verify_at_once() -> Outcome {
    checks("c/threads.c", 6, &EACH_WAY)
}
