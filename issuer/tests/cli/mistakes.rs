//! What is mistyped or misplaced gets a sentence that says what to mend.

use std::net::TcpListener;
use std::path::Path;

use super::{Printed, paidup, run};

pub(super) fn serve_with(config: &str, environment: &[(&str, &str)]) -> Printed {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paidup.toml"), config).unwrap();
    let mut command = paidup(folder.path(), &["serve"]);
    command
        .envs(environment.iter().copied())
        .env("PAIDUP_LISTEN", "127.0.0.1:0");
    command.envs(environment.iter().copied());
    run(command, b"")
}

const PRODUCT: &str = "[[products]]\ncode = \"notes\"\n";

#[test]
fn a_catalog_that_is_not_whole_is_refused_before_anything_is_made() {
    let policy =
        |more: &str| format!("{PRODUCT}[[policies]]\nname = \"p\"\nproduct = \"notes\"\n{more}");
    let mapped = |more: &str| policy(&format!("[[stripe.mappings]]\n{more}"));
    let cases = [
        ("products = 7".to_owned(), "products"),
        ("[[products]]\nkode = \"notes\"".to_owned(), "kode"),
        ("lissten = \"127.0.0.1:1\"".to_owned(), "lissten"),
        ("cors_origins = [\"*\"]".to_owned(), "is no origin"),
        (
            "cors_origins = [\"https://app.example.com/\"]".to_owned(),
            "write \"https://app.example.com\"",
        ),
        (
            "[[policies]]\nname = \"p\"\nproduct = \"notes\"".to_owned(),
            "\"notes\"",
        ),
        (policy("grace = \"a week\""), "a week"),
        (policy("lease = \"1s\""), "lease"),
        (policy("max_machines = 0"), "left out, it is 1"),
        (policy("max_machines = \"many\""), "\"unlimited\""),
        (policy("max_machines = -1"), "\"unlimited\""),
        (
            policy("require_fingerprint = false"),
            "max_machines = \"unlimited\"",
        ),
        (mapped("policy = \"q\"\nprice = \"price_1\""), "\"q\""),
        (mapped("policy = \"p\""), "price"),
        (format!("{PRODUCT}{PRODUCT}"), "twice"),
        (
            "[[webhooks]]\nurl = \"http://example.com\"\nsecret = \"0123456789abcdef\"".to_owned(),
            "https",
        ),
        (
            "[[webhooks]]\nurl = \"https://10.0.0.1/\"\nsecret = \"0123456789abcdef\"".to_owned(),
            "public",
        ),
        (
            "[[webhooks]]\nurl = \"https://example.com\"\nsecret = \"short\"".to_owned(),
            "16",
        ),
        (
            "[[webhooks]]\nurl = \"https://example.com\"\nsecret_file = \"gone\"".to_owned(),
            "gone",
        ),
    ];
    for (config, word) in cases {
        let printed = serve_with(&config, &[]);
        assert_eq!(printed.code, Some(1), "{config}");
        assert!(printed.err.contains(word), "{config}\n{}", printed.err);
        assert!(!printed.err.contains("panicked"), "{}", printed.err);
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_named() {
    let cases = [
        ("PAIDUP_LISTEN", "everywhere", "PAIDUP_LISTEN"),
        (
            "PAIDUP_LISTEN",
            "http://localhost:8787",
            "leave out the scheme",
        ),
        ("PAIDUP_MODE", "prod", "PAIDUP_MODE"),
        ("DATABASE_URL", "mysql://localhost/x", "sqlite"),
        ("STRIPE_API_KEY", "pk_test_1", "STRIPE_API_KEY"),
        ("STRIPE_API_KEY", "sk_live_1", "live"),
        ("STRIPE_WEBHOOK_SECRET", " ", "STRIPE_WEBHOOK_SECRET"),
        ("STRIPE_API_KEY_FILE", "/nowhere/at/all", "/nowhere/at/all"),
        ("PAIDUP_CONFIG", "elsewhere.toml", "elsewhere.toml"),
    ];
    for (name, value, word) in cases {
        let printed = serve_with("", &[(name, value)]);
        assert_eq!(printed.code, Some(1), "{name}={value}");
        assert!(
            printed.err.contains(word),
            "{name}={value}\n{}",
            printed.err
        );
    }
}

#[test]
fn a_secret_in_a_mistake_is_not_repeated() {
    let secret = "sk_live_canary0123456789";
    let printed = serve_with("", &[("STRIPE_API_KEY", secret)]);
    assert!(!printed.err.contains("canary") && !printed.out.contains("canary"));
    let url = "postgres://user:canary@127.0.0.1:1/none";
    let printed = serve_with("", &[("DATABASE_URL", url)]);
    assert_eq!(printed.code, Some(1));
    assert!(!printed.err.contains("canary"), "{}", printed.err);
}

#[test]
fn an_address_that_is_taken_says_how_to_choose_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let printed = serve_with("", &[("PAIDUP_LISTEN", &address)]);
    assert_eq!(printed.code, Some(1));
    assert!(printed.err.contains("PAIDUP_LISTEN"), "{}", printed.err);
}

#[test]
fn a_license_that_is_not_there_points_to_the_list() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["licenses", "list"][..],
        &["keys", "export"],
        &["why", "lic_1"],
        &["events", "list"],
    ] {
        let printed = run(paidup(folder.path(), command), b"");
        assert_eq!(printed.code, Some(1), "{command:?}");
        assert!(
            printed.err.contains("there is no issuer in"),
            "{}",
            printed.err
        );
        assert!(
            !folder.path().join("paidup-data").exists(),
            "and none is made"
        );
    }
    assert_eq!(run(paidup(folder.path(), &["migrate"]), b"").code, Some(0));
    let printed = run(paidup(folder.path(), &["licenses", "show", "lic_1"]), b"");
    assert_eq!(printed.code, Some(1));
    assert!(
        printed.err.contains("paidup licenses list"),
        "{}",
        printed.err
    );
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = file.join("data");
    let shown = |path: &Path| path.display().to_string();
    let printed = run(
        paidup(folder.path(), &["serve", "--data-dir", &shown(&inside)]),
        b"",
    );
    assert_eq!(printed.code, Some(1));
    assert!(printed.err.contains("data directory"), "{}", printed.err);
}

#[test]
fn what_is_not_understood_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["licenses"],
        &["serve", "--loud"],
    ] {
        assert_eq!(
            run(paidup(folder.path(), arguments), b"").code,
            Some(2),
            "{arguments:?}"
        );
    }
}
