//! `paidup stripe`: the connection to Stripe.

mod reconcile;

use std::process::ExitCode;

use super::{Failure, open, print_json, table};
use crate::settings::Flags;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Compare everything that Stripe has with the licenses, and cure what differs
    Reconcile(reconcile::Args),
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Reconcile(args) => reconcile::run(flags, args).await,
    }
}
