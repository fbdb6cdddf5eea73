//! `paidup serve` as a process, and what `paidup licenses` and `paidup events`
//! show beside it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fake_stripe::FakeStripe;
use serde_json::Value;
use tempfile::TempDir;

use super::{Printed, paidup, run};

pub(super) const CONFIG: &str = r#"
[[products]]
code = "notes"

[[policies]]
name = "growth_policy"
product = "notes"
entitlements = ["export"]

[[stripe.mappings]]
price = "price_growth_monthly"
policy = "growth_policy"
"#;

/// A process that is killed with the test. Its log goes into a file, since a pipe
/// that nobody reads would hold it up.
pub(super) struct Server {
    child: Child,
    pub(super) url: String,
    log: PathBuf,
}

impl Server {
    pub(super) fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = paidup(folder, &["serve"]);
        command.envs(environment.iter().copied());
        let log = folder.join("log");
        command
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("paidup listens on ")
            .unwrap_or_default();
        assert!(url.starts_with("http://"), "{line:?}");
        Self {
            url: url.to_owned(),
            child,
            log,
        }
    }

    /// Asks it to stop; its log, and how it ended.
    pub(super) fn stop(mut self) -> (String, Option<i32>) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        let code = self.child.wait().unwrap().code();
        (std::fs::read_to_string(&self.log).unwrap(), code)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn look(folder: &TempDir, arguments: &[&str]) -> Printed {
    let printed = run(paidup(folder.path(), arguments), b"");
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    printed
}

/// Looks again until there is something to see.
pub(super) fn wait_for(
    folder: &TempDir,
    arguments: &[&str],
    ready: impl Fn(&Value) -> bool,
) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let shown = look(folder, arguments).json();
        if ready(&shown) {
            return shown;
        }
        assert!(Instant::now() < deadline, "{shown}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_listed_and_no_secret_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paidup.toml"), CONFIG).unwrap();
    let stripe = FakeStripe::builder().start().await.unwrap();
    stripe.create_guide_catalog().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let listen = format!("127.0.0.1:{port}");
    let hook = format!("http://{listen}/webhooks/stripe");
    let endpoint = stripe.add_webhook_endpoint(&hook, &["*"]).unwrap();
    let api_key = stripe.api_key().to_owned();
    let environment = [
        ("PAIDUP_LISTEN", listen.as_str()),
        ("PAIDUP_LOG", "trace"),
        ("STRIPE_API_BASE", stripe.base_url()),
        ("STRIPE_API_KEY", &api_key),
        ("STRIPE_WEBHOOK_SECRET", &endpoint.secret),
    ];
    let server = Server::start(folder.path(), &environment);

    stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    stripe
        .buy("price_starter_monthly", "bob@example.com")
        .await
        .unwrap();
    let licenses = wait_for(&folder, &["licenses", "list", "--json"], |it| {
        it.as_array().is_some_and(|it| !it.is_empty())
    });
    let (id, key) = (
        licenses[0]["id"].as_str().unwrap(),
        licenses[0]["key"].as_str().unwrap(),
    );
    assert_eq!(licenses[0]["status"], "active");
    assert_eq!(licenses[0]["userEmail"], "ada@example.com");

    let shown = look(&folder, &["licenses", "show", id, "--json"]).json();
    assert_eq!(shown, licenses[0]);
    let for_people = look(&folder, &["licenses", "show", id]).out;
    for word in [
        id,
        key,
        "active",
        "growth_policy",
        "export",
        "ada@example.com",
    ] {
        assert!(for_people.contains(word), "{word}: {for_people}");
    }
    assert!(look(&folder, &["licenses", "list"]).out.contains(key));

    // The price that nobody mapped is told with its reason.
    let parked = wait_for(&folder, &["events", "list", "--parked", "--json"], |it| {
        it.as_array().is_some_and(|it| !it.is_empty())
    });
    let reason = "the price price_starter_monthly is not mapped to a policy";
    assert_eq!(parked[0]["reason"], reason);
    assert!(look(&folder, &["events", "list"]).out.contains(reason));
    let quarantined = look(&folder, &["events", "list", "--quarantined"]);
    assert!(
        quarantined.out.contains("no such events"),
        "{}",
        quarantined.out
    );

    // The customer's app, and a key mistyped.
    let body = serde_json::json!({ "key": key, "fingerprint": "vault" });
    let url = format!("{}/api/v1/tokens", server.url);
    let reply: Value = reqwest::Client::new()
        .post(&url)
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = reply["data"]["token"].as_str().unwrap().to_owned();

    air_gap(&folder, id, key);

    let canaries = [
        key,
        &key.replace('-', ""),
        &token,
        &api_key,
        &endpoint.secret,
    ];
    let canaries = canaries.map(str::to_owned);
    let (log, code) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stripe.event"), "the log was looked at");
    for (n, secret) in canaries.iter().enumerate() {
        assert!(!log.contains(secret.as_str()), "secret {n} was logged");
    }
}

