//! Scripts in other languages, as part of a test.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::Failure;

/// Runs a script with this on its standard input, which must end well, and returns what
/// it prints.
///
/// # Errors
/// What it has said on standard error, where it does not end well.
pub async fn tell(mut command: Command, given: &Value) -> Result<String, Failure> {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped
        .spawn()
        .map_err(|error| format!("{command:?}: {error}; tests/run installs what this needs"))?;
    let mut input = child.stdin.take().ok_or("no standard input")?;
    input.write_all(given.to_string().as_bytes()).await?;
    drop(input);
    let output = child.wait_with_output().await?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(told.into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
