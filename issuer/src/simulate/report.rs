//! What a simulation has shown, for people and for programs.

use serde_json::{Value, json};

use super::outcome::{Held, Moment, Played};
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
        let line = |it: &Held| format!("{}  {}", it.id, in_words(&it.condition, moment.at));
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
    if !played.offline.is_empty() {
        println!("\nWhat an app answered, from each day on:");
        println!("  {:26}{:24}never refreshed", "", "refreshed every day");
        for offline in &played.offline {
            let at = iso8601(offline.at.0);
            println!("  {at:26}{:24}{}", offline.daily, offline.never);
        }
    }
    println!();
    for mismatch in &played.mismatches {
        println!("WRONG: {}", mismatch.of);
        println!("  expected: {}", mismatch.expected);
        println!("  found:    {}", mismatch.found);
    }
    if played.mismatches.is_empty() {
        println!("Everything came out as expected.");
    }
}

pub(super) fn view(scenario: &Scenario, played: &Played) -> Value {
    let licenses = |moment: &Moment| -> Value {
        let licenses = moment.licenses.iter();
        licenses
            .map(|it| json!({ "id": it.id, "condition": it.condition, "flags": it.flags }))
            .collect()
    };
    let timeline = played
        .timeline
        .iter()
        .map(|it| json!({ "at": iso8601(it.at.0), "step": it.step, "licenses": licenses(it) }));
    let webhooks = played
        .webhooks
        .iter()
        .map(|it| json!({ "at": iso8601(it.at.0), "type": it.kind(), "license": it.license() }));
    let offline = played.offline.iter().map(|it| {
        json!({ "at": iso8601(it.at.0), "refreshedDaily": it.daily, "neverRefreshed": it.never })
    });
    let mismatches = played
        .mismatches
        .iter()
        .map(|it| json!({ "of": it.of, "expected": it.expected, "found": it.found }));
    json!({
        "name": scenario.name,
        "ok": played.mismatches.is_empty(),
        "timeline": timeline.collect::<Vec<_>>(),
        "webhooks": webhooks.collect::<Vec<_>>(),
        "offline": offline.collect::<Vec<_>>(),
        "mismatches": mismatches.collect::<Vec<_>>(),
    })
}
