//! What may stand in the place of a file, and a disk that is full: on Unix.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use paidup::{Code, Event, FileStore, Setup};

use crate::files::Disk;
use crate::server::Server;
use crate::{KEY, app};

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
        for place in ["data/license", "state/seen", "data/.lock"] {
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

/// Set in the process whose environment points elsewhere: where the license should be.
const MOVED: &str = "PAIDUP_TEST_MOVED";

#[test]
fn no_variable_of_the_environment_moves_a_license() {
    #[expect(
        clippy::disallowed_methods,
        reason = "this test starts itself once more"
    )]
    let moved = std::env::var(MOVED);
    let setup = Setup::new(crate::server::ISSUER, "notes");
    let here = FileStore::of_user(&setup);
    let here = here.path().unwrap();
    if let Ok(expected) = moved {
        assert_eq!(here, Path::new(&expected));
        return;
    }
    // The folders are those of the user, as the system knows him.
    let script = "import os,pwd; print(pwd.getpwuid(os.getuid()).pw_dir)";
    let home = Command::new("python3")
        .args(["-c", script])
        .output()
        .unwrap();
    let home = String::from_utf8(home.stdout).unwrap();
    let folder = Path::new(home.trim()).join(".local/share/paidup");
    let expected = folder.join(setup.storage_name()).join("license");
    assert_eq!(here, expected);
    let itself = std::env::current_exe().unwrap();
    let status = Command::new(itself)
        .args([
            "--exact",
            "hostile_files::no_variable_of_the_environment_moves_a_license",
        ])
        .env(MOVED, &expected)
        .env("HOME", "/somewhere")
        .env("XDG_DATA_HOME", "/somewhere/data")
        .env("XDG_STATE_HOME", "/somewhere/state")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
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
        .arg("hostile_files::a_full_disk_keeps_what_was_there")
        .env(FULL, disk.folder.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read(disk.state().join("license")).unwrap(), before);
    assert_eq!(disk.files(), [".lock", "license"], "no drafts");
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