#[test]
fn the_database_and_the_keys_go_where_they_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("PAIDUP_LISTEN", "127.0.0.1:0"),
        ("PAIDUP_DATA_DIR", "elsewhere"),
    ];
    let server = Server::start(folder.path(), &environment);
    let (_, code) = server.stop();
    assert_eq!(code, Some(0));
    for name in ["paidup.db", "signing.key", "encryption.key"] {
        assert!(
            folder.path().join("elsewhere").join(name).exists(),
            "{name}"
        );
    }
}

/// Files and requests for machines without a network, beside the running server.
fn air_gap(folder: &TempDir, id: &str, key: &str) {
    std::fs::write(folder.path().join("pass"), "correct horse battery").unwrap();
    look(folder, &["keys", "init", "--passphrase-file", "pass"]);
    let exported = look(folder, &["keys", "export"]).json();
    let root = exported["roots"][0].as_str().unwrap();
    let issuer = exported["issuer"].as_str().unwrap();

    let checkout = [
        "licenses",
        "checkout",
        id,
        "--fingerprint",
        "vault",
        "--ttl",
        "30d",
    ];
    look(folder, &[&checkout[..], &["--out", "license.lic"]].concat());
    let verify = [
        "verify",
        "license.lic",
        "--root",
        root,
        "--product",
        "notes",
        "--test",
        "--json",
    ];
    let told = look(folder, &[&verify[..], &["--fingerprint", "vault"]].concat()).json();
    assert_eq!(
        (&told["code"], &told["usable"]),
        (&"VALID".into(), &true.into())
    );
    // With the wrong machine, or without any, it says what to pass.
    let other = run(paidup(folder.path(), &verify), b"");
    assert_eq!(
        other.json()["nextAction"],
        "Give the machine's fingerprint (--fingerprint)."
    );
    let stranger = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let wrong = run(
        paidup(
            folder.path(),
            &["verify", "license.lic", "--root", stranger],
        ),
        b"",
    );
    assert!(
        wrong.err.contains("none of the pinned roots"),
        "{}",
        wrong.err
    );

    let setup = paidup::Setup::new(issuer, "notes")
        .fingerprint("vault")
        .test_mode();
    let pinned = paidup::PublicKey::from_base64url(root).unwrap();
    let mut app = paidup::Installation::load(setup.root(pinned), None, None);
    let nonce = paidup::Nonce::from_entropy(&[7; 16]);
    let request = app.offline_activation(key, nonce).unwrap();
    let response = look(folder, &["licenses", "offline", &request]).out;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let now = paidup::UnixTime::from_secs(i64::try_from(now).unwrap());
    let answer = app.offline_install(&response, now).unwrap();
    assert!(answer.allows("export"));
    let again = run(
        paidup(folder.path(), &["licenses", "offline", &request]),
        b"",
    );
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("answered already"), "{}", again.err);
}
