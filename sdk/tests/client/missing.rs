//! A paid license on disk opens whatever else is missing: root certificates, threads,
//! descriptors, locks, a network, a clock that makes sense.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use paidup::{Code, FileStore, UnixTime, blocking};

use crate::app;
use crate::files::Disk;
use crate::server::{Server, reply};

/// Set in the process that lacks something: the folder with its license.
const CHILD: &str = "PAIDUP_TEST_MISSING";

#[expect(
    clippy::disallowed_methods,
    reason = "these tests start themselves once more"
)]
fn in_child(test: impl FnOnce(&Path)) -> bool {
    let folder = std::env::var(CHILD);
    let is_child = folder.is_ok();
    if let Ok(folder) = folder {
        test(Path::new(&folder));
    }
    is_child
}

/// Runs the test of this name once more, as a process that was prepared.
fn run(name: &str, disk: &Disk, command: Command, prepare: impl FnOnce(&mut Command)) {
    let mut command = command;
    prepare(&mut command);
    let output = command
        .args(["--exact", &format!("missing::{name}"), "--nocapture"])
        .env(CHILD, disk.folder.path())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

fn itself() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

fn open(folder: &Path, url: &str) -> blocking::Client {
    let store = FileStore::in_folders(&folder.join("data"), &folder.join("state"));
    app(url).store(store).build_blocking().unwrap()
}

/// Elsewhere the system itself has them.
#[test]
#[cfg(target_os = "linux")]
fn a_license_opens_without_root_certificates() {
    let opens = |folder: &Path| {
        let client = open(folder, "https://127.0.0.1:1");
        assert_eq!(client.check().code(), Code::Valid);
        let error = client.refresh().unwrap_err();
        assert_eq!(error.code(), Code::Network);
        let sentence = error.to_string();
        assert!(sentence.contains("HTTPS cannot be set up"), "{sentence}");
        assert!(error.next_step().contains("root certificates"));
        assert_eq!(client.check().code(), Code::Valid);
        // Without https they are not needed.
        let server = Server::honest();
        let client = open(folder, &server.url);
        assert_eq!(client.refresh().unwrap().code(), Code::Valid);
    };
    if in_child(opens) {
        return;
    }
    let disk = Disk::activated();
    let empty = disk.folder.path().join("empty.pem");
    let garbage = disk.folder.path().join("garbage.pem");
    fs::write(&empty, "").unwrap();
    fs::write(&garbage, [0xff; 4096]).unwrap();
    for bundle in [Path::new("/nowhere/ca.pem"), &empty, &garbage] {
        let name = "a_license_opens_without_root_certificates";
        run(name, &disk, itself(), |command| {
            command.env("SSL_CERT_FILE", bundle);
            command.env("SSL_CERT_DIR", "/nowhere");
        });
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_license_opens_without_a_thread() {
    let opens = |folder: &Path| {
        let server = "http://127.0.0.1:1";
        let client = open(folder, server);
        assert_eq!(client.check().code(), Code::Valid);
        client.start_refreshing();
        let error = client.refresh().unwrap_err();
        assert_eq!(error.code(), Code::Network);
        assert!(error.to_string().contains("no thread"), "{error}");
        assert!(client.allows("export"));
        client.stop_refreshing();
    };
    if in_child(opens) {
        return;
    }
    let name = "a_license_opens_without_a_thread";
    run(name, &Disk::activated(), itself(), |command| {
        // No address space has room for such a stack.
        command.env("RUST_MIN_STACK", (1_u64 << 60).to_string());
        command.env("RUST_TEST_THREADS", "1");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_refresh_that_found_no_descriptor_starts_later() {
    let opens = |folder: &Path| {
        let server = Server::honest();
        let client = open(folder, &server.url);
        let threads = || fs::read_dir("/proc/self/task").unwrap().count();
        let before = threads();
        let taken: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        assert!(taken.len() < 200, "the limit does not hold");
        assert_eq!(client.check().code(), Code::Valid);
        client.start_refreshing();
        assert_eq!(client.refresh().unwrap_err().code(), Code::Network);
        drop(taken);
        assert_eq!(threads(), before);
        assert_eq!(client.check().code(), Code::Valid);
        assert_eq!(threads(), before + 1, "the background runs");
        assert_eq!(client.refresh().unwrap().code(), Code::Valid);
    };
    if in_child(opens) {
        return;
    }
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -n 200; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap());
    let name = "a_refresh_that_found_no_descriptor_starts_later";
    run(name, &Disk::activated(), limited, |_| {});
}

/// Windows opens no socket without its own variables.
#[test]
#[cfg(unix)]
fn a_license_opens_in_an_environment_of_nonsense() {
    let opens = |folder: &Path| {
        let elsewhere = open(folder, "https://no-such-host.invalid");
        assert_eq!(elsewhere.check().code(), Code::Valid);
        assert_eq!(elsewhere.refresh().unwrap_err().code(), Code::Network);
        assert_eq!(elsewhere.check().code(), Code::Valid);
        let nowhere = open(folder, "not an address");
        assert_eq!(nowhere.check().code(), Code::Valid);
        assert_eq!(nowhere.refresh().unwrap_err().code(), Code::Network);
    };
    if in_child(opens) {
        return;
    }
    let name = "a_license_opens_in_an_environment_of_nonsense";
    run(name, &Disk::activated(), itself(), |command| {
        command.env_clear();
        command.env("HTTP_PROXY", "::not a proxy::");
        command.env("HTTPS_PROXY", "gopher://[");
        command.env("ALL_PROXY", "http://no-such-proxy.invalid:1");
        command.env("NO_PROXY", "\u{1},,*.");
        command.env("TMPDIR", "/nowhere");
        command.env("HOME", "");
    });
}

#[test]
fn an_issuer_on_this_machine_is_asked_without_a_proxy() {
    let asks = |folder: &Path| {
        let server = Server::honest();
        let by_name = server.url.replace("127.0.0.1", "localhost");
        for url in [&server.url, &by_name] {
            let client = open(folder, url);
            assert_eq!(client.refresh().unwrap().code(), Code::Valid, "{url}");
        }
        // The proxy is there for others.
        let store = FileStore::in_folders(&folder.join("data"), &folder.join("state"));
        let other = app("http://licenses.example.com/").danger_allow_http();
        let other = other.store(store).build_blocking().unwrap();
        let error = other.refresh().unwrap_err().to_string();
        assert!(error.contains("502"), "{error}");
    };
    if in_child(asks) {
        return;
    }
    let proxy = Server::with(|_, _| reply(502, "", ""));
    let name = "an_issuer_on_this_machine_is_asked_without_a_proxy";
    run(name, &Disk::activated(), itself(), |command| {
        for variable in ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"] {
            command.env(variable, &proxy.url);
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy");
    });
    let asked = proxy.asked.lock().unwrap();
    assert_eq!(
        *asked,
        ["http://licenses.example.com/api/v1/tokens/refresh"]
    );
}

#[test]
fn a_license_opens_without_a_lock_and_without_its_second_place() {
    let disk = Disk::activated();
    fs::remove_file(disk.state().join(".lock")).unwrap();
    fs::create_dir(disk.state().join(".lock")).unwrap();
    fs::remove_dir_all(disk.witness()).unwrap();
    fs::write(disk.witness(), "in the way").unwrap();
    let server = Server::honest();
    let client = disk.client(&server.url);
    assert_eq!(client.check().code(), Code::Valid);
    assert_eq!(client.refresh().unwrap().code(), Code::Valid);
    assert_eq!(disk.code(), Code::Valid);
}

#[test]
fn a_license_opens_on_any_clock_and_one_contact_heals_it() {
    const YEAR: i64 = 365 * 86_400;

    for seconds in [i64::MIN, -70 * YEAR, -1, 0, 1, 8000 * YEAR, i64::MAX] {
        let disk = Disk::activated();
        let server = Server::honest();
        let client = app(&server.url)
            .store(disk.store())
            .clock(move || UnixTime::from_secs(seconds))
            .build_blocking()
            .unwrap();
        let answer = client.check();
        assert!(!answer.usable() && answer.license().is_some(), "{seconds}");
        let healed = client.refresh().unwrap();
        // No system's clock shows the first and the last.
        if ![i64::MIN, i64::MAX].contains(&seconds) {
            assert_eq!(healed.code(), Code::Valid, "{seconds}");
        }
        drop(client);
        assert_eq!(disk.code(), Code::Valid, "{seconds}");
    }
}
