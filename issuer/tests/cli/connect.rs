//! `paidup stripe connect` and `paidup stripe status` beside a running issuer, and the
//! keys of the management API.

use fake_stripe::FakeStripe;

use super::serve::{CONFIG, Server, wait_for};
use super::{Printed, paidup, run};

fn stripe(folder: &tempfile::TempDir, base: &str, arguments: &[&str], input: &str) -> Printed {
    let mut command = paidup(folder.path(), arguments);
    command.env("STRIPE_API_BASE", base);
    run(command, input.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_connects_and_the_running_issuer_takes_it_up() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paidup.toml"), CONFIG).unwrap();
    let fake = FakeStripe::builder().start().await.unwrap();
    fake.create_guide_catalog().unwrap();
    let base = fake.base_url().to_owned();
    let environment = [("PAIDUP_LISTEN", "127.0.0.1:0"), ("STRIPE_API_BASE", &base)];
    let server = Server::start(folder.path(), &environment);

    let status = stripe(&folder, &base, &["stripe", "status"], "");
    assert_eq!(status.code, Some(1));
    assert!(
        status.out.contains("there is no Stripe key"),
        "{}",
        status.out
    );

    let connect = [
        "stripe",
        "connect",
        "--url",
        &server.url,
        "--api-key-file",
        "-",
    ];
    let refused = stripe(&folder, &base, &connect, "pk_test_1234");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("begins with sk_live_"),
        "{}",
        refused.err
    );

    let narrow = fake.add_restricted_key(&["refunds"]);
    let refused = stripe(&folder, &base, &connect, &narrow);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("Refunds: The provided key"),
        "{}",
        refused.err
    );

    let key = fake.add_restricted_key(&[]);
    let connected = stripe(&folder, &base, &connect, &format!("{key}\n"));
    assert_eq!(connected.code, Some(0), "{}", connected.err);
    for words in [
        "acct_fake",
        "every permission",
        "we_",
        "made",
        "/webhooks/stripe",
    ] {
        assert!(connected.out.contains(words), "{words}: {}", connected.out);
    }
    let again = stripe(
        &folder,
        &base,
        &["stripe", "connect", "--url", &server.url],
        "",
    );
    assert!(
        again.out.contains("is as it should be"),
        "{}{}",
        again.out,
        again.err
    );

    fake.buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    let licenses = wait_for(&folder, &["licenses", "list", "--json"], |it| {
        it.as_array().is_some_and(|it| !it.is_empty())
    });
    assert_eq!(licenses[0]["stripe"]["account"], "acct_fake");
    let status = stripe(&folder, &base, &["stripe", "status"], "");
    assert_eq!(status.code, Some(0), "{}", status.out);
    for words in [
        "acct_fake",
        "restricted key …",
        "all that are needed",
        "enabled",
        "applied",
    ] {
        assert!(status.out.contains(words), "{words}: {}", status.out);
    }
    let events = stripe(&folder, &base, &["events", "list", "--json"], "").json();
    let id = events[0]["id"].as_str().unwrap();
    let event = stripe(&folder, &base, &["events", "show", id], "").json();
    assert_eq!(
        (&event["id"], &event["body"]["id"]),
        (&events[0]["id"], &events[0]["id"])
    );

    let (log, _) = server.stop();
    for text in [
        &log,
        &connected.out,
        &connected.err,
        &refused.err,
        &status.out,
    ] {
        assert!(!text.contains(&key) && !text.contains(&narrow), "{text}");
    }
}

#[test]
fn keys_of_the_management_api_are_shown_once_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let keys = |arguments: &[&str]| run(paidup(folder.path(), arguments), b"");
    let nothing = keys(&["api-keys", "list"]);
    assert!(nothing.out.contains("There are no keys"), "{}", nothing.out);
    let unknown = keys(&[
        "api-keys",
        "create",
        "--name",
        "ci",
        "--scope",
        "everything",
    ]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("stripe:read"), "{}", unknown.err);

    let scope = ["--scope", "stripe:write", "--scope", "stripe:read"];
    let create = [
        &["api-keys", "create", "--name", "ci", "--expires-in", "90d"][..],
        &scope[..],
    ];
    let made = keys(&create.concat());
    let key = made.out.trim();
    assert!(key.starts_with("lk_test_"), "{}", made.out);
    assert!(made.err.contains("not shown again"), "{}", made.err);
    let listed = keys(&["api-keys", "list", "--json"]);
    assert!(!listed.out.contains(key));
    let listed = listed.json();
    assert_eq!(
        listed[0]["scopes"],
        serde_json::json!(["stripe:read", "stripe:write"])
    );
    assert!(key.ends_with(listed[0]["hint"].as_str().unwrap()));

    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(keys(&["api-keys", "revoke", id]).code, Some(0));
    assert!(keys(&["api-keys", "list"]).out.contains("revoked 2"));
    let again = keys(&["api-keys", "revoke", id]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("paidup api-keys list"), "{}", again.err);
}
