//! What may be found behind the issuer's address.

use std::time::{Duration, Instant};

use paidup::{Code, MemoryStore, blocking};

use crate::server::{Server, reply};
use crate::{KEY, app};

fn client(url: &str) -> blocking::Client {
    app(url)
        .store(MemoryStore::default())
        .build_blocking()
        .unwrap()
}

#[test]
fn a_mistyped_key_costs_no_request() {
    let server = Server::honest();
    let error = client(&server.url)
        .activate("NOTES-MPJTB-9D5MP")
        .unwrap_err();
    assert_eq!(error.code(), Code::LicenseKeyMalformed);
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn portals_proxies_and_worse_are_a_failed_contact() {
    let long = "x".repeat(10_000_000);
    let replies = [
        reply(302, "location: http://portal.example/login\r\n", ""),
        reply(
            200,
            "content-type: text/html\r\n",
            "<html>Welcome to the hotel</html>",
        ),
        reply(404, "", "<h1>Not Found</h1>"),
        reply(407, "", "proxy authentication required"),
        reply(500, "", ""),
        reply(200, "", &long),
        reply(200, "content-encoding: gzip\r\n", "not gzip at all"),
        "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\ncut off".to_owned(),
        "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        String::new(),
    ];
    for text in replies {
        let shown: String = text.chars().take(40).collect();
        let server = Server::with(move |_, _| text.clone());
        let client = client(&server.url);
        let error = client.activate(KEY).unwrap_err();
        assert_eq!(error.code(), Code::Network, "{shown}: {error}");
        assert_eq!(client.check().code(), Code::NoLicense);
        assert!(!error.to_string().contains(KEY));
    }
}

#[test]
fn a_portal_takes_no_license_away() {
    let page = "<html>Welcome to the hotel</html>";
    for text in [
        reply(200, "", page),
        reply(404, "", page),
        reply(200, "", ""),
    ] {
        let disk = crate::files::Disk::activated();
        let portal = Server::with(move |_, _| text.clone());
        let client = disk.client(&portal.url);
        assert_eq!(client.deactivate().unwrap_err().code(), Code::Network);
        assert_eq!(client.free("mac_9").unwrap_err().code(), Code::Network);
        assert_eq!(client.check().code(), Code::Valid);
        drop(client);
        assert_eq!(disk.code(), Code::Valid);
    }
}

#[test]
fn patience_is_asked_for_in_words() {
    let sentence = "seats of this license were taken 30 times within thirty days";
    let body = format!(r#"{{"error":"{sentence}","code":"RATE_LIMITED","status":429}}"#);
    let cases = [
        (body.as_str(), 2_505_600, sentence),
        ("", 45, "the license server asks to wait 45 seconds"),
        ("", 600, "the license server asks to wait 10 minutes"),
        ("", 2_505_600, "the license server asks to wait 29 days"),
    ];
    for (body, seconds, expected) in cases {
        let text = reply(429, &format!("retry-after: {seconds}\r\n"), body);
        let server = Server::with(move |_, _| text.clone());
        let error = client(&server.url).activate(KEY).unwrap_err();
        assert_eq!(error.code(), Code::RateLimited);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn no_issuer_at_all_is_said_in_words() {
    let error = client("http://127.0.0.1:1").activate(KEY).unwrap_err();
    assert_eq!(error.code(), Code::Network);
    let sentence = error.to_string();
    assert!(sentence.contains("could not be reached"), "{sentence}");
    assert!(
        sentence.to_lowercase().contains("refused"),
        "the cause is named: {sentence}"
    );
    let nowhere = client("https://no-such-host.invalid")
        .activate(KEY)
        .unwrap_err();
    assert_eq!(nowhere.code(), Code::Network);
}

#[test]
fn checking_waits_for_nobody() {
    // A server that never replies.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(&format!("http://{}", silent.local_addr().unwrap()));
    let asking = client.clone();
    std::thread::spawn(move || asking.activate(KEY));
    let began = Instant::now();
    for _ in 0..1000 {
        assert_eq!(client.check().code(), Code::NoLicense);
    }
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_blocking_client_may_be_used_from_within_a_runtime() {
    let server = Server::honest();
    let client = client(&server.url);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async move {
        assert_eq!(client.activate(KEY).unwrap().code(), Code::Valid);
        client.start_refreshing();
        drop(client);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_background_ends_with_the_last_clone() {
    let server = Server::honest();
    let client = client(&server.url);
    client.activate(KEY).unwrap();
    client.start_refreshing();
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    drop(client);
    let began = Instant::now();
    while threads() >= before && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(threads() < before, "its thread is gone");
}

#[test]
fn what_is_built_wrong_says_so() {
    use paidup::{BuildError, Client};

    let builder = || Client::builder("https://licenses.example.com", "notes");
    assert!(matches!(builder().build(), Err(BuildError::NothingPinned)));
    let open = builder()
        .key(crate::server::public())
        .url("http://licenses.example.com");
    let error = open.build().unwrap_err();
    assert!(matches!(error, BuildError::Insecure { .. }), "{error}");
    let open = builder()
        .key(crate::server::public())
        .url("http://licenses.example.com");
    assert!(open.danger_allow_http().build().is_ok());
    let error = builder().root("not a key").build().unwrap_err();
    assert!(matches!(error, BuildError::Key { .. }), "{error}");
}
