//! Files on a bad day. Never a panic, never a hang, never a wrong yes, and never a no
//! because a file could not be written.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use paidup::{Code, Event, FileStore, Store as _, blocking};

use crate::server::Server;
use crate::{KEY, app};

struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn witness(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    fn store(&self) -> FileStore {
        FileStore::in_folders(&self.state(), &self.witness())
    }

    fn client(&self, url: &str) -> blocking::Client {
        app(url).store(self.store()).build_blocking().unwrap()
    }

    /// Activated, and closed.
    fn activated() -> Self {
        let disk = Self::new();
        let server = Server::honest();
        disk.client(&server.url).activate(KEY).unwrap();
        disk
    }

    fn code(&self) -> Code {
        self.client("http://127.0.0.1:1").check().code()
    }
}

#[test]
fn a_license_is_there_again_after_a_restart_and_nobody_else_can_read_it() {
    let disk = Disk::activated();
    assert_eq!(disk.code(), Code::Valid);
    for file in ["data/license", "state/seen"] {
        let path = disk.folder.path().join(file);
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(
        disk.store().path(),
        Some(disk.state().join("license").as_path())
    );
    // No drafts are left lying about.
    assert_eq!(fs::read_dir(disk.state()).unwrap().count(), 1);
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
fn what_stands_in_its_place_is_left_alone() {
    type Put = fn(&Path);
    let cases: &[(&str, Put)] = &[
        ("a folder", |it| fs::create_dir(it).unwrap()),
        ("a pipe", |it| {
            assert!(Command::new("mkfifo").arg(it).status().unwrap().success());
        }),
        ("a link to nothing", |it| {
            symlink("/nowhere/at/all", it).unwrap();
        }),
        ("a link to itself", |it| symlink(it, it).unwrap()),
        ("a link to a device that never ends", |it| {
            symlink("/dev/zero", it).unwrap();
        }),
        ("a link to a terminal", |it| {
            symlink("/dev/tty", it).unwrap();
        }),
        ("somebody else's file", |it| {
            fs::write(it, "[settings]\ndark = true\n").unwrap();
        }),
        ("a huge file", |it| {
            fs::File::create(it).unwrap().set_len(1 << 40).unwrap();
        }),
    ];
    for (what, put) in cases {
        for place in ["data/license", "state/seen"] {
            let disk = Disk::activated();
            let path = disk.folder.path().join(place);
            fs::remove_file(&path).unwrap();
            put(&path);
            let expected = match place {
                "data/license" => Code::NoLicense,
                _ => Code::Valid,
            };
            assert_eq!(disk.code(), expected, "{what} at {place}");
            // It can be activated all the same.
            let server = Server::honest();
            let client = disk.client(&server.url);
            assert_eq!(
                client.activate(KEY).unwrap().code(),
                Code::Valid,
                "{what} at {place}"
            );
            assert!(client.allows("export"));
        }
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

/// Set in the process that is to meet the full disk: where its folder is.
const FULL: &str = "PAIDUP_TEST_FULL_DISK";

#[test]
fn a_full_disk_keeps_what_was_there() {
    #[expect(
        clippy::disallowed_methods,
        reason = "this test starts itself once more"
    )]
    let full = std::env::var(FULL);
    if let Ok(folder) = full {
        return refresh_on_a_full_disk(Path::new(&folder));
    }
    let disk = Disk::activated();
    let before = fs::read(disk.state().join("license")).unwrap();
    // Files may not grow by a byte, which is what a full disk says too.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" --exact \"$1\"";
    let itself = std::env::current_exe().unwrap();
    let status = Command::new("sh")
        .args(["-c", script])
        .arg(itself)
        .arg("files::a_full_disk_keeps_what_was_there")
        .env(FULL, disk.folder.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read(disk.state().join("license")).unwrap(), before);
    assert_eq!(fs::read_dir(disk.state()).unwrap().count(), 1, "no drafts");
    assert_eq!(disk.code(), Code::Valid);
}

fn refresh_on_a_full_disk(folder: &Path) {
    let server = Server::honest();
    let store = FileStore::in_folders(&folder.join("data"), &folder.join("state"));
    let client = app(&server.url).store(store).build_blocking().unwrap();
    assert_eq!(client.refresh().unwrap().code(), Code::Valid);
    assert!(client.allows("export"));
    assert!(client.events().contains(&Event::NotStored));
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
fn no_variable_of_the_environment_moves_a_license() {
    // The folders are those of the user, as the system knows him.
    let here = FileStore::of_user("notes");
    let script = "import os,pwd; print(pwd.getpwuid(os.getuid()).pw_dir)";
    let home = Command::new("python3")
        .args(["-c", script])
        .output()
        .unwrap();
    let home = String::from_utf8(home.stdout).unwrap();
    let expected = Path::new(home.trim()).join(".local/share/paidup/notes/license");
    assert_eq!(here.path(), Some(expected.as_path()));
    let odd = FileStore::of_user("../../etc/pass wd");
    let path = odd.path().unwrap().to_string_lossy().into_owned();
    assert!(path.ends_with("paidup/------etc-pass-wd/license"), "{path}");
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
