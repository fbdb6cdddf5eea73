//! The command `paidup`, as a person or a script runs it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod connect;
mod demo;
mod input;
mod keys;
mod mistakes;
mod naming;
mod places;
mod reconcile;
mod serve;
mod simulate;
mod verify;
mod verify_input;
mod why;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a command printed, and how it ended.
struct Printed {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Printed {
    fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.out);
        assert!(parsed.is_ok(), "{}{}", self.out, self.err);
        parsed.unwrap()
    }
}

/// `paidup`, in a folder of its own and without anything from our environment.
fn paidup(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paidup"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

/// Runs it to its end, with this on standard input.
fn run(mut command: Command, input: &[u8]) -> Printed {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A command that does not read its input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Printed {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
