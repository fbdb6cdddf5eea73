//! What holds of a license, in one line.

use paidup_lifecycle::Condition;

use crate::app::iso8601;

/// Status and reason, grace, renewal or end, policy and seats.
pub(super) fn words(condition: &Condition) -> String {
    let reason = condition.reason.map(|it| format!(" ({})", it.as_str()));
    let grace = condition
        .grace_ends_at()
        .map(|at| format!(", in a grace until {}", iso8601(at.0)));
    let renews = condition
        .renews_at
        .map(|at| format!(", renews {}", iso8601(at.0)));
    let ends = condition
        .ends_at
        .map(|at| format!(", ends {}", iso8601(at.0)));
    format!(
        "{}{}{}{}{}, {}, {} seat{}",
        condition.status,
        reason.unwrap_or_default(),
        grace.unwrap_or_default(),
        renews.unwrap_or_default(),
        ends.unwrap_or_default(),
        condition.policy,
        condition.seats,
        if condition.seats == 1 { "" } else { "s" },
    )
}

/// What makes a known end the end of the paid period, added to its date.
pub(super) fn with_period(ends_with_period: bool) -> &'static str {
    match ends_with_period {
        true => ", with the period that is paid",
        false => "",
    }
}
