//! What a simulation has shown, for people and for programs.

use paidup_lifecycle::{Reason, Timestamp};
use serde_json::{Value, json};

use super::outcome::{Held, Played};
use super::scenario::Scenario;
use super::words::in_words;
use crate::app::iso8601;

pub(super) fn print(scenario: &Scenario, played: &Played) {
    println!("{}", scenario.name);
    if !scenario.why.is_empty() {
        println!("{}", scenario.why);
    }
    println!("\nWhat happened, and what each license became:");
    let mut shown: Vec<String> = Vec::new();
    for moment in &played.timeline {
        println!("  {}  {}", iso8601(moment.at.0), moment.step);
        let line = |held: &Held| {
            let words = in_words(&held.condition, moment.at);
            let notes: Vec<String> = held.flags.iter().map(|flag| format!(", {flag}")).collect();
            format!("{}  {words}{}", held.id, notes.concat())
        };
        let lines: Vec<String> = moment.licenses.iter().map(line).collect();
        for line in lines.iter().filter(|it| !shown.contains(it)) {
            println!("      {line}");
        }
        shown = lines;
    }
    println!("\nWebhooks that the vendor received:");
    for webhook in &played.webhooks {
        println!(
            "  {}  {}  {}",
            iso8601(webhook.at.0),
            webhook.kind(),
            webhook.license()
        );
    }
    if !played.waiting.is_empty() {
        println!("\nNot applied yet:");
        for event in &played.waiting {
            let object = event.object.as_deref().unwrap_or("-");
            println!("  {}  {object}  {}", event.kind, event.reason);
        }
    }
    if !played.offline.is_empty() {
        println!("\nWhat an app answered, from each day on:");
        println!(
            "  {:26}{:32}{:24}never refreshed",
            "", "", "refreshed every day"
        );
        for offline in &played.offline {
            let at = iso8601(offline.at.0);
            let (license, daily, never) = (&offline.license, &offline.daily, &offline.never);
            println!("  {at:26}{license:32}{daily:24}{never}");
        }
    }
    println!();
    for mismatch in &played.mismatches {
        println!("WRONG: {}", mismatch.of);
        println!("  expected: {}", mismatch.expected);
        println!("  found:    {}", mismatch.found);
    }
    match (played.mismatches.is_empty(), scenario.expects_anything()) {
        (true, true) => println!("Everything came out as expected."),
        (true, false) => println!("Nothing was expected: the file has neither expect nor check."),
        (false, _) => {}
    }
}

pub(super) fn view(scenario: &Scenario, played: &Played) -> Value {
    let licenses = |licenses: &[Held]| -> Value { licenses.iter().map(license).collect() };
    let timeline = played.timeline.iter().map(|moment| {
        json!({
            "at": iso8601(moment.at.0),
            "step": moment.step,
            "licenses": licenses(&moment.licenses),
        })
    });
    let webhooks = played.webhooks.iter().map(|webhook| {
        json!({
            "at": iso8601(webhook.at.0),
            "type": webhook.kind(),
            "license": webhook.license(),
        })
    });
    let waiting = played.waiting.iter().map(|event| {
        json!({
            "event": event.event,
            "type": event.kind,
            "object": event.object,
            "reason": event.reason,
        })
    });
    let offline = played.offline.iter().map(|offline| {
        json!({
            "at": iso8601(offline.at.0),
            "license": offline.license,
            "refreshedDaily": offline.daily,
            "neverRefreshed": offline.never,
        })
    });
    let mismatches = played.mismatches.iter().map(|mismatch| {
        json!({
            "of": mismatch.of,
            "expected": mismatch.expected,
            "found": mismatch.found,
        })
    });
    json!({
        "name": scenario.name,
        "ok": played.mismatches.is_empty(),
        "licenses": licenses(&played.licenses),
        "timeline": timeline.collect::<Vec<_>>(),
        "webhooks": webhooks.collect::<Vec<_>>(),
        "waiting": waiting.collect::<Vec<_>>(),
        "offline": offline.collect::<Vec<_>>(),
        "mismatches": mismatches.collect::<Vec<_>>(),
    })
}

/// A license as the API shows one: camelCase, times in ISO 8601.
fn license(held: &Held) -> Value {
    let condition = &held.condition;
    let time = |at: Option<Timestamp>| at.map(|at| iso8601(at.0));
    json!({
        "id": held.id,
        "status": condition.status,
        "reason": condition.reason.map(Reason::as_str),
        "policy": condition.policy,
        "seats": condition.seats,
        "seatsOver": held.over,
        "graceEndsAt": time(condition.grace_ends_at()),
        "graceReason": condition.grace.map(|grace| grace.reason),
        "renewsAt": time(condition.renews_at),
        "endsBy": time(condition.ends_by),
        "paidUntil": time(condition.paid_until),
        "notes": held.flags,
    })
}
