//! `paidup keys sign`: the root's part, on whatever machine it is.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use paidup::Keyset;

use super::{Failure, passphrase};
use crate::app::iso8601;
use crate::root::Root;

const MAX_DRAFT: u64 = 64 * 1024;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The draft, or - for standard input
    draft: PathBuf,
    /// The root
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// A file that holds its passphrase; otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Says what is signed on standard error, and prints the keyset alone.
pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let keyset = Keyset::from_json(read(&args.draft)?.trim().as_bytes())?;
    eprintln!("Issuer     {}", keyset.iss);
    eprintln!("Version    {}", keyset.version);
    for key in &keyset.keys {
        let until = iso8601(key.not_after.as_secs());
        eprintln!("Key        {} until {until}", key.key.key_id());
    }
    for revocation in &keyset.revoked {
        eprintln!("Revoked    {} ({})", revocation.kid, revocation.reason);
    }
    for sunset in &keyset.sunset {
        let before = iso8601(sunset.issued_before.as_secs());
        eprintln!("Sunset     {}, issued before {before}", sunset.aud);
    }
    let passphrase = passphrase::known(args.passphrase_file.as_deref(), &args.root)?;
    println!("{}", Root::open(&args.root, &passphrase)?.sign(&keyset)?);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    let cannot = |error| format!("cannot read {}: {error}", path.display());
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(MAX_DRAFT).read_to_string(&mut text)?;
    } else {
        let file = std::fs::File::open(path).map_err(cannot)?;
        file.take(MAX_DRAFT)
            .read_to_string(&mut text)
            .map_err(cannot)?;
    }
    Ok(text)
}
