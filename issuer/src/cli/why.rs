//! `paidup why`: a license's state, how it came to it, and the events behind it.

mod facts;
mod history;

use std::process::ExitCode;

use serde_json::{Value, json};

use super::words::{with_period, words};
use super::{Failure, choose, open, print_json, table};
use crate::app::{Note, Why, iso8601};
use crate::settings::Flags;
use history::day;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A license (lic_…) or its key, an e-mail address, or Stripe's sub_…, cus_… or cs_…
    license: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Exits 1 where there are several to choose from.
pub(super) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let app = open(flags).await?;
    let chosen = choose::one(&app, &args.license, args.json).await;
    let why = match chosen {
        Ok(Some(license)) => app.why(&license.id).await.map_err(Failure::from),
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    app.store().close().await;
    let Some(why) = why? else {
        return Ok(ExitCode::FAILURE);
    };
    match args.json {
        true => print_json(&view(&why))?,
        false => show(&why),
    }
    Ok(ExitCode::SUCCESS)
}

fn show(why: &Why) {
    println!("{} is {}.", why.license, words(&why.condition));
    println!("It follows {}.", why.item);
    for item in &why.followed {
        println!("Before, it followed {item}.");
    }
    if let Some(order) = why.order {
        println!("An administrator ordered: {}.", order.as_str());
    }
    for flag in &why.flags {
        println!("Note: {}.", flag.as_str());
    }
    for note in &why.notes {
        println!("Note: {}.", says(note));
    }
    println!("{}", ahead(why));
    println!();
    for line in why.history.iter().filter_map(history::line) {
        println!("{line}");
    }
    println!();
    table::print(
        &facts::HEADINGS,
        why.facts.iter().map(facts::row).collect(),
        "No fact is known: the license was made by hand.",
    );
}

/// What is to come: a change that time makes, or an end that is known.
fn ahead(why: &Why) -> String {
    if let Some((at, then)) = &why.next {
        return format!(
            "Next change: {}, by itself: {}.",
            iso8601(at.0),
            words(then)
        );
    }
    let Some(ends_at) = why.condition.ends_at else {
        return "Time alone will not change it.".to_owned();
    };
    let with_period = with_period(why.ends_with_period);
    let grace = why.condition.ends_by.filter(|by| *by > ends_at);
    let grace = grace.map(|by| format!("; a grace follows until {}", day(by)));
    format!(
        "It ends on {}{with_period}{}.",
        day(ends_at),
        grace.unwrap_or_default()
    )
}

fn says(note: &Note) -> String {
    match note {
        Note::ItemRemoved { item } => format!(
            "{item} is no longer in its subscription; add the item back in Stripe to go on with \
             this license"
        ),
        Note::PriceUnmapped { item, price } => format!(
            "the price {price} of {item} is not mapped to a policy; map it in paidup.toml, under \
             [[stripe.mappings]]"
        ),
        Note::BillOpen { invoice, due_at } => match due_at {
            Some(due_at) => format!("the bill {invoice} is open, and due on {}", day(*due_at)),
            None => format!("the bill {invoice} is open"),
        },
        Note::EventWaits { event, reason } => {
            format!("the event {event} is not applied: {reason}; see `paidup events show {event}`")
        }
    }
}

fn view(why: &Why) -> Value {
    let condition = &why.condition;
    let moment = |at: Option<paidup_lifecycle::Timestamp>| at.map(|at| iso8601(at.0));
    json!({
        "license": why.license,
        "item": why.item,
        "followed": why.followed,
        "status": condition.status,
        "since": iso8601(why.since.0),
        "reason": condition.reason,
        "says": words(condition),
        "policy": condition.policy,
        "seats": condition.seats,
        "graceEndsAt": moment(condition.grace_ends_at()),
        "renewsAt": moment(condition.renews_at),
        "endsAt": moment(condition.ends_at),
        "cancelAtPeriodEnd": condition.ends_at.map(|_| why.ends_with_period),
        "paidUntil": moment(condition.paid_until),
        "order": why.order,
        "flags": why.flags,
        "notes": why.notes.iter().map(note).collect::<Vec<_>>(),
        "history": why.history.iter().filter_map(history::view).collect::<Vec<_>>(),
        "facts": why.facts.iter().map(facts::view).collect::<Vec<_>>(),
        "nextChange": why.next.as_ref().map(|(at, then)| json!({
            "at": iso8601(at.0),
            "status": then.status,
            "reason": then.reason,
        })),
    })
}

fn note(note: &Note) -> Value {
    let mut view = json!(note);
    if let Some(members) = view.as_object_mut() {
        members.insert("says".to_owned(), json!(says(note)));
    }
    view
}
