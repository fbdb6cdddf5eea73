//! `paidup events`: what Stripe sent, and what became of it.

use std::process::ExitCode;

use serde_json::json;

use super::{Failure, open, print_json, table};
use crate::app::iso8601;
use crate::settings::Flags;
use crate::store::events::{self, EventRow, EventState};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// All events, in the order of their arrival
    List {
        /// Only those that wait for something
        #[arg(long, conflicts_with = "quarantined")]
        parked: bool,
        /// Only those that could not be understood
        #[arg(long)]
        quarantined: bool,
        /// One JSON array, everything
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    let Command::List {
        parked,
        quarantined,
        json,
    } = command;
    let state = match (parked, quarantined) {
        (true, _) => Some(EventState::Parked),
        (_, true) => Some(EventState::Quarantined),
        _ => None,
    };
    let app = open(flags).await?;
    let listed = events::list(&mut *app.store().read().await?, state).await?;
    app.store().close().await;
    if *json {
        print_json(&listed.iter().map(view).collect::<Vec<_>>())?;
    } else {
        let rows = listed.iter().map(row).collect();
        table::print(
            &["RECEIVED", "EVENT", "TYPE", "OBJECT", "STATE", "REASON"],
            rows,
            "There are no such events.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn view(event: &EventRow) -> serde_json::Value {
    let arrival = &event.arrival;
    json!({
        "id": arrival.id,
        "type": arrival.kind,
        "account": Some(&arrival.account).filter(|it| !it.is_empty()),
        "object": arrival.subject,
        "created": iso8601(arrival.created),
        "receivedAt": iso8601(event.received_at),
        "state": event.state.as_str(),
        "reason": event.reason,
        "attempts": event.attempts,
        "nextAttemptAt": event.due_at.map(iso8601),
    })
}

fn row(event: &EventRow) -> Vec<String> {
    vec![
        iso8601(event.received_at),
        event.arrival.id.clone(),
        event.arrival.kind.clone(),
        event.arrival.subject.clone().unwrap_or_default(),
        event.state.to_string(),
        event.reason.clone().unwrap_or_default(),
    ]
}
