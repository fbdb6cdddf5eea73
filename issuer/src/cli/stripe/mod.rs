//! `paidup stripe`: the connection to Stripe.

mod connect;
mod reconcile;
mod status;

use std::process::ExitCode;

use super::{Failure, open, open_whole, print_json, table};
use crate::settings::Flags;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check the key, and see to it that Stripe's events come here
    Connect(connect::Args),
    /// Show how the connection stands
    Status(status::Args),
    /// Compare everything that Stripe has with the licenses, and cure what differs
    Reconcile(reconcile::Args),
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Connect(args) => connect::run(flags, args).await,
        Command::Status(args) => status::run(flags, args).await,
        Command::Reconcile(args) => reconcile::run(flags, args).await,
    }
}
