//! The facts behind a license, in a table and in JSON.

use paidup_lifecycle::{
    CheckoutMode, CheckoutPayment, DisputeStatus, InvoiceStatus, Object, Subscription,
    SubscriptionStatus, Timestamp,
};
use serde_json::{Map, Value, json};

use crate::app::{Known, iso8601};

pub(super) const HEADINGS: [&str; 4] = ["WHEN", "OBJECT", "SAYS", "SOURCE"];

pub(super) fn row(known: &Known) -> Vec<String> {
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

pub(super) fn view(known: &Known) -> Value {
    json!({
        "object": known.object.key().as_str(),
        "at": iso8601(known.at.0),
        "event": known.event,
        "asked": known.asked,
        "says": says(&known.object),
        "fact": wire(json!(known.object)),
    })
}

/// Names in camelCase and moments in ISO 8601, as everywhere else on the wire.
fn wire(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let value = match value.as_i64().filter(|_| is_moment(&name)) {
                    Some(seconds) => json!(iso8601(seconds)),
                    None => wire(value),
                };
                (camel_case(&name), value)
            };
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
        Value::Array(values) => values.into_iter().map(wire).collect(),
        value => value,
    }
}

fn is_moment(name: &str) -> bool {
    let named = ["cancel_at", "created", "due_date", "end", "start"];
    name.ends_with("_at") || name.ends_with("_end") || named.contains(&name)
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut text, word| {
        let mut letters = word.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text.push_str(letters.as_str());
        text
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
            let unpaid = it.status != InvoiceStatus::Paid && it.status != InvoiceStatus::Void;
            let due = it.due_date.filter(|_| unpaid);
            let due = due.map(|due| format!(", due {}", iso8601(due.0)));
            format!(
                "{status}{}{}",
                due.unwrap_or_default(),
                until.unwrap_or_default()
            )
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
