//! Settings as people paste them: what is meant is understood, and what belongs elsewhere
//! is refused with the way out.

use fake_stripe::FakeStripe;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::mistakes::serve_with;
use super::serve::{CONFIG, Server};
use super::{paidup, run};

const ANY_PORT: (&str, &str) = ("PAIDUP_LISTEN", "127.0.0.1:0");

/// A signed event of no interest is accepted by a server that knows the secret.
async fn accepts(url: &str, secret: &str) -> u16 {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let body = r#"{"id":"evt_1","object":"event","type":"plan.created","created":1,"livemode":false,"data":{"object":{"id":"plan_1","object":"plan"}}}"#;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{now}.{body}").as_bytes());
    let tag = mac.finalize().into_bytes();
    let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    let header = format!("t={now},v1={tag}");
    let request = reqwest::Client::new()
        .post(format!("{url}/webhooks/stripe"))
        .header("stripe-signature", header)
        .body(body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_secret_is_understood_however_it_was_pasted() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (environment, file) in [
        ("\"whsec_abc\"", None),
        ("'whsec_abc'", None),
        (" whsec_abc\r\n", None),
        ("\"whsec_old\",\"whsec_abc\"", None),
        ("", Some("\u{feff}\"whsec_abc\"\r\n")),
        ("", Some("whsec_old\r\nwhsec_abc\r\n")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = vec![ANY_PORT];
        let mut config = CONFIG.to_owned();
        match file {
            Some(text) => {
                std::fs::write(folder.path().join("secret"), text).unwrap();
                config = format!("{config}\n[stripe]\nwebhook_secret_file = \"secret\"\n");
            }
            None => variables.push(("STRIPE_WEBHOOK_SECRET", environment)),
        }
        std::fs::write(folder.path().join("paidup.toml"), config).unwrap();
        let server = Server::start(folder.path(), &variables);
        assert_eq!(
            accepts(&server.url, "whsec_abc").await,
            200,
            "{environment:?} {file:?}"
        );
        assert_eq!(accepts(&server.url, "whsec_other").await, 400);
    }
}

#[test]
fn a_secret_of_another_kind_is_refused_at_start_and_not_shown() {
    let webhook = |secret: &str| {
        format!("[[webhooks]]\nurl = \"https://example.com\"\nsecret = \"{secret}\"\n")
    };
    let in_stripe = |member: &str, secret: &str| format!("[stripe]\n{member} = \"{secret}\"\n");
    for (name, value, reason) in [
        (
            "STRIPE_WEBHOOK_SECRET",
            "sk_test_canary",
            "not a webhook secret",
        ),
        (
            "STRIPE_WEBHOOK_SECRET",
            "\"rk_live_canary\"",
            "not a webhook secret",
        ),
        (
            "STRIPE_WEBHOOK_SECRET",
            "pk_test_canary",
            "not a webhook secret",
        ),
        (
            "STRIPE_WEBHOOK_SECRET",
            "we_1canary",
            "the id of a webhook endpoint",
        ),
        ("STRIPE_WEBHOOK_SECRET", "", "it is empty"),
        ("STRIPE_WEBHOOK_SECRET", "\"\"", "it is empty"),
        ("STRIPE_API_KEY", "whsec_canary", "this is a webhook secret"),
        (
            "STRIPE_API_KEY",
            "'pk_test_canary'",
            "a publishable API key",
        ),
        (
            "STRIPE_API_KEY",
            "we_1canary",
            "the id of a webhook endpoint",
        ),
        ("STRIPE_API_KEY", "canary", "not a secret API key"),
        ("STRIPE_API_KEY", "", "it is empty"),
    ] {
        let printed = serve_with("", &[(name, value)]);
        assert_eq!(printed.code, Some(1), "{name}={value}");
        assert!(
            printed.err.contains(name) && printed.err.contains(reason),
            "{}",
            printed.err
        );
        assert!(
            printed.err.contains("https://dashboard.stripe.com"),
            "{}",
            printed.err
        );
        assert!(!printed.err.contains("canary"), "{}", printed.err);
    }
    for (config, reason) in [
        (
            webhook("sk_test_canary0123456789"),
            "a secret API key of Stripe",
        ),
        (webhook("'canary'"), "at least 16 characters"),
        (webhook(" "), "it is empty"),
        (in_stripe("webhook_secret", "whsec_canary"), "unknown field"),
        (in_stripe("api_key", "canary"), "unknown field"),
        ("stripe = \"sk_test_canary\"".to_owned(), "invalid type"),
        (
            "database_url = \"postgres://me:canary@localhost/x\" x".to_owned(),
            "TOML",
        ),
    ] {
        let printed = serve_with(&config, &[]);
        assert_eq!(printed.code, Some(1), "{config}");
        assert!(printed.err.contains(reason), "{config}\n{}", printed.err);
        assert!(!printed.err.contains("canary"), "{config}\n{}", printed.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_understood_however_it_was_pasted() {
    let fake = FakeStripe::builder().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let connect = [
        "stripe",
        "connect",
        "--url",
        "http://127.0.0.1:9",
        "--api-key-file",
        "-",
    ];
    let with_key = |input: &str| {
        let mut command = paidup(folder.path(), &connect);
        command.env("STRIPE_API_BASE", fake.base_url());
        run(command, input.as_bytes())
    };
    for (pasted, reason) in [
        ("whsec_canary", "this is a webhook secret"),
        ("'we_1canary'\r\n", "the id of a webhook endpoint"),
        ("\r\n", "it is empty"),
    ] {
        let refused = with_key(pasted);
        assert_eq!(refused.code, Some(1), "{pasted:?}");
        assert!(refused.err.contains(reason), "{}", refused.err);
        assert!(!refused.err.contains("canary"), "{}", refused.err);
    }
    let connected = with_key(&format!("\"{}\"\r\n", fake.api_key()));
    assert_eq!(connected.code, Some(0), "{}", connected.err);

    let mut status = paidup(folder.path(), &["stripe", "status"]);
    status
        .env("STRIPE_API_BASE", format!("\"{}\"", fake.base_url()))
        .env("STRIPE_API_KEY", format!("'{}'", fake.api_key()));
    let status = run(status, b"");
    assert_eq!(status.code, Some(0), "{}{}", status.out, status.err);
}

#[test]
fn quoted_values_and_key_files_of_an_env_file_work() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("elsewhere.toml"), CONFIG).unwrap();
    let environment = [
        ("PAIDUP_LISTEN", "\"127.0.0.1:0\""),
        ("PAIDUP_MODE", "\"test\""),
        ("PAIDUP_CONFIG", "\"elsewhere.toml\""),
        ("PAIDUP_DATA_DIR", "'data dir'"),
    ];
    Server::start(folder.path(), &environment).stop();
    let key = folder.path().join("data dir").join("encryption.key");
    let text = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, format!("\"{}\"\r\n", text.trim())).unwrap();
    let (log, code) = Server::start(folder.path(), &environment).stop();
    assert_eq!(code, Some(0), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_is_not_text_is_named() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let garbled = std::ffi::OsStr::from_bytes(b"data\xff");
    let mut elsewhere = paidup(folder.path(), &["migrate"]);
    elsewhere.env("SOMETHING_ELSE", garbled);
    assert_eq!(run(elsewhere, b"").code, Some(0));
    let mut ours = paidup(folder.path(), &["migrate"]);
    ours.env("PAIDUP_DATA_DIR", garbled);
    let refused = run(ours, b"");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("PAIDUP_DATA_DIR is not valid Unicode"),
        "{}",
        refused.err
    );
}

#[test]
fn webhooks_that_would_never_be_sent_are_refused() {
    let webhook = |more: &str| {
        format!(
            "[[webhooks]]\nurl = \"https://example.com\"\nsecret = \"0123456789abcdef\"\n{more}\n"
        )
    };
    for (more, reason) in [
        (
            "events = [\"license.cretaed\"]",
            "there is no event type \"license.cretaed\"",
        ),
        (
            "events = [\"license.*\", \"lic*\"]",
            "there is no event type \"lic*\"",
        ),
        ("events = [\"\"]", "there is no event type"),
        ("events = []", "the list of events is empty"),
    ] {
        let refused = serve_with(&webhook(more), &[]);
        assert_eq!(refused.code, Some(1), "{more}");
        assert!(refused.err.contains(reason), "{more}: {}", refused.err);
        let known = "license.created, license.suspended, license.reinstated, license.updated, \
                     license.renewed, license.revoked, license.expired, license.*, *";
        assert!(refused.err.contains(known), "{more}: {}", refused.err);
    }
    let twice = format!("{}{}", webhook(""), webhook(""));
    let refused = serve_with(&twice, &[]);
    assert!(
        refused
            .err
            .contains("webhook url \"https://example.com\" appears twice"),
        "{}",
        refused.err
    );
    let named = webhook("name = \"app\"");
    let other = named.replace("example.com", "example.org");
    let refused = serve_with(&format!("{named}{other}"), &[]);
    assert!(
        refused.err.contains("webhook name \"app\" appears twice"),
        "{}",
        refused.err
    );
    let refused = serve_with(&webhook("name = \"my app\""), &[]);
    assert!(
        refused.err.contains("a name has 1 to 64"),
        "{}",
        refused.err
    );
    let folder = tempfile::tempdir().unwrap();
    let config = webhook("name = \"app\"\nevents = [\"*\", \"license.created\"]");
    std::fs::write(folder.path().join("paidup.toml"), config).unwrap();
    assert_eq!(Server::start(folder.path(), &[ANY_PORT]).stop().1, Some(0));
}
