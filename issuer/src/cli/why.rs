//! `paidup why`: a license's state, and the events behind it.

use std::process::ExitCode;

use paidup_lifecycle::{
    CheckoutMode, CheckoutPayment, DisputeStatus, InvoiceStatus, Object, Subscription,
    SubscriptionStatus, Timestamp,
};
use serde_json::{Value, json};

use super::words::words;
use super::{Failure, open, print_json, table};
use crate::app::{Known, Why, iso8601};
use crate::settings::Flags;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The license's identifier (lic_…)
    license: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(flags: &Flags, args: &Args) -> Result<ExitCode, Failure> {
    let app = open(flags).await?;
    let why = app.why(&args.license).await?;
    app.store().close().await;
    let id = &args.license;
    let why = why.ok_or_else(|| format!("there is no license {id}; see `paidup licenses list`"))?;
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
    println!();
    let rows = why.facts.iter().map(row).collect();
    let headings = ["WHEN", "OBJECT", "SAYS", "TOLD BY"];
    table::print(
        &headings,
        rows,
        "No fact is known: the license was made by hand.",
    );
    println!();
    match &why.next {
        Some((at, then)) => println!(
            "Next change: {}, by itself: {}.",
            iso8601(at.0),
            words(then)
        ),
        None => println!("Time alone will not change it."),
    }
}

fn row(known: &Known) -> Vec<String> {
    let key = known.object.key();
    let (kind, id) = key.as_str().split_once(':').unwrap_or_default();
    vec![
        iso8601(known.at.0),
        format!("{} {id}", kind.replace('_', " ")),
        says(&known.object),
        match (&known.event, known.asked) {
            (Some(event), true) => format!("Stripe, asked after {event}"),
            (Some(event), false) => event.clone(),
            (None, _) => "Stripe, asked".to_owned(),
        },
    ]
}

fn view(why: &Why) -> Value {
    let facts = why.facts.iter().map(|it| {
        json!({
            "object": it.object.key().as_str(),
            "at": iso8601(it.at.0),
            "event": it.event,
            "asked": it.asked,
            "says": says(&it.object),
            "fact": it.object,
        })
    });
    json!({
        "license": why.license,
        "item": why.item,
        "followed": why.followed,
        "status": why.condition.status,
        "reason": why.condition.reason,
        "says": words(&why.condition),
        "order": why.order,
        "flags": why.flags,
        "facts": facts.collect::<Vec<_>>(),
        "nextChange": why.next.as_ref().map(|(at, then)| json!({
            "at": iso8601(at.0),
            "status": then.status,
            "reason": then.reason,
        })),
    })
}

/// What an object contributes, in a few words.
fn says(object: &Object) -> String {
    match object {
        Object::Subscription(it) => subscription(it),
        Object::Course(it) => format!("when it was last seen alive: {}", state(it.status)),
        Object::Checkout(it) => {
            let sold = match it.mode {
                CheckoutMode::Payment => "a single purchase",
                CheckoutMode::Subscription => "a subscription",
                CheckoutMode::Other => "nothing",
            };
            let paid = match it.payment_status {
                CheckoutPayment::Open => "not completed",
                CheckoutPayment::Unpaid => "completed, the money has not settled",
                CheckoutPayment::Settled => "completed and paid",
            };
            format!("{sold}, {paid}")
        }
        Object::CheckoutLines(it) => {
            let lines = it
                .lines
                .iter()
                .map(|it| format!("{} × {}", it.quantity, it.price));
            lines.collect::<Vec<_>>().join(", ")
        }
        Object::Customer(_) => "deleted".to_owned(),
        Object::Invoice(it) => {
            let status = match it.status {
                InvoiceStatus::Draft => "being written",
                InvoiceStatus::Open => "waits for payment",
                InvoiceStatus::Uncollectible => "given up on",
                InvoiceStatus::Void => "withdrawn",
                InvoiceStatus::Paid => "paid",
            };
            let end = it.lines.iter().map(|it| it.period.end).max();
            let until = end.map(|end| format!(", for the time until {}", iso8601(end.0)));
            format!("{status}{}", until.unwrap_or_default())
        }
        Object::Charge(it) if it.amount_refunded == 0 => format!("{} paid", it.amount),
        Object::Charge(it) => format!("{} paid, {} given back", it.amount, it.amount_refunded),
        Object::Refund(it) if it.failed => format!("giving {} back failed", it.amount),
        Object::Refund(it) => format!("{} given back", it.amount),
        Object::Dispute(it) => match it.status {
            DisputeStatus::Inquiry => "the bank asks, no money has moved",
            DisputeStatus::Open => "the bank holds the money back",
            DisputeStatus::Dropped => "came to nothing",
            DisputeStatus::Won => "won, the money is back",
            DisputeStatus::Lost => "lost, the money is gone",
        }
        .to_owned(),
        _ => String::new(),
    }
}

fn state(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Unknown => "in a state that we do not know",
        SubscriptionStatus::Incomplete => "waits for its first payment",
        SubscriptionStatus::Trialing => "in its trial",
        SubscriptionStatus::Active => "active",
        SubscriptionStatus::PastDue => "a payment is past due",
        SubscriptionStatus::Unpaid => "unpaid",
        SubscriptionStatus::Paused => "paused",
        SubscriptionStatus::IncompleteExpired => "its first payment never came",
        SubscriptionStatus::Canceled => "canceled",
    }
}

fn subscription(it: &Subscription) -> String {
    let status = state(it.status);
    let moment = |what: &str, at: Option<Timestamp>| {
        at.map(|at| format!(", {what} {}", iso8601(at.0)))
            .unwrap_or_default()
    };
    let items = it
        .items
        .iter()
        .map(|it| format!("{} × {}", it.quantity, it.price));
    format!(
        "{status}{}{}{}: {}",
        moment("ended", it.ended_at),
        moment("ends", it.cancel_at.filter(|_| it.ended_at.is_none())),
        if it.cancel_at_period_end && it.ended_at.is_none() {
            ", ends with its period"
        } else {
            ""
        },
        items.collect::<Vec<_>>().join(", "),
    )
}
