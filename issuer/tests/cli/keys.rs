//! `paidup keys`, as a vendor uses it: a root at hand, a root elsewhere, a bad day.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::serve::Server;
use super::{Printed, paidup, run};

const PASSPHRASE: &str = "correct horse battery";
const CATALOG: &str = r#"
public_url = "https://licenses.example.com"
[[products]]
code = "notes"
[[policies]]
name = "growth"
product = "notes"
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("paidup.toml"), CATALOG).unwrap();
    fs::write(folder.path().join("pass"), PASSPHRASE).unwrap();
    let begun = run(paidup(folder.path(), &["migrate"]), b"");
    assert_eq!(begun.code, Some(0), "{}", begun.err);
    folder
}

fn keys(folder: &Path, arguments: &[&str]) -> Printed {
    run(paidup(folder, &[&["keys"], arguments].concat()), b"")
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let ran = keys(folder, arguments);
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
    ran.out
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let ran = keys(folder, arguments);
    assert_eq!(ran.code, Some(1), "{arguments:?}: {}", ran.out);
    ran.err
}

fn list(folder: &Path) -> Value {
    serde_json::from_str(&done(folder, &["list", "--json"])).unwrap()
}

fn version(folder: &Path) -> u64 {
    list(folder)["version"].as_u64().unwrap()
}

fn pins(folder: &Path) -> Vec<Value> {
    let exported: Value = serde_json::from_str(&done(folder, &["export"])).unwrap();
    exported["roots"].as_array().unwrap().clone()
}

fn states(folder: &Path) -> Vec<String> {
    let listed = list(folder);
    let keys = listed["keys"].as_array().unwrap();
    let state = |it: &Value| it["state"].as_str().unwrap().to_owned();
    keys.iter().map(state).collect()
}

#[test]
fn a_root_is_made_once_and_its_file_is_closed() {
    let folder = folder();
    let folder = folder.path();
    assert_eq!(states(folder), ["signs"], "before there is a root");
    let twins = ["init", "--root", "one.key", "--spare", "one.key"];
    let twins = refused(
        folder,
        &[&twins[..], &["--passphrase-file", "pass"]].concat(),
    );
    assert!(twins.contains("the root itself"), "{twins}");
    let told = done(
        folder,
        &["init", "--passphrase-file", "pass", "--spare", "spare.key"],
    );
    let exported: Value = serde_json::from_str(&done(folder, &["export"])).unwrap();
    let roots = exported["roots"].as_array().unwrap();
    assert_eq!(roots.len(), 2);
    assert_eq!(exported["keys"].as_array().unwrap().len(), 0);
    for root in roots {
        assert!(told.contains(root.as_str().unwrap()), "{told}");
    }
    for file in [
        "paidup-data/root.key",
        "spare.key",
        "paidup-data/signing.key",
    ] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let text = fs::read_to_string(folder.join("spare.key")).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let twice = refused(folder, &["init", "--passphrase-file", "pass"]);
    assert!(twice.contains("there is a root already"), "{twice}");
}

#[test]
fn a_rotation_announces_the_next_key_and_keeps_the_old_one() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["init", "--passphrase-file", "pass"]);
    let first = version(folder);
    assert!(
        first > 1_700_000_000,
        "it is counted in Unix seconds: {first}"
    );
    done(folder, &["rotate", "--passphrase-file", "pass"]);
    assert_eq!(states(folder), ["signs", "signs next"]);
    assert!(version(folder) > first);
    let text = done(folder, &["export", "--keyset"]);
    assert_eq!(text.trim().split('.').count(), 3);
}

#[test]
fn the_root_may_be_on_another_machine() {
    let folder = folder();
    let folder = folder.path();
    done(
        folder,
        &[
            "init",
            "--passphrase-file",
            "pass",
            "--root",
            "usb-root.key",
        ],
    );
    let away = tempfile::tempdir().unwrap();
    fs::rename(folder.join("usb-root.key"), away.path().join("root.key")).unwrap();
    fs::write(away.path().join("pass"), PASSPHRASE).unwrap();

    let lost = refused(folder, &["rotate"]);
    assert!(
        lost.contains("--draft writes what has to be signed"),
        "{lost}"
    );
    let first = version(folder);
    done(folder, &["rotate", "--draft", "draft.json"]);
    assert_eq!(version(folder), first, "nothing was changed yet");

    fs::copy(folder.join("draft.json"), away.path().join("draft.json")).unwrap();
    let sign = [
        "sign",
        "draft.json",
        "--root",
        "root.key",
        "--passphrase-file",
        "pass",
    ];
    let signed = keys(away.path(), &sign);
    assert_eq!(signed.code, Some(0), "{}", signed.err);
    assert!(
        signed.err.contains("Version    1") && !signed.err.contains(&first.to_string()),
        "it says what it signs: {}",
        signed.err
    );
    assert!(
        !away.path().join("paidup-data").exists(),
        "no database was made"
    );

    fs::write(folder.join("keyset.jwt"), &signed.out).unwrap();
    done(folder, &["install", "keyset.jwt"]);
    assert_eq!(states(folder), ["signs", "signs next"]);
    let again = refused(folder, &["install", "keyset.jwt"]);
    assert!(again.contains("make a new draft"), "{again}");
}

