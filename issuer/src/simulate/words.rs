//! Steps and conditions in a few words.

use paidup_lifecycle::{Condition, Timestamp};
use serde_json::Value;

use super::scenario::Step;

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

/// What holds of a license.
pub(super) fn in_words(condition: &Condition, now: Timestamp) -> String {
    let mut words = condition.status.to_string();
    if let Some(reason) = condition.reason {
        words.push_str(&format!(" ({})", reason.as_str()));
    }
    words.push_str(&format!(
        ", {}, {} seats",
        condition.policy, condition.seats
    ));
    if let Some(ends_at) = condition.grace_ends_at() {
        let left = u64::try_from(ends_at.0 - now.0).unwrap_or_default();
        let left = humantime::format_duration(std::time::Duration::from_secs(left));
        words.push_str(&format!(", grace {left}"));
    }
    words
}
