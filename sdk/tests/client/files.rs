//! Files on a bad day. Never a panic, never a hang, never a wrong yes, and never a no
//! because a file could not be written.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use paidup::{Code, Event, FileStore, Store as _, blocking};

use crate::server::Server;
use crate::{KEY, NOW, app};

pub(crate) struct Disk {
    pub(crate) folder: tempfile::TempDir,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn witness(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn store(&self) -> FileStore {
        FileStore::in_folders(&self.state(), &self.witness())
    }

    pub(crate) fn client(&self, url: &str) -> blocking::Client {
        app(url).store(self.store()).build_blocking().unwrap()
    }

    /// What is in the folder of the state.
    pub(crate) fn files(&self) -> Vec<std::ffi::OsString> {
        let files = fs::read_dir(self.state()).unwrap();
        let mut names: Vec<_> = files.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    }

    /// Activated, and closed.
    pub(crate) fn activated() -> Self {
        let disk = Self::new();
        let server = Server::honest();
        disk.client(&server.url).activate(KEY).unwrap();
        disk
    }

    pub(crate) fn code(&self) -> Code {
        self.client("http://127.0.0.1:1").check().code()
    }
}

#[test]
fn a_license_is_there_again_after_a_restart_and_nobody_else_can_read_it() {
    let disk = Disk::activated();
    assert_eq!(disk.code(), Code::Valid);
    #[cfg(unix)]
    for file in ["data/license", "state/seen"] {
        use std::os::unix::fs::PermissionsExt as _;

        let path = disk.folder.path().join(file);
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(
        disk.store().path(),
        Some(disk.state().join("license").as_path())
    );
    assert_eq!(disk.files(), [".lock", "license"], "no drafts");
}

#[test]
fn cut_off_at_any_byte_it_is_never_a_wrong_answer() {
    let disk = Disk::activated();
    let path = disk.state().join("license");
    let whole = fs::read(&path).unwrap();
    for end in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(disk.code(), Code::NoLicense, "{end}");
    }
}

#[test]
fn a_disk_that_takes_nothing_does_not_lock_an_app() {
    // A file where the folder should be: nobody can write below it, root included.
    let disk = Disk::new();
    fs::write(disk.state(), "in the way").unwrap();
    fs::write(disk.witness(), "in the way").unwrap();
    let server = Server::honest();
    let client = disk.client(&server.url);
    assert_eq!(client.activate(KEY).unwrap().code(), Code::Valid);
    assert!(client.allows("export"));
    let events = client.events();
    assert!(
        events.contains(&Event::NotStored),
        "and it is told: {events:?}"
    );
}

#[test]
fn an_older_state_that_is_put_back_shows() {
    let disk = Disk::activated();
    let before = fs::read(disk.state().join("license")).unwrap();
    let server = Server::honest();
    disk.client(&server.url).deactivate().unwrap();
    assert_eq!(disk.code(), Code::NoLicense);
    fs::write(disk.state().join("license"), before).unwrap();
    assert_eq!(disk.code(), Code::StaleToken);
}

#[test]
fn a_state_of_another_machine_says_so() {
    let disk = Disk::activated();
    let elsewhere = app("http://127.0.0.1:1").fingerprint("sha256:another-machine");
    let client = elsewhere.store(disk.store()).build_blocking().unwrap();
    assert_eq!(client.check().code(), Code::FingerprintMismatch);
    let told = client.explain();
    assert_eq!(
        told.next_action,
        "Activate this machine with the license key."
    );
}

#[test]
fn a_second_app_does_not_undo_what_the_first_was_told() {
    let disk = Disk::activated();
    let hour = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&hour);
    let second = app("http://127.0.0.1:1")
        .clock(move || NOW.plus(clock.load(Ordering::SeqCst) * 3600))
        .store(disk.store())
        .build_blocking()
        .unwrap();
    assert_eq!(second.check().code(), Code::Valid);
    let server = Server::honest();
    disk.client(&server.url).deactivate().unwrap();
    // The second one has a watermark to write down, an hour later.
    hour.store(1, Ordering::SeqCst);
    let _ = second.check();
    assert_eq!(disk.code(), Code::NoLicense, "the first one's word stands");
    assert_eq!(
        second.check().code(),
        Code::NoLicense,
        "and the second has heard it"
    );
}

#[test]
fn two_apps_at_once_leave_a_whole_file() {
    let disk = Disk::activated();
    let server = Server::honest();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let client = disk.client(&server.url);
                for _ in 0..10 {
                    client.refresh().unwrap();
                }
            });
        }
    });
    assert_eq!(disk.code(), Code::Valid);
    let loaded = disk.store().load();
    assert!(loaded.state.is_some() && loaded.witness.is_some());
}
