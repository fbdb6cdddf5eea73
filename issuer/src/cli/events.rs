//! `paidup events`: what Stripe sent, and what became of it.

use std::process::ExitCode;

use serde_json::json;

use super::{Failure, open, print_json, table};
use crate::app::{App, iso8601};
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
    /// One event, with the body that Stripe sent, as JSON
    Show {
        /// The event (evt_…)
        event: String,
    },
    /// Look again at events that could not be applied; a running issuer does the work
    Retry {
        /// Only this event (evt_…)
        event: Option<String>,
        /// Those that wait for something, instead of those that were not understood
        #[arg(long)]
        parked: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: &Command) -> Result<ExitCode, Failure> {
    let app = open(flags).await?;
    match command {
        Command::List {
            parked,
            quarantined,
            json,
        } => list(&app, *parked, *quarantined, *json).await?,
        Command::Show { event } => show(&app, event).await?,
        Command::Retry { event, parked } => retry(&app, event.as_deref(), *parked).await?,
    }
    app.store().close().await;
    Ok(ExitCode::SUCCESS)
}

async fn retry(app: &App, event: Option<&str>, parked: bool) -> Result<(), Failure> {
    let state = match parked {
        true => EventState::Parked,
        false => EventState::Quarantined,
    };
    // One that is named is meant, whatever it waits for.
    let states = match event {
        Some(_) => vec![EventState::Parked, EventState::Quarantined],
        None => vec![state],
    };
    let mut retried: u64 = 0;
    for state in states {
        retried = retried.saturating_add(app.retry_events(state, event).await?);
    }
    match (retried, event) {
        (0, Some(event)) => {
            let problem = "waits or was set apart; `paidup events list` shows what became of it";
            Err(format!("no event {event} {problem}").into())
        }
        (0, None) if !parked => {
            println!("No event is quarantined; --parked tries those that wait for something.");
            Ok(())
        }
        (1, _) => {
            println!("1 event queued for retry");
            Ok(())
        }
        (count, _) => {
            println!("{count} events queued for retry");
            Ok(())
        }
    }
}

async fn show(app: &App, id: &str) -> Result<(), Failure> {
    let found = events::find(&mut *app.store().read().await?, id).await?;
    let event = found.ok_or_else(|| format!("there is no event {id}; see `paidup events list`"))?;
    let mut view = view(&event);
    // A body that cannot be read is shown as it came; one that was forgotten is not there.
    let body = serde_json::from_str(&event.arrival.body);
    let body = body.unwrap_or_else(|_| match event.arrival.body.as_str() {
        "" => json!(null),
        text => json!(text),
    });
    if let Some(view) = view.as_object_mut() {
        view.insert("body".to_owned(), body);
    }
    print_json(&view)
}

async fn list(app: &App, parked: bool, quarantined: bool, json: bool) -> Result<(), Failure> {
    let state = match (parked, quarantined) {
        (true, _) => Some(EventState::Parked),
        (_, true) => Some(EventState::Quarantined),
        _ => None,
    };
    let listed = events::list(&mut *app.store().read().await?, state).await?;
    if json {
        print_json(&listed.iter().map(view).collect::<Vec<_>>())?;
    } else {
        let rows = listed.iter().map(row).collect();
        table::print(
            &["RECEIVED", "EVENT", "TYPE", "OBJECT", "STATE", "REASON"],
            rows,
            "There are no such events.",
        );
    }
    Ok(())
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
