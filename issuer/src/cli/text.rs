//! A text that is given as an argument, as a file, or on standard input.

use std::io::Read;
use std::path::Path;

use super::Failure;

/// More than any token or file of ours, so that one that is too long is still told so.
const MAX_INPUT: u64 = 128 * 1024;

/// A file and standard input lose one trailing newline, an argument nothing.
pub(super) fn text_of(argument: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if argument == "-" {
        std::io::stdin()
            .lock()
            .take(MAX_INPUT)
            .read_to_end(&mut bytes)?;
    } else if Path::new(argument).is_file() {
        std::fs::File::open(argument)?
            .take(MAX_INPUT)
            .read_to_end(&mut bytes)?;
    } else {
        return Ok(argument.to_owned());
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    // What is not UTF-8 is nothing of ours either way, and is told so.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