#[test]
fn a_revoked_key_is_replaced_at_once() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["init", "--passphrase-file", "pass"]);
    let key = list(folder)["keys"][0]["kid"].as_str().unwrap().to_owned();
    done(folder, &["revoke", &key, "--passphrase-file", "pass"]);
    let listed = list(folder);
    assert_eq!(listed["revoked"][0]["kid"], key.as_str());
    assert_eq!(listed["revoked"][0]["reason"], "compromised");
    assert_ne!(listed["keys"][0]["kid"], key.as_str());
    assert_eq!(states(folder), ["signs"]);
    let again = refused(folder, &["revoke", &key, "--passphrase-file", "pass"]);
    assert!(again.contains("paidup keys list"), "{again}");
}

#[test]
fn a_sunset_is_for_a_product_of_the_catalog() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["init", "--passphrase-file", "pass"]);
    let sunset = |product: &str, time: &str| {
        let arguments = ["sunset", "--product", product, "--issued-before", time];
        keys(
            folder,
            &[&arguments[..], &["--passphrase-file", "pass"]].concat(),
        )
    };
    let told = sunset("notes", "2027-01-31");
    assert_eq!(told.code, Some(0));
    assert!(
        told.out.contains("each subscription that runs then"),
        "{}",
        told.out
    );
    assert_eq!(list(folder)["sunset"][0]["issuedBefore"], 1_801_353_600);
    assert_eq!(sunset("notes", "2027-01-31T00:00:01Z").code, Some(0));
    assert_eq!(list(folder)["sunset"][0]["issuedBefore"], 1_801_353_601);
    assert_eq!(list(folder)["sunset"].as_array().unwrap().len(), 1);
    assert_eq!(sunset("typo", "2027-01-31").code, Some(1));
    assert_eq!(sunset("notes", "next year").code, Some(2));
}

#[test]
fn a_mistyped_passphrase_changes_nothing() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("short"), "hunter2").unwrap();
    let weak = refused(folder, &["init", "--passphrase-file", "short"]);
    assert!(weak.contains("at least 12"), "{weak}");
    done(folder, &["init", "--passphrase-file", "pass"]);
    fs::write(folder.join("wrong"), "incorrect horse battery").unwrap();
    let before = fs::read_to_string(folder.join("paidup-data/signing.key")).unwrap();
    let closed = refused(folder, &["rotate", "--passphrase-file", "wrong"]);
    assert!(closed.contains("passphrase is another one"), "{closed}");
    let after = fs::read_to_string(folder.join("paidup-data/signing.key")).unwrap();
    assert_eq!(before, after, "no key was made");
    // Nobody at the keyboard.
    let alone = refused(folder, &["rotate"]);
    assert!(alone.contains("--passphrase-file"), "{alone}");
}

#[test]
fn another_vendors_keyset_is_not_installed() {
    let (ours, theirs) = (folder(), folder());
    for folder in [&ours, &theirs] {
        done(folder.path(), &["init", "--passphrase-file", "pass"]);
    }
    done(theirs.path(), &["rotate", "--passphrase-file", "pass"]);
    let text = done(theirs.path(), &["export", "--keyset"]);
    fs::write(ours.path().join("theirs.jwt"), text).unwrap();
    let error = refused(ours.path(), &["install", "theirs.jwt"]);
    assert!(error.contains("none of the pinned roots"), "{error}");
    fs::write(ours.path().join("nonsense"), "hello").unwrap();
    refused(ours.path(), &["install", "nonsense"]);
}

#[test]
fn a_first_keyset_that_was_not_finished_is_begun_anew() {
    let (cut, whole) = (folder(), folder());
    done(whole.path(), &["init", "--passphrase-file", "pass"]);
    // It ended after the root was written, and before anything knew of it.
    done(cut.path(), &["list"]);
    let root = "paidup-data/root.key";
    fs::copy(whole.path().join(root), cut.path().join(root)).unwrap();
    done(cut.path(), &["init", "--passphrase-file", "pass"]);
    assert_eq!(
        pins(cut.path()),
        pins(whole.path()),
        "the root that was there"
    );
}

