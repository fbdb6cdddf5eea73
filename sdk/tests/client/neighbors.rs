//! Two apps of one user that could be taken for each other.

use std::sync::{Arc, Mutex};

use paidup::{Client, Code, FileStore, Setup};

use crate::files::Disk;
use crate::server::{ISSUER, Server, reply};
use crate::{KEY, NOW};

#[test]
fn each_vendor_and_each_mode_has_its_own_folder() {
    let path = |setup: &Setup| FileStore::of_user(setup).path().unwrap().to_owned();
    let ours = path(&Setup::new(ISSUER, "notes"));
    assert_eq!(ours, path(&Setup::new(ISSUER, "notes").fingerprint("any")));
    for other in [
        Setup::new("https://licenses.other.example", "notes"),
        Setup::new(ISSUER, "notes").test_mode(),
        Setup::new(ISSUER, "Notes"),
        Setup::new(ISSUER, "no/tes"),
    ] {
        assert_ne!(ours, path(&other), "{other:?}");
    }
}

#[test]
fn another_vendors_server_hears_nothing_of_the_key() {
    let disk = Disk::activated();
    let heard = Arc::new(Mutex::new(String::new()));
    let ear = Arc::clone(&heard);
    let server = Server::with(move |path, body| {
        ear.lock().unwrap().push_str(&format!("{path} {body}\n"));
        reply(404, "", "")
    });
    // Another issuer and another key; but somebody let both apps share a folder.
    let other = Client::builder("https://licenses.other.example", "notes")
        .url(&server.url)
        .key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        .fingerprint("sha256:this-machine")
        .clock(|| NOW)
        .store(disk.store())
        .build_blocking()
        .unwrap();
    assert!(!other.check().usable());
    for asked in [
        other.refresh().map(drop),
        other.machines().map(drop),
        other.deactivate(),
    ] {
        assert_eq!(asked.unwrap_err().code(), Code::NoLicense);
    }
    assert_eq!(*heard.lock().unwrap(), "");
    assert!(!format!("{other:?}").contains(KEY));
}
