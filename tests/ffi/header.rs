//! paidup.h is a header for everybody: each standard, both compilers, no warning.

use std::process::Command;

use paidup_tests::Outcome;

use crate::program::{Library, run, source};

const STANDARDS: [&str; 8] = [
    "c89", "c99", "c11", "c17", "c++11", "c++14", "c++17", "c++20",
];

#[test]
fn the_header_compiles_by_every_standard() -> Outcome {
    for library in [Library::Client, Library::Verify] {
        let flags = library.flags(&["--cflags"])?;
        for standard in STANDARDS {
            let compilers = match standard.starts_with("c++") {
                true => ["g++", "clang++"],
                false => ["gcc", "clang"],
            };
            for compiler in compilers {
                let mut command = Command::new(compiler);
                command
                    .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"])
                    .arg(format!("-std={standard}"))
                    .args([
                        "-x",
                        if standard.starts_with("c++") {
                            "c++"
                        } else {
                            "c"
                        },
                    ])
                    .args(&flags)
                    .arg(source("c/header.c"));
                run(&mut command, "")?;
            }
        }
    }
    Ok(())
}

/// The example that the header begins with, as it stands there.
#[test]
fn the_headers_own_example_compiles() -> Outcome {
    let header = Library::Client.prefix().join("include/paidup.h");
    let header = std::fs::read_to_string(header)?;
    let begin = header
        .find(" *   #include <paidup.h>")
        .ok_or("no example")?;
    let end = header
        .find(" * The issuer's address and the root")
        .ok_or("no end")?;
    let example: Vec<&str> = header[begin..end]
        .lines()
        .map(|it| it.strip_prefix(" *   ").unwrap_or_default())
        .collect();
    let mut command = Command::new("gcc");
    command
        .args([
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "-std=c89",
            "-fsyntax-only",
        ])
        .args(Library::Client.flags(&["--cflags"])?)
        .args(["-x", "c", "-"]);
    run(&mut command, &example.join("\n"))?;
    Ok(())
}