#[test]
fn a_stolen_root_gives_way_to_the_spare_and_a_new_one() {
    let folder = folder();
    let folder = folder.path();
    let with = ["--passphrase-file", "pass"];
    let run = |arguments: &[&str]| done(folder, &[arguments, &with].concat());
    run(&["init", "--spare", "spare.key"]);
    let (before, first) = (pins(folder), version(folder));
    fs::write(folder.join("new-pass"), "another horse battery").unwrap();
    let keep = ["--keep", "spare.key", "--keep-passphrase-file", "pass"];
    let replace = [
        &[
            "replace-root",
            "--new",
            "new.key",
            "--passphrase-file",
            "new-pass",
        ][..],
        &keep,
    ]
    .concat();

    let told = done(folder, &[&replace[..], &["--prepare"]].concat());
    assert_eq!((pins(folder), version(folder)), (before.clone(), first));
    let told_again = done(folder, &replace);
    let after = pins(folder);
    assert_eq!(after[0], before[1], "the spare is kept");
    assert!(!before.contains(&after[1]));
    for pin in &after {
        assert!(told.contains(pin.as_str().unwrap()), "{told}");
    }
    let min = format!("min_version({})", version(folder));
    assert!(told_again.contains(&min), "{told_again}");

    // The old root signs nothing that is installed here; the two others do.
    let old = refused(folder, &["rotate", "--passphrase-file", "pass"]);
    assert!(old.contains("none of the pinned roots"), "{old}");
    run(&["rotate", "--root", "spare.key"]);
    let new = ["--root", "new.key", "--passphrase-file", "new-pass"];
    done(folder, &[&["renew"][..], &new].concat());
    // Neither one that is pinned nor the stolen one is new.
    for (file, pass) in [("new.key", "new-pass"), ("paidup-data/root.key", "pass")] {
        let same = refused(
            folder,
            &["replace-root", "--new", file, "--passphrase-file", pass],
        );
        assert!(same.contains("is no new one"), "{same}");
    }
    // What no app pins cannot be kept.
    let stray = [
        "replace-root",
        "--new",
        "newer.key",
        "--keep",
        "paidup-data/root.key",
    ];
    let passes = [
        "--keep-passphrase-file",
        "pass",
        "--passphrase-file",
        "pass",
    ];
    let stray = refused(folder, &[&stray[..], &passes].concat());
    assert!(stray.contains("no app pins the root"), "{stray}");
    assert!(!folder.join("newer.key").exists());
}

#[test]
fn a_root_is_replaced_without_a_spare() {
    let folder = folder();
    let folder = folder.path();
    let replace = [
        "replace-root",
        "--new",
        "new.key",
        "--passphrase-file",
        "pass",
    ];
    let early = refused(folder, &replace);
    assert!(early.contains("paidup keys init"), "{early}");
    done(folder, &["init", "--passphrase-file", "pass"]);
    let before = pins(folder);
    let told = done(folder, &replace);
    assert!(
        told.contains("rotate none until customers have the new"),
        "{told}"
    );
    assert_eq!(pins(folder).len(), 1);
    assert_ne!(pins(folder), before);
    let new = ["--root", "new.key", "--passphrase-file", "pass"];
    done(folder, &[&["rotate"][..], &new].concat());
}

#[test]
fn a_keyset_that_ends_soon_is_told_in_the_list_and_in_the_log() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["init", "--passphrase-file", "pass"]);
    assert!(!done(folder, &["list"]).contains("keys renew"));
    done(folder, &["renew", "--draft", "draft.json"]);
    let text = fs::read_to_string(folder.join("draft.json")).unwrap();
    let mut draft: Value = serde_json::from_str(&text).unwrap();
    draft["exp"] = (draft["iat"].as_i64().unwrap() + 30 * 86_400).into();
    fs::write(folder.join("draft.json"), draft.to_string()).unwrap();
    let sign = ["sign", "draft.json", "--root", "paidup-data/root.key"];
    let signed = done(
        folder,
        &[&sign[..], &["--passphrase-file", "pass"]].concat(),
    );
    fs::write(folder.join("keyset.jwt"), signed).unwrap();
    done(folder, &["install", "keyset.jwt"]);
    let told = done(folder, &["list"]);
    assert!(
        told.contains("Soon       new installations take this keyset until"),
        "{told}"
    );
    assert_eq!(list(folder)["warnings"].as_array().unwrap().len(), 1);

    let server = Server::start(folder, &[("PAIDUP_LISTEN", "127.0.0.1:0")]);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fs::read_to_string(folder.join("log"))
        .unwrap()
        .contains("keys.ending")
    {
        assert!(Instant::now() < deadline, "nothing is logged");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (log, _) = server.stop();
    assert!(log.contains("paidup keys renew"), "{log}");
}
