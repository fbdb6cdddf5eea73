//! Where the data is, and where the server listens, as people write it.

use std::net::TcpListener;

use super::mistakes::serve_with;
use super::serve::Server;
use super::{paidup, run};

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_data_directory_may_have_any_name() {
    let names = [
        "50% off",
        "what?",
        "no #1",
        "%41",
        "caf\u{e9} \u{65e5}\u{672c}",
        "a&b=c;d",
        "'q'uote",
    ];
    for name in names {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join(name);
        let shown = data.display().to_string();
        for command in ["migrate", "licenses"] {
            let arguments = match command {
                "migrate" => vec![command, "--data-dir", &shown],
                _ => vec![command, "list", "--json", "--data-dir", &shown],
            };
            let printed = run(paidup(folder.path(), &arguments), b"");
            assert_eq!(printed.code, Some(0), "{name}: {}", printed.err);
        }
        assert!(data.join("paidup.db").exists(), "{name}");
        let relative = run(
            paidup(folder.path(), &["licenses", "list", "--data-dir", name]),
            b"",
        );
        assert_eq!(relative.code, Some(0), "{name}: {}", relative.err);

        // The same file, by an address: only `?` and an escape have to be encoded in it.
        let path = shown.replace('?', "%3F").replace("%41", "%2541");
        for address in [
            format!("sqlite://{path}/paidup.db"),
            format!("sqlite:{path}/paidup.db"),
        ] {
            let mut command = paidup(folder.path(), &["licenses", "list"]);
            command
                .env("DATABASE_URL", &address)
                .env("PAIDUP_DATA_DIR", &shown);
            let printed = run(command, b"");
            assert_eq!(printed.code, Some(0), "{address}: {}", printed.err);
        }
        let others: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(others.len(), 1, "{name}: {others:?}");
    }
}

#[test]
fn the_server_listens_where_it_is_asked_to() {
    let port = free_port().to_string();
    let at = |host: &str| format!("{host}:{port}");
    let listen = |value: &str| vec![("PAIDUP_LISTEN", value.to_owned())];
    let cases = [
        (
            listen(&at("localhost")),
            String::new(),
            at("http://127.0.0.1"),
        ),
        (listen(&at("")), String::new(), at("http://0.0.0.0")),
        (listen(&port), String::new(), at("http://127.0.0.1")),
        (listen(&at("[::1]")), String::new(), at("http://[::1]")),
        (
            vec![("PORT", port.clone())],
            "listen = \"127.0.0.1:1\"".to_owned(),
            at("http://0.0.0.0"),
        ),
        (
            vec![("PORT", "1".to_owned()), ("PAIDUP_LISTEN", at("127.0.0.1"))],
            String::new(),
            at("http://127.0.0.1"),
        ),
        (
            Vec::new(),
            format!("listen = {port}"),
            at("http://127.0.0.1"),
        ),
        (
            Vec::new(),
            format!("listen = \"localhost:{port}\""),
            at("http://127.0.0.1"),
        ),
    ];
    for (environment, config, expected) in cases {
        if expected.contains("[::1]") && TcpListener::bind("[::1]:0").is_err() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("paidup.toml"), &config).unwrap();
        let environment: Vec<(&str, &str)> = environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let server = Server::start(folder.path(), &environment);
        assert_eq!(server.url, expected, "{environment:?} {config}");
        server.stop();
    }
    let refused = serve_with("", &[("PAIDUP_LISTEN", "nowhere.invalid:8787")]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .err
            .contains("cannot listen on nowhere.invalid:8787"),
        "{}",
        refused.err
    );
    for (config, reason) in [
        ("listen = \"localhost\"", "the port is missing"),
        ("listen = true", "listen is an address"),
        ("listen = 70000", "listen is an address"),
    ] {
        let refused = serve_with(config, &[]);
        assert_eq!(refused.code, Some(1), "{config}");
        assert!(refused.err.contains(reason), "{config}: {}", refused.err);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = paidup(folder.path(), &["serve"]);
    command.env("PORT", "http");
    let refused = run(command, b"");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("PORT: it is a port"),
        "{}",
        refused.err
    );
    let flag = run(paidup(folder.path(), &["serve", "--listen", "8787x"]), b"");
    assert_eq!(flag.code, Some(2));
    assert!(flag.err.contains("Write HOST:PORT"), "{}", flag.err);
    let help = run(paidup(folder.path(), &["serve", "--help"]), b"").out;
    assert!(help.contains("PORT, which is served on 0.0.0.0"), "{help}");
}
