//! The history of a license in sentences: what changed, because of what, and which event
//! says so.

use paidup_lifecycle::{GraceReason, Order, Reason, Status, Timestamp};
use serde_json::{Value, json};

use crate::app::{KEY_REISSUED, Record, Step, StepEvent, iso8601};
use crate::cli::words::with_period;

/// What changed in a step, and the types of the events that say so, best first.
struct Cause {
    words: String,
    kinds: &'static [&'static str],
}

const PURCHASE: &[&str] = &["checkout.session.", "customer.subscription.created"];
const FAILURE: &[&str] = &["invoice.payment_failed", "invoice."];
const PAYMENT: &[&str] = &["invoice.paid", "invoice.payment_succeeded", "invoice."];
const SUBSCRIPTION: &[&str] = &["customer.subscription."];
const END: &[&str] = &["customer.subscription.deleted", "customer.subscription."];
const REFUND: &[&str] = &["charge.refund", "refund."];
const DISPUTE: &[&str] = &["charge.dispute."];

impl Cause {
    fn new(words: impl Into<String>, kinds: &'static [&'static str]) -> Self {
        let words = words.into();
        Self { words, kinds }
    }
}

/// One line: `2026-03-12 suspended: a renewal payment failed (evt_…)`. Nothing where the
/// step changed nothing that anybody sees.
pub(super) fn line(step: &Step) -> Option<String> {
    let causes = causes(step);
    let event = deciding(step, &causes).map(|event| format!(" ({})", event.id));
    let words = words(&causes)?;
    Some(format!(
        "{} {}: {words}{}",
        day(step.at),
        step.after.status,
        event.unwrap_or_default(),
    ))
}

pub(super) fn view(step: &Step) -> Option<Value> {
    let causes = causes(step);
    let moment = |at: Option<Timestamp>| at.map(|at| iso8601(at.0));
    let event = |event: &StepEvent| json!({ "id": event.id, "type": event.kind });
    let after = &step.after;
    Some(json!({
        "at": iso8601(step.at.0),
        "recordedAt": iso8601(step.recorded_at.0),
        "type": step.action,
        "actor": step.actor,
        "status": after.status,
        "reason": after.reason,
        "cause": words(&causes)?,
        "event": deciding(step, &causes).map(|event| event.id.as_str()),
        "events": step.events.iter().map(event).collect::<Vec<_>>(),
        "policy": after.policy,
        "seats": after.seats,
        "graceEndsAt": moment(after.grace_ends_at),
        "endsAt": moment(after.ends_at),
        "cancelAtPeriodEnd": after.ends_at.map(|_| after.cancel_at_period_end),
        "paidUntil": moment(after.paid_until),
        "order": after.order,
        "item": after.item,
    }))
}

fn words(causes: &[Cause]) -> Option<String> {
    let words: Vec<&str> = causes.iter().map(|cause| cause.words.as_str()).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// The event that says most about what changed.
fn deciding<'a>(step: &'a Step, causes: &[Cause]) -> Option<&'a StepEvent> {
    let of_kind = |prefix: &&str| {
        let kind = |event: &&StepEvent| {
            event
                .kind
                .as_deref()
                .unwrap_or_default()
                .starts_with(*prefix)
        };
        step.events.iter().rfind(kind)
    };
    let kinds = causes.iter().flat_map(|cause| cause.kinds);
    kinds.filter_map(of_kind).next().or(step.events.last())
}

fn causes(step: &Step) -> Vec<Cause> {
    let after = &step.after;
    if step.action == KEY_REISSUED {
        return vec![Cause::new("an administrator gave it a new key", &[])];
    }
    let Some(before) = &step.before else {
        let mut causes = vec![Cause::new("bought", PURCHASE)];
        causes.extend(refusal(None, after, step));
        causes.extend(grace(after));
        causes.extend(known_end(after));
        return causes;
    };
    let mut causes = Vec::new();
    let moved = before.item.is_some() && before.item != after.item;
    let lifted = before.grace_ends_at.is_some() && after.grace_ends_at.is_none();
    if before.status != after.status {
        let back = || Some(back(before, moved));
        causes.extend(refusal(Some(before), after, step).or_else(back));
    } else if after.status == Status::Active && lifted {
        causes.push(match before.grace_reason {
            _ if moved => Cause::new("bought again", PURCHASE),
            Some(GraceReason::PaymentFailed) => Cause::new("paid", PAYMENT),
            _ => Cause::new("the cancellation was withdrawn", SUBSCRIPTION),
        });
    } else if before.reason != after.reason {
        causes.extend(refusal(Some(before), after, step));
    }
    if before.grace_ends_at != after.grace_ends_at {
        causes.extend(grace(after));
    }
    if moved && causes.is_empty() {
        let item = after.item.as_deref().unwrap_or_default();
        causes.push(Cause::new(format!("it follows {item} now"), SUBSCRIPTION));
    }
    if before.policy != after.policy {
        let words = format!("the policy is {}, before {}", after.policy, before.policy);
        causes.push(Cause::new(words, SUBSCRIPTION));
    }
    if before.seats != after.seats {
        let words = format!("{} seats, before {}", after.seats, before.seats);
        causes.push(Cause::new(words, SUBSCRIPTION));
    }
    if after.status == Status::Active && after.grace_ends_at.is_none() && !moved {
        let paid_further = before.paid_until.is_some() && before.paid_until < after.paid_until;
        if let Some(until) = after.paid_until.filter(|_| paid_further) {
            causes.push(Cause::new(format!("paid until {}", day(until)), PAYMENT));
        }
    }
    if before.ends_at != after.ends_at && before.status == after.status {
        let over = after.grace_ends_at.is_some() || after.status != Status::Active;
        let no_more = || Cause::new("it is no longer known to end", SUBSCRIPTION);
        let lifted = (!over).then(no_more);
        causes.extend(known_end(after).or(lifted));
    }
    if before.order != after.order && causes.is_empty() {
        causes.push(Cause::new(ordered(after.order), &[]));
    }
    causes
}

