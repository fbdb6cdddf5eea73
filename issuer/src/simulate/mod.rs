//! `paidup simulate`: runs a billing history through the real issuer, so that a change
//! of policies or settings can be tried before a customer meets it.
//!
//! A scenario says what the vendor sells, what happens at Stripe, and what should come
//! of it. Nothing is configured, and no network is needed: Stripe is simulated by the
//! fake one, and the clock is the scenario's own.

mod at_stripe;
mod bought;
mod catalog;
mod expect;
mod observe;
mod outcome;
mod play;
mod prices;
mod purchase;
mod report;
mod scenario;
mod span;
mod step;
mod story;
mod trouble;
mod words;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

pub use outcome::{Held, Mismatch, Moment, Offline, Played, Waiting, Webhook};
pub use play::{Delivery, play};
pub use scenario::{Scenario, ScenarioError};

use crate::sandbox::Failure;
use crate::settings::Flags;

/// Flags of `paidup simulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The scenario, a YAML file; with --config, the vendor's own catalog is used
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Exits 1 where something is not as the scenario expects, 2 where it cannot be
/// simulated.
pub(crate) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let played = match read(flags, args) {
        Ok(scenario) => play(&scenario, Delivery::AsTold)
            .await
            .map(|played| (scenario, played)),
        Err(failure) => Err(failure),
    };
    let (scenario, played) = match played {
        Ok(played) => played,
        Err(failure) => {
            let mut text = failure.to_string();
            let mut source = failure.source();
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            eprintln!("paidup: {}: {text}", args.file.display());
            return Ok(ExitCode::from(2));
        }
    };
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

/// The scenario, with the vendor's own catalog where `--config` names one.
fn read(flags: &Flags, args: &Args) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| format!("cannot read the scenario: {error}"))?;
    let mut scenario = Scenario::parse(&text)?;
    let Some(config) = &flags.config else {
        return Ok(scenario);
    };
    if scenario.catalog.is_some() {
        return Err(format!(
            "it has a catalog of its own; remove `catalog` from it to simulate with {}, or leave \
             out --config (PAIDUP_CONFIG)",
            config.display()
        )
        .into());
    }
    let catalog = std::fs::read_to_string(config)
        .map_err(|error| format!("cannot read {}: {error}", config.display()))?;
    scenario.catalog = Some(catalog);
    Ok(scenario)
}
