//! Steps and conditions in a few words.

use paidup_lifecycle::{Condition, Timestamp};
use serde_json::Value;

use super::span::Span;
use super::story::Step;

/// A step in a few words, as the file has it.
pub(super) fn summary(step: &Step) -> String {
    fn words(value: &Value) -> Option<String> {
        match value {
            Value::Null | Value::Bool(false) => None,
            Value::String(text) => Some(text.clone()),
            Value::Array(values) if values.is_empty() => None,
            Value::Array(values) => Some(
                values
                    .iter()
                    .filter_map(words)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| {
                    let value = words(value)?;
                    let name = name.replace('_', " ");
                    Some(if name == "as" || name == "of" {
                        value
                    } else {
                        format!("{name} {value}")
                    })
                };
                Some(
                    members
                        .iter()
                        .filter_map(member)
                        .collect::<Vec<_>>()
                        .join(", "),
                )
            }
            other => Some(other.to_string()),
        }
    }
    let value = serde_json::to_value(step).unwrap_or_default();
    words(&value).unwrap_or_default()
}

/// A number of things: "1 seat", "2 seats".
pub(super) fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// What holds of a license.
pub(super) fn in_words(condition: &Condition, now: Timestamp) -> String {
    let mut words = condition.status.to_string();
    if let Some(reason) = condition.reason {
        words.push_str(&format!(" ({})", reason.as_str()));
    }
    let seats = counted(condition.seats, "seat");
    words.push_str(&format!(", {}, {seats}", condition.policy));
    if let Some(ends_at) = condition.grace_ends_at() {
        words.push_str(&format!(", grace {}", Span(ends_at.0 - now.0)));
    }
    words
}
