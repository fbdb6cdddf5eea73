//! The command `paidup`.

use std::process::ExitCode;

fn main() -> ExitCode {
    paidup_issuer::cli::run()
}