/// Why it is refused from now on; nothing where it is not.
fn refusal(before: Option<&Record>, after: &Record, step: &Step) -> Option<Cause> {
    let over = step.actor == "time";
    let graced = before.is_some_and(|before| before.grace_ends_at.is_some());
    Some(match (after.status, after.reason) {
        (Status::Active, _) => return None,
        (Status::Expired, _) => Cause::new("its time is over", SUBSCRIPTION),
        (Status::Suspended, Some(Reason::Administrator)) => {
            Cause::new("an administrator suspended it", &[])
        }
        (Status::Revoked, Some(Reason::Administrator)) => {
            Cause::new("an administrator revoked it", &[])
        }
        (Status::Banned, _) => Cause::new("an administrator banned it", &[]),
        (Status::Suspended, Some(Reason::PaymentFailed)) if over && graced => {
            Cause::new("the grace after a failed payment is over", FAILURE)
        }
        (Status::Suspended, Some(Reason::PaymentFailed)) => {
            Cause::new("a renewal payment failed", FAILURE)
        }
        (Status::Suspended, Some(Reason::Paused)) => {
            Cause::new("the subscription is paused", SUBSCRIPTION)
        }
        (Status::Suspended, Some(Reason::Disputed)) => Cause::new("a payment is disputed", DISPUTE),
        (_, Some(Reason::Refunded)) => Cause::new("the payment was refunded", REFUND),
        (_, Some(Reason::Disputed)) if over => {
            Cause::new("the subscription ended while a payment was disputed", END)
        }
        (_, Some(Reason::Disputed)) => Cause::new("a dispute was lost", DISPUTE),
        (_, Some(Reason::PaymentFailed)) => Cause::new("the subscription ended unpaid", END),
        (_, Some(Reason::Paused)) => Cause::new("the subscription ended while paused", END),
        (_, Some(Reason::Canceled)) if after.removed => {
            let item = after.item.as_deref().unwrap_or("its item");
            Cause::new(format!("{item} left the subscription"), SUBSCRIPTION)
        }
        (_, Some(Reason::Canceled)) if graced => {
            Cause::new("the grace after the cancellation is over", END)
        }
        (_, Some(Reason::Canceled)) => Cause::new("the subscription was canceled", END),
        (_, _) => Cause::new("it is refused", SUBSCRIPTION),
    })
}

/// Why it may be used again.
fn back(before: &Record, moved: bool) -> Cause {
    match before.reason {
        Some(Reason::Administrator) => Cause::new("an administrator reinstated it", &[]),
        _ if moved => Cause::new("bought again", PURCHASE),
        Some(Reason::PaymentFailed) => Cause::new("paid", PAYMENT),
        Some(Reason::Paused) => Cause::new("the subscription is resumed", SUBSCRIPTION),
        Some(Reason::Disputed) => Cause::new("the dispute is settled", DISPUTE),
        Some(Reason::Refunded) => Cause::new("the refund failed", REFUND),
        _ => Cause::new("the subscription goes on", SUBSCRIPTION),
    }
}

/// A grace that begins or moves.
fn grace(after: &Record) -> Option<Cause> {
    let until = day(after.grace_ends_at?);
    Some(match after.grace_reason {
        Some(GraceReason::PaymentFailed) => {
            let words = format!("a renewal payment failed, usable until {until}");
            Cause::new(words, FAILURE)
        }
        _ => Cause::new(format!("canceled, usable until {until}"), END),
    })
}

fn known_end(after: &Record) -> Option<Cause> {
    let ends = day(after.ends_at?);
    let with_period = with_period(after.cancel_at_period_end);
    Some(Cause::new(
        format!("it is to end on {ends}{with_period}"),
        SUBSCRIPTION,
    ))
}

fn ordered(order: Option<Order>) -> String {
    match order {
        Some(order) => format!("an administrator ordered: {}", order.as_str()),
        None => "an administrator lifted the order".to_owned(),
    }
}

/// The calendar day, in UTC.
pub(super) fn day(at: Timestamp) -> String {
    let moment = iso8601(at.0);
    moment
        .split('T')
        .next()
        .map(str::to_owned)
        .unwrap_or_default()
}
