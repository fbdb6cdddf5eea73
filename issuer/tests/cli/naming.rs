//! The issuer's name, which apps pin: where it comes from, and what live mode demands of it.

use fake_stripe::FakeStripe;
use serde_json::Value;

use super::mistakes::serve_with;
use super::serve::{CONFIG, Server};
use super::{Printed, paidup, run};

const PUBLIC: &str = "https://licenses.example.com";

#[test]
fn live_mode_requires_a_public_https_name() {
    for (config, reason) in [
        ("", "requires the public https address"),
        (
            "public_url = \"http://licenses.example.com\"",
            "is not https",
        ),
        (
            "public_url = \"https://127.0.0.1:8787\"",
            "is not a public address",
        ),
        (
            "public_url = \"https://localhost\"",
            "is a name of a private network",
        ),
        (
            "issuer = \"http://127.0.0.1:8787\"\npublic_url = \"https://a.example.com\"",
            "is not https",
        ),
        ("issuer = \"acme\"", "is not a URL"),
    ] {
        for environment in [&[("PAIDUP_MODE", "live")][..], &[]] {
            let mode = if environment.is_empty() {
                "mode = \"live\"\n"
            } else {
                ""
            };
            let refused = serve_with(&format!("{mode}{config}"), environment);
            assert_eq!(refused.code, Some(1), "{config}");
            assert!(refused.err.contains(reason), "{config}: {}", refused.err);
        }
    }
    let refused = serve_with("public_url = \"licenses.example.com\"", &[]);
    assert!(
        refused
            .err
            .contains("public_url: \"licenses.example.com\" is not a URL"),
        "{}",
        refused.err
    );
}

#[test]
fn a_live_start_that_is_refused_leaves_the_mode_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = paidup(folder.path(), &["keys", "init"]);
    live.env("PAIDUP_MODE", "live");
    let refused = run(live, b"");
    assert!(
        refused.err.contains("requires the public https address"),
        "{}",
        refused.err
    );
    let environment = [("PAIDUP_LISTEN", "127.0.0.1:0"), ("PAIDUP_MODE", "test")];
    Server::start(folder.path(), &environment).stop();
}

#[test]
fn live_mode_starts_under_a_public_name() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("PAIDUP_LISTEN", "127.0.0.1:0"),
        ("PAIDUP_MODE", "live"),
        ("PAIDUP_PUBLIC_URL", PUBLIC),
    ];
    let (log, code) = Server::start(folder.path(), &environment).stop();
    assert_eq!(code, Some(0), "{log}");
    let mut connect = paidup(
        folder.path(),
        &["stripe", "connect", "--url", "http://127.0.0.1:9"],
    );
    connect
        .env("PAIDUP_MODE", "live")
        .env("PAIDUP_PUBLIC_URL", PUBLIC);
    let refused = run(connect, b"");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is not https"), "{}", refused.err);
}

fn connect(folder: &tempfile::TempDir, fake: &FakeStripe, url: &str) -> Printed {
    let mut command = paidup(folder.path(), &["stripe", "connect", "--url", url]);
    command
        .env("STRIPE_API_BASE", fake.base_url())
        .env("STRIPE_API_KEY", fake.api_key());
    let printed = run(command, b"");
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    printed
}

fn exported(folder: &tempfile::TempDir) -> Value {
    let printed = run(paidup(folder.path(), &["keys", "export"]), b"");
    printed.json()["issuer"].clone()
}

fn init(folder: &tempfile::TempDir) {
    std::fs::write(folder.path().join("pass"), "correct horse battery").unwrap();
    let made = run(
        paidup(
            folder.path(),
            &["keys", "init", "--passphrase-file", "pass"],
        ),
        b"",
    );
    assert_eq!(made.code, Some(0), "{}", made.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_names_the_issuer_until_an_app_may_pin_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paidup.toml"), CONFIG).unwrap();
    let fake = FakeStripe::builder().start().await.unwrap();
    let first = connect(&folder, &fake, "https://first.example.com/");
    assert!(
        first.out.contains("Issuer     https://first.example.com,"),
        "{}",
        first.out
    );
    assert!(!first.out.contains("Note"), "{}", first.out);
    let second = connect(&folder, &fake, &format!("{PUBLIC}/webhooks/stripe"));
    assert!(
        second.out.contains(&format!("Issuer     {PUBLIC},")),
        "{}",
        second.out
    );
    assert_eq!(exported(&folder), PUBLIC);

    init(&folder);
    let third = connect(&folder, &fake, "https://third.example.com");
    assert!(
        third.out.contains(&format!("Issuer     {PUBLIC},")),
        "{}",
        third.out
    );
    assert!(
        third.out.contains("which apps already trust"),
        "{}",
        third.out
    );
    assert!(third.out.contains("paidup serve --force"), "{}", third.out);
    assert_eq!(exported(&folder), PUBLIC);
    let (log, code) = Server::start(folder.path(), &[("PAIDUP_LISTEN", "127.0.0.1:0")]).stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains(PUBLIC) && !log.contains("no public_url is set"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_url_in_the_settings_wins_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("public_url = \"{PUBLIC}/\"\n{CONFIG}");
    std::fs::write(folder.path().join("paidup.toml"), config).unwrap();
    let fake = FakeStripe::builder().start().await.unwrap();
    let tunnel = connect(&folder, &fake, "https://tunnel.example.org");
    assert!(
        tunnel.out.contains(&format!("Issuer     {PUBLIC},")),
        "{}",
        tunnel.out
    );
    assert!(
        tunnel.out.contains("since the settings name it"),
        "{}",
        tunnel.out
    );
    assert_eq!(exported(&folder), PUBLIC);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_to_the_public_url_although_tokens_carry_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("public_url = \"{PUBLIC}\"\nissuer = \"acme\"\n{CONFIG}");
    std::fs::write(folder.path().join("paidup.toml"), config).unwrap();
    let fake = FakeStripe::builder().start().await.unwrap();
    let mut command = paidup(folder.path(), &["stripe", "connect"]);
    command
        .env("STRIPE_API_BASE", fake.base_url())
        .env("STRIPE_API_KEY", fake.api_key());
    let printed = run(command, b"");
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let hook = format!("{PUBLIC}/webhooks/stripe");
    assert!(printed.out.contains(&hook), "{}", printed.out);
    assert!(printed.out.contains("Issuer     acme,"), "{}", printed.out);
    assert!(!printed.out.contains("Note"), "{}", printed.out);
}

#[test]
fn a_server_without_a_name_warns_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = Server::start(folder.path(), &[("PAIDUP_LISTEN", "127.0.0.1:0")]).stop();
    assert!(log.contains("no public_url is set"), "{log}");
}
