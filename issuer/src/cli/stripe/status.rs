//! `paidup stripe status`: how the connection stands.

use std::process::ExitCode;

use super::{Failure, open, print_json};
use crate::app::StripeStatus;
use crate::settings::Flags;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Exits 1 where Stripe does not answer.
pub(in crate::cli) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let app = open(flags).await?;
    let status = app.stripe_status().await;
    app.store().close().await;
    let status = status?;
    match args.json {
        true => print_json(&status)?,
        false => show(&status),
    }
    Ok(match status.problem {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

fn show(status: &StripeStatus) {
    let line = |label: &str, text: &str| println!("{label:<14}{text}");
    line(
        "Account",
        status.account.as_deref().unwrap_or("(not connected)"),
    );
    line("Mode", status.mode);
    line("Key", status.key.as_deref().unwrap_or("(none)"));
    if let Some(problem) = &status.problem {
        line("Problem", problem);
    }
    for (name, missing) in &status.permissions {
        if let Some(message) = missing {
            line("May not", &format!("{name}: {message}"));
        }
    }
    if !status.permissions.is_empty() && status.permissions.values().all(Option::is_none) {
        line("Permissions", "all that are needed");
    }
    if status.problem.is_none() && status.endpoints.is_empty() {
        line(
            "Endpoint",
            "none of ours; `paidup stripe connect` makes one",
        );
    }
    for endpoint in &status.endpoints {
        let mut words = vec![if endpoint.enabled {
            "enabled"
        } else {
            "disabled"
        }];
        if !endpoint.events_as_wanted {
            words.push("sends other events than are needed");
        }
        if !endpoint.secret_known {
            words.push("its secret is not here");
        }
        line(
            "Endpoint",
            &format!("{}, {}", endpoint.id, words.join(", ")),
        );
        line("", &endpoint.url);
        if let Some(version) = &endpoint.api_version {
            line("", &format!("API version {version}"));
        }
        let first = endpoint.delivered_at.as_deref();
        line(
            "",
            &format!("first delivery {}", first.unwrap_or("not yet")),
        );
    }
    line("Secrets", &status.secrets.to_string());
    line(
        "Last event",
        status.last_event_at.as_deref().unwrap_or("none yet"),
    );
    let counts = status.events.iter().filter(|(_, count)| **count > 0);
    let counts: Vec<String> = counts
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let counts = match counts.is_empty() {
        true => "none yet".to_owned(),
        false => counts.join(", "),
    };
    line("Events", &counts);
    for trouble in &status.trouble {
        line("Warning", trouble);
    }
    for stuck in &status.stuck {
        let waits_for = stuck.waits_for.map(|what| format!(" for {what}"));
        let oldest = &stuck.oldest;
        line(
            capitalized(stuck.state),
            &format!(
                "{}{}, the oldest {} ({}) since {}",
                stuck.count,
                waits_for.unwrap_or_default(),
                oldest.id,
                oldest.kind,
                oldest.received_at
            ),
        );
        if let Some(reason) = &oldest.reason {
            line("", reason);
        }
        line("", &stuck.next);
    }
    for unmapped in &status.unmapped {
        line("Unmapped", &unmapped.warning());
    }
}

fn capitalized(state: &str) -> &str {
    match state {
        "parked" => "Parked",
        "quarantined" => "Quarantined",
        other => other,
    }
}
