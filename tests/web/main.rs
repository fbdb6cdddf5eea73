//! The npm package as a user has it: installed from its tarball, in Node, in headless
//! Chromium and in workers, against the running issuer. `sdk-wasm/build` makes the
//! tarball and `tests/run` installs it.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod stagehand;
mod tokens;

use std::path::{Path, PathBuf};

use paidup_issuer::Clock;
use paidup_tests::{Catalog, Database, Failure, Outcome, Setting, Stage, tell};
use serde_json::{Value, json};
use tokio::process::Command;

use stagehand::Stagehand;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// Runs a script, which must end well after as many checks as expected.
async fn node(script: &str, given: &Value, checks: u32) -> Outcome {
    let mut command = Command::new("node");
    command.arg(folder().join(script));
    let told = tell(command, given).await?;
    assert_eq!(told.trim(), checks.to_string());
    Ok(())
}

/// The issuer by the real time, answering pages of one origin; a license for one
/// machine; and somebody who changes things when a script asks for it.
async fn stagehand() -> Result<(Stagehand, Value), Failure> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let origin = format!("http://127.0.0.1:{port}");
    let mut setting = Setting::default();
    setting.start = Clock::system().now().0;
    setting.catalog = Catalog::default();
    setting.catalog.max_machines = Some(1);
    setting.environment = vec![("PAIDUP_CORS_ORIGINS", origin.clone())];
    let stage = Stage::with(Database::Sqlite, setting).await?;
    stage.make_root().await?;
    let bought = stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    let created = stage.vendor.first("license.created").await?;
    let app = &stage.issuer()?.app;
    let root = app.root_keys().await?.pop().ok_or("no root")?;
    let given = json!({
        "config": {
            "issuer": app.issuer(),
            "url": stage.url()?,
            "test": true,
            "roots": [root.to_base64url()],
        },
        "key": created.text("/data/key"),
        "port": port,
        "origin": origin,
    });
    let stagehand = Stagehand::hire(stage, bought.subscription).await?;
    let mut given = given;
    given["stagehand"] = json!(stagehand.url);
    Ok((stagehand, given))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_unlocked_offline_and_locked_when_the_payment_fails() -> Outcome {
    let (_stagehand, given) = stagehand().await?;
    node("story.mjs", &given, 24).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_on_a_bad_day_is_told_what_is_wrong() -> Outcome {
    let (_stagehand, given) = stagehand().await?;
    node("troubles.mjs", &given, 27).await
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_and_bundlers_load_the_package() -> Outcome {
    let (_stagehand, given) = stagehand().await?;
    node("runtimes.mjs", &given, 10).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_tool_asks_for_its_license() -> Outcome {
    let (_stagehand, given) = stagehand().await?;
    node("command_line.mjs", &given, 15).await
}

#[tokio::test]
async fn javascript_gives_every_token_the_code_that_rust_gives() -> Outcome {
    let given = tokens::given(10_000)?;
    node("parity.mjs", &given, 10_120).await
}

#[tokio::test]
async fn inherited_properties_are_no_options() -> Outcome {
    node("options.mjs", &Value::Null, 17).await
}

#[tokio::test]
async fn a_client_opens_whatever_is_missing() -> Outcome {
    node("missing.mjs", &Value::Null, 7).await
}

#[tokio::test]
async fn a_typescript_project_compiles_and_a_wrong_one_does_not() -> Outcome {
    node("types.mjs", &Value::Null, 2).await
}
