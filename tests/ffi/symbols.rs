//! The libraries export what the header declares, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use paidup_tests::{Failure, Outcome};

use crate::program::{Library, run};

/// The functions that the header declares, by the C compiler's own account.
fn declared(library: Library) -> Result<BTreeSet<String>, Failure> {
    let mut command = Command::new("gcc");
    command
        .args(["-E", "-P"])
        .args(library.flags(&["--cflags"])?)
        .arg(library.prefix().join("include/paidup.h"));
    let text = run(&mut command, "")?;
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("paidup_") {
        let name: String = text[at..]
            .chars()
            .take_while(|it| it.is_ascii_alphanumeric() || *it == '_')
            .collect();
        let before = text[..at].chars().next_back();
        let is_whole = before.is_none_or(|it| !it.is_ascii_alphanumeric() && it != '_');
        if is_whole && text[at + name.len()..].starts_with('(') {
            names.insert(name);
        }
    }
    Ok(names)
}

#[test]
fn exported_is_what_the_header_declares() -> Outcome {
    for (library, at_least) in [(Library::Client, 120), (Library::Verify, 95)] {
        let declared = declared(library)?;
        let file = library.prefix().join("lib/libpaidup.so");
        let mut command = Command::new("nm");
        command.args(["-D", "--defined-only"]).arg(file);
        let mut exported = BTreeSet::new();
        for line in run(&mut command, "")?.lines() {
            let name = line.split_whitespace().nth(2).ok_or("no name")?;
            // The version itself is a symbol too.
            if name.starts_with("PAIDUP_") {
                continue;
            }
            let (name, version) = name.split_once("@@").ok_or("no version")?;
            assert_eq!(version, "PAIDUP_0.1", "{name}");
            exported.insert(name.to_owned());
        }
        assert_eq!(exported, declared, "{library:?}");
        assert!(
            declared.len() >= at_least,
            "{library:?}: {}",
            declared.len()
        );
    }
    Ok(())
}

#[test]
fn the_shared_library_is_known_by_its_soname() -> Outcome {
    let lib = Library::Client.prefix().join("lib");
    let mut command = Command::new("objdump");
    command.arg("-p").arg(lib.join("libpaidup.so"));
    let told = run(&mut command, "")?;
    let soname = told.lines().find(|it| it.contains("SONAME"));
    assert!(
        soname.is_some_and(|it| it.ends_with("libpaidup.so.0.1")),
        "{told}"
    );
    let link = |name: &str| std::fs::read_link(lib.join(name));
    assert_eq!(link("libpaidup.so")?, Path::new("libpaidup.so.0.1"));
    assert_eq!(link("libpaidup.so.0.1")?, Path::new("libpaidup.so.0.1.0"));
    Ok(())
}

#[test]
fn without_the_client_there_is_no_http_and_no_tls() -> Outcome {
    let tree = |features: &[&str]| {
        let mut command = Command::new("cargo");
        command
            .args([
                "tree",
                "-p",
                "paidup-ffi",
                "-e",
                "normal",
                "--prefix",
                "none",
            ])
            .args(features)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        run(&mut command, "")
    };
    let network = ["reqwest", "rustls", "hyper", "tokio", "ring"];
    let named = |tree: &str| {
        let name = |it: &&str| tree.lines().any(|line| line.split(' ').next() == Some(it));
        network.iter().filter(|it| name(it)).count()
    };
    assert_eq!(named(&tree(&[])?), network.len());
    assert_eq!(named(&tree(&["--no-default-features"])?), 0);
    Ok(())
}

/// A stripped program that verifies, with the static library.
#[test]
fn verifying_takes_less_than_700_kilobytes() -> Outcome {
    const MOST: u64 = 700_000;
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("smallest");
    let smallest = concat!(env!("CARGO_MANIFEST_DIR"), "/../ffi/measure/smallest.c");
    let mut command = Command::new("gcc");
    command
        .args(["-O2", "-s", "-Wl,--gc-sections", smallest])
        .args(Library::Verify.flags(&["--cflags"])?)
        .args(Library::Verify.flags(&["--variable=static"])?)
        .arg("-o")
        .arg(&program);
    run(&mut command, "")?;
    let size = std::fs::metadata(&program)?.len();
    assert!(size <= MOST, "{size} bytes");
    Ok(())
}
