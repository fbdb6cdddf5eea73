//! `paidup keys`: which keys sign, and who says so.
//!
//! The root signs keysets; it may lie on another machine. There `paidup keys sign`
//! signs the draft that `rotate`, `revoke`, `renew` or `sunset` have written here, and
//! here `paidup keys install` takes it.

mod change;
mod export;
mod init;
mod list;
mod passphrase;
mod replace_root;
mod sign;

use std::process::ExitCode;

use super::{Failure, open_or_begin, open_whole, print_json, table};
use crate::settings::Flags;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a root, and the first keyset, of the key that signs already
    Init(init::Args),
    /// The roots, the signing keys and what they may
    List {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Let a new key sign from now on; nobody notices
    Rotate(change::Signature),
    /// A signing key is in wrong hands: no token of it is good any more
    Revoke(change::Revoke),
    /// Promise that what was bought before outlives this issuer
    Sunset(change::Sunset),
    /// The root is in wrong hands: let the next release of the app pin another one
    ReplaceRoot(replace_root::Args),
    /// Sign the keyset anew, so that new installations still take it
    Renew(change::Signature),
    /// Sign a draft, on the machine where the root is; no database is needed
    Sign(sign::Args),
    /// Take a keyset that was signed elsewhere
    Install {
        /// Its file, or - for standard input
        keyset: std::path::PathBuf,
    },
    /// What to build into an app, as JSON
    Export {
        /// The newest keyset itself instead
        #[arg(long)]
        keyset: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    if let Command::Sign(args) = command {
        return sign::run(args);
    }
    let app = match command {
        Command::Init(_) => open_or_begin(flags).await?,
        _ => open_whole(flags).await?,
    };
    match command {
        Command::Init(args) => init::run(&app, args).await?,
        Command::List { json } => list::run(&app, *json).await?,
        Command::Rotate(signature) => change::rotate(&app, signature).await?,
        Command::Revoke(args) => change::revoke(&app, args).await?,
        Command::Sunset(args) => change::sunset(&app, args).await?,
        Command::ReplaceRoot(args) => replace_root::run(&app, args).await?,
        Command::Renew(signature) => change::renew(&app, signature).await?,
        Command::Install { keyset } => change::install(&app, &sign::read(keyset)?).await?,
        Command::Export { keyset } => export::run(&app, *keyset).await?,
        Command::Sign(_) => {}
    }
    app.store().close().await;
    Ok(ExitCode::SUCCESS)
}
