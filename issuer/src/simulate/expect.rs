//! Whether it came out as it should.

use std::collections::BTreeMap;

use paidup_lifecycle::Timestamp;

use super::outcome::{Held, Mismatch, Played, Waiting, Webhook};
use super::scenario::{License, Scenario};
use super::span::{GraceLeft, Span};
use super::words::{counted, in_words};

/// Compares what came with what was expected. In disorder the webhooks must be a
/// history that could have been; only as told they must be exactly those.
pub(super) fn judge(scenario: &Scenario, mut played: Played, told: bool) -> Played {
    let now = played.timeline.last().map_or(Timestamp(0), |it| it.at);
    if let Some(expected) = &scenario.expect.licenses {
        let found = licenses(expected, &played.licenses, now, "the licenses at the end");
        played.mismatches.extend(found);
    }
    if let Some(expected) = &scenario.expect.waiting {
        let found = waiting(expected, &played.waiting, "what waits at the end");
        played.mismatches.extend(found);
    }
    match &scenario.expect.webhooks {
        Some(expected) if told => {
            let found: Vec<&str> = played.webhooks.iter().map(Webhook::kind).collect();
            if *expected != found {
                played.mismatches.push(Mismatch {
                    of: "the outgoing webhooks".to_owned(),
                    expected: expected.join(", "),
                    found: found.join(", "),
                });
            }
        }
        _ => {}
    }
    let histories = possible(&played.webhooks, &played.licenses);
    played.mismatches.extend(histories);
    played
}

/// Compares licenses.
pub(super) fn licenses(
    expected: &[License],
    found: &[Held],
    now: Timestamp,
    of: &str,
) -> Option<Mismatch> {
    let show = |it: &Held| {
        let words = in_words(&it.condition, now);
        let notes = counted(u64::try_from(it.flags.len()).unwrap_or(u64::MAX), "note");
        format!("{words}, {notes}, {} over", counted(it.over, "machine"))
    };
    let shown: Vec<String> = found.iter().map(show).collect();
    // Licenses that were made within one second are in no order.
    let mut left: Vec<&Held> = found.iter().collect();
    let fitting = expected.iter().all(|expected| {
        let place = left.iter().position(|it| fits(expected, it, now));
        place.map(|place| left.swap_remove(place)).is_some()
    });
    let same = fitting && left.is_empty();
    (!same).then(|| Mismatch {
        of: of.to_owned(),
        expected: expected.iter().map(wanted).collect::<Vec<_>>().join("; "),
        found: shown.join("; "),
    })
}

/// Compares what waits: each event has one of the reasons, and each reason an event.
pub(super) fn waiting(expected: &[String], found: &[Waiting], of: &str) -> Option<Mismatch> {
    let has = |event: &Waiting, part: &String| event.reason.contains(part.as_str());
    let explained = found
        .iter()
        .all(|event| expected.iter().any(|part| has(event, part)));
    let complete = expected
        .iter()
        .all(|part| found.iter().any(|event| has(event, part)));
    (!(explained && complete)).then(|| Mismatch {
        of: of.to_owned(),
        expected: expected.join("; "),
        found: found
            .iter()
            .map(|event| format!("{}: {}", event.kind, event.reason))
            .collect::<Vec<_>>()
            .join("; "),
    })
}

fn fits(expected: &License, held: &Held, now: Timestamp) -> bool {
    let found = &held.condition;
    let grace = match found.grace_ends_at() {
        Some(ends_at) => GraceLeft::Runs(Span(ends_at.0 - now.0)),
        None => GraceLeft::None,
    };
    let reason = found.reason.map(|it| it.as_str().to_owned());
    expected.status == found.status
        && (expected.reason.is_none() || expected.reason == reason)
        && expected
            .policy
            .as_ref()
            .is_none_or(|it| *it == found.policy)
        && expected.seats.is_none_or(|it| it == found.seats)
        && expected.grace.is_none_or(|wanted| wanted == grace)
        && expected.flags.is_none_or(|flags| flags == held.flags.len())
        && expected.over.is_none_or(|it| it == held.over)
}

fn wanted(license: &License) -> String {
    let mut words = license.status.to_string();
    let members = [
        license.reason.clone(),
        license.policy.clone(),
        license.seats.map(|seats| counted(seats, "seat")),
        license.grace.map(|left| format!("grace {left}")),
        license
            .flags
            .map(|flags| counted(u64::try_from(flags).unwrap_or(u64::MAX), "note")),
        license
            .over
            .map(|over| format!("{} over", counted(over, "machine"))),
    ];
    for member in members.into_iter().flatten() {
        words.push_str(", ");
        words.push_str(&member);
    }
    words
}

/// Whether webhooks could be the life of each license: made once and never when
/// already over, each transition from another state, the last as things are.
fn possible(webhooks: &[Webhook], licenses: &[Held]) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    let mut states: BTreeMap<&str, &str> = BTreeMap::new();
    for webhook in webhooks {
        let (kind, license) = (webhook.kind(), webhook.license());
        let before = states.get(license).copied();
        let after = match (before, kind) {
            (None, "license.created") => Some("active"),
            (Some(state), "license.suspended") if state != "suspended" => Some("suspended"),
            (Some(state), "license.reinstated") if state != "active" => Some("active"),
            (Some(state), "license.revoked") if state != "revoked" => Some("revoked"),
            (Some(state), "license.expired") if state != "expired" => Some("expired"),
            (Some(state), "license.updated" | "license.renewed") => Some(state),
            _ => None,
        };
        let over = matches!(
            webhook.text("/data/status"),
            "revoked" | "expired" | "banned"
        );
        match after {
            Some(after) if kind != "license.created" || !over => {
                states.insert(license, after);
            }
            _ => mismatches.push(Mismatch {
                of: format!("the webhooks of {license}"),
                expected: "a life that could have been".to_owned(),
                found: format!("{kind} while {}", before.unwrap_or("not made")),
            }),
        }
    }
    for Held { id, condition, .. } in licenses {
        let status = match condition.status.as_str() {
            "banned" => "revoked",
            status => status,
        };
        if let Some(told) = states.get(id.as_str()).filter(|it| **it != status) {
            mismatches.push(Mismatch {
                of: format!("the last webhook of {id}"),
                expected: status.to_owned(),
                found: (*told).to_owned(),
            });
        }
    }
    mismatches
}
