//! The official libraries of Stripe, and those that vendors verify tokens and
//! webhooks with, against the running issuer.

use std::path::{Path, PathBuf};

use paidup::Code;
use paidup_issuer::Clock;
use paidup_issuer::app::Scope;
use paidup_issuer::store::events::{EventRow, EventState};
use paidup_tests::{Catalog, Database, Failure, Outcome, Received, Setting, Stage, tell};
use serde_json::{Value, json};
use tokio::process::Command;

/// A stage by the real time: the libraries have no other clock.
async fn stage() -> Result<Stage, Failure> {
    let mut setting = Setting::default();
    setting.start = Clock::system().now().0;
    Stage::with(Database::Sqlite, setting).await
}

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("interop")
        .join(language)
}

/// Runs a script, which must end well after as many checks as expected.
async fn check(command: Command, given: &Value, checks: u32) -> Outcome {
    let told = tell(command, given).await?;
    assert_eq!(told.trim(), checks.to_string());
    Ok(())
}

async fn python(script: &str, given: &Value, checks: u32) -> Outcome {
    let mut command = Command::new(folder("python").join(".venv/bin/python"));
    command.arg(folder("python").join(script));
    check(command, given, checks).await
}

async fn node(script: &str, given: &Value, checks: u32) -> Outcome {
    let mut command = Command::new("node");
    command.arg(folder("node").join(script));
    check(command, given, checks).await
}

async fn bought(stage: &Stage) -> Result<Received, Failure> {
    stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    stage.vendor.first("license.created").await
}

/// What a verifier is told of a token.
async fn token(stage: &Stage) -> Result<Value, Failure> {
    let created = bought(stage).await?;
    let mut app = stage.app(Some("machine-1"))?;
    app.activate(created.text("/data/key")).await?;
    let url = stage.url()?;
    Ok(json!({
        "jwks": format!("{url}/.well-known/jwks.json"),
        "issuer": url,
        "token": app.token,
    }))
}

fn hook(stage: &Stage) -> Result<Value, Failure> {
    Ok(json!({
        "url": format!("{}/webhooks/stripe", stage.url()?),
        "secret": stage.stripe_secret(),
        "now": stage.now(),
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_for_python_signs_what_we_accept_and_refuse() -> Outcome {
    let stage = stage().await?;
    python("signing.py", &hook(&stage)?, 4).await?;
    assert_eq!(stage.events().await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_for_node_signs_what_we_accept_and_refuse() -> Outcome {
    let stage = stage().await?;
    node("signing.mjs", &hook(&stage)?, 4).await?;
    assert_eq!(stage.events().await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_verifies_our_tokens() -> Outcome {
    let stage = stage().await?;
    python("tokens.py", &token(&stage).await?, 4).await
}

#[tokio::test(flavor = "multi_thread")]
async fn jose_verifies_our_tokens() -> Outcome {
    let stage = stage().await?;
    node("tokens.mjs", &token(&stage).await?, 5).await
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_webhooks_verifies_what_we_deliver() -> Outcome {
    let stage = stage().await?;
    let created = bought(&stage).await?;
    let headers: serde_json::Map<String, Value> = created
        .headers
        .keys()
        .map(|name| (name.to_string(), json!(created.header(name.as_str()))))
        .collect();
    let given = json!({
        "secret": stage.vendor_secret(),
        "headers": headers,
        "body": created.raw,
    });
    python("webhooks.py", &given, 4).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_own_client_works_unchanged_and_reads_our_license_files() -> Outcome {
    let stage = stage().await?;
    stage.make_root().await?;
    let created = bought(&stage).await?;
    let app = &stage.issuer()?.app;
    let scopes = [Scope::LicensesRead, Scope::LicensesWrite];
    let (_, api_key) = app.create_api_key("guide", &scopes, None).await?;
    let signing = app.signing_key().ok_or("no key signs")?;
    let given = json!({
        "apiKey": *api_key,
        "url": stage.url()?,
        "key": created.text("/data/key"),
        "license": created.text("/data/id"),
        "x": signing.to_base64url(),
    });
    let mut command = Command::new(folder("python").join(".venv/bin/python"));
    command.arg(folder("python").join("licentric_client.py"));
    let told: Value = serde_json::from_str(&tell(command, &given).await?)?;
    assert_eq!(told["checks"], 15);
    // The same file tells our SDK everything.
    let computer = stage.computer("licentric-machine").await?;
    let file = told["file"].as_str().ok_or("no file")?;
    assert_eq!(computer.client.offline_install(file)?.code(), Code::Valid);
    assert!(computer.client.allows("export"));
    Ok(())
}

/// Has Stripe's own command line cause an event.
async fn trigger(stage: &Stage, event: &str) -> Outcome {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(folder("cli").join("node_modules/.bin/stripe"));
    command
        .args(["trigger", event, "--api-base", stage.stripe.base_url()])
        .args(["--api-key", stage.stripe.api_key()])
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("STRIPE_CLI_TELEMETRY_OPTOUT", "1");
    let output = command
        .output()
        .await
        .map_err(|error| format!("{command:?}: {error}; tests/run installs what this needs"))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{event}: {told}{complained}");
    stage.stripe.settled().await;
    Ok(())
}

/// Maps the price that an event waits for, while the issuer runs.
async fn map_what_is_missing(stage: &Stage, catalog: &mut Catalog) -> Outcome {
    let waits = |reason: &str| {
        let price = reason.strip_prefix("the price ")?;
        Some(price.split_once(' ')?.0.to_owned())
    };
    let parked = stage
        .any_event(|it| {
            it.state == EventState::Parked
                && it.reason.as_deref().is_some_and(|it| waits(it).is_some())
        })
        .await?;
    let price = parked.reason.as_deref().and_then(waits);
    let price = price.ok_or("no price is missing")?;
    catalog.mappings.push((price.leak(), "growth_policy"));
    stage.change_catalog(catalog)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_official_command_line_triggers_becomes_licenses() -> Outcome {
    let stage = stage().await?;
    let mut catalog = Catalog::default();

    trigger(&stage, "checkout.session.completed").await?;
    map_what_is_missing(&stage, &mut catalog).await?;
    stage.vendor.first("license.created").await?;
    stage.idle().await?;

    trigger(&stage, "customer.subscription.deleted").await?;
    map_what_is_missing(&stage, &mut catalog).await?;
    let ended = stage.vendor.nth("license.created", 2).await?;
    assert!(!ended.text("/data/metadata/graceEndsAt").is_empty());
    stage.idle().await?;

    // What was sold without any product becomes no license, and does no harm.
    for event in [
        "charge.refunded",
        "charge.dispute.created",
        "invoice.paid",
        "invoice.payment_failed",
        "payment_intent.succeeded",
    ] {
        trigger(&stage, event).await?;
        let done = |it: &EventRow| it.arrival.kind == event && it.state != EventState::Pending;
        let seen = stage.any_event(done).await?;
        assert_ne!(seen.state, EventState::Quarantined, "{:?}", seen.reason);
    }
    let created = stage.vendor.told();
    let created = created.iter().filter(|it| *it == "license.created");
    assert_eq!(created.count(), 2);
    Ok(())
}
