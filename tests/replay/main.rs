//! Replays Stripe's own material, which is not part of this repository, through
//! the running server: real bodies and signature cases. `tests/run` asks for this
//! suite by name where the material is at hand, and hands over its folder in
//! `PAIDUP_TEST_MATERIAL`.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use paidup_issuer::store::events::EventState;
use paidup_tests::{Database, Failure, Outcome, Setting, Stage, on_both_databases};
use serde_json::Value;

fn material(name: &str) -> Result<PathBuf, Failure> {
    #[expect(clippy::disallowed_methods, reason = "this is where tests find it")]
    let folder = std::env::var("PAIDUP_TEST_MATERIAL")?;
    Ok(PathBuf::from(folder).join(name))
}

/// Each issuer serves one mode; the bodies come from both.
async fn stage_of(database: Database, mode: &str) -> Result<Stage, Failure> {
    let mut setting = Setting::default();
    setting.environment = vec![
        ("PAIDUP_MODE", mode.to_owned()),
        // The fake Stripe has test keys alone.
        ("STRIPE_API_KEY", String::new()),
        (
            "PAIDUP_PUBLIC_URL",
            "https://licenses.example.com".to_owned(),
        ),
    ];
    Stage::with(database, setting).await
}

on_both_databases! {
    async fn no_captured_body_is_refused_or_quarantined(database: Database) -> Outcome {
        let test = stage_of(database, "test").await?;
        let live = stage_of(database, "live").await?;
        let mut posted = 0;
        for entry in std::fs::read_dir(material("captured")?)? {
            let path = entry?.path();
            let body = std::fs::read(&path)?;
            let event: Value = serde_json::from_slice(&body)?;
            let id = event["id"].as_str().unwrap_or_default().to_owned();
            for (stage, live) in [(&test, false), (&live, true)] {
                let hook = stage.hook()?;
                let signature = hook.header(stage.now(), &body);
                let reply = hook.post(body.clone(), Some(&signature)).await?;
                assert_eq!(reply.status, 200, "{} {}", path.display(), reply.body);
                let settled = stage
                    .any_event(|it| it.arrival.id == id && it.state != EventState::Pending)
                    .await?;
                let state = settled.state;
                let aside = state == EventState::SetAside;
                assert_eq!(aside, event["livemode"] != live, "{id}: {state}");
                let poison = state == EventState::Quarantined;
                assert!(!poison, "{id}: {:?}", settled.reason);
            }
            posted += 1;
        }
        assert!(posted >= 19, "{posted} bodies");
        Ok(())
    }
}

#[tokio::test]
async fn every_signature_case_is_decided_as_it_should_be() -> Outcome {
    let cases = std::fs::read_to_string(material("signature_cases.json")?)?;
    let cases: Value = serde_json::from_str(&cases)?;
    let mut decided = 0;
    for case in cases["tests"].as_array().unwrap() {
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        let (name, secret, expect) = (text("name"), text("secret"), text("expect"));
        // Refused when the issuer starts; the command's own tests see to that.
        if secret.is_empty() {
            continue;
        }
        let mut setting = Setting::default();
        setting.start = case["now"].as_i64().unwrap();
        setting
            .environment
            .push(("STRIPE_WEBHOOK_SECRET", secret.to_owned()));
        let stage = Stage::with(Database::Sqlite, setting).await?;
        let mut header = text("header").to_owned();
        if let Some((pattern, times)) = header.split_once(" ... x") {
            let (t, v1) = pattern.split_once(',').unwrap();
            let v1 = v1.split(',').next().unwrap();
            header = format!("{t}{}", format!(",{v1}").repeat(times.parse()?));
        }
        let reply = stage
            .hook()?
            .post(STANDARD.decode(text("payload_b64"))?, Some(&header))
            .await;
        let answer = match reply {
            // The bodies are no events, so that a good signature gets as far as that.
            Ok(reply) if reply.text("/code") == "MALFORMED" => "signed",
            Ok(reply) if (400..500).contains(&reply.status) => "refused",
            Ok(reply) => return Err(format!("{name}: {}", reply.body).into()),
            Err(_) => "refused",
        };
        let expected = match expect {
            _ if expect.starts_with("ok_or_reject") => answer,
            _ if expect.starts_with("ok") || expect.starts_with("signature ok") => "signed",
            _ => "refused",
        };
        assert_eq!(answer, expected, "{name}: {expect}");
        decided += 1;
    }
    assert!(decided >= 20, "{decided} cases");
    Ok(())
}
