//! `paidup simulate`: plays a billing history through the real issuer, so that a change
//! of policies or settings can be tried before a customer meets it.
//!
//! A scenario says what the vendor sells, what happens at Stripe, and what should come
//! of it. Nothing is configured, and no network is needed: Stripe is played by the
//! fake one, and the clock is the scenario's own.

mod at_stripe;
mod expect;
mod outcome;
mod play;
mod report;
mod scenario;
mod step;
mod trouble;
mod words;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

pub use outcome::{Held, Mismatch, Moment, Offline, Played, Webhook};
pub use play::{Delivery, play};
pub use scenario::{Scenario, ScenarioError};

use crate::sandbox::Failure;

/// Flags of `paidup simulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The scenario, a YAML file
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Exits 1 where something is not as the scenario expects, 2 where the file is none.
pub(crate) async fn run(args: &Args) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| format!("cannot read {}: {error}", args.file.display()))?;
    let scenario = match Scenario::parse(&text) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("paidup: {}: {error}", args.file.display());
            return Ok(ExitCode::from(2));
        }
    };
    let played = play(&scenario, Delivery::AsTold, true).await?;
    match args.json {
        true => println!(
            "{}",
            serde_json::to_string_pretty(&report::view(&scenario, &played))?
        ),
        false => report::print(&scenario, &played),
    }
    Ok(match played.mismatches.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
