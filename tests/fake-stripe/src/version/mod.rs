//! API versions. The fake renders objects as the newest version has them;
//! [`earlier`] gives them the shape of the versions before 2025-03-31.

mod earlier;

use serde_json::Value;

use crate::refusal::Refusal;
use crate::state::World;

/// The newest API version, which every account has unless its builder says
/// otherwise.
pub const API_VERSION: &str = "2026-10-28.endive";

/// The first version in which an invoice names its subscription under `parent`
/// and a charge no longer names its invoice.
const BASIL: &str = "2025-03-31";

/// What objects look like in an API version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    BeforeBasil,
    Present,
}

impl Shape {
    pub(crate) fn of(version: &str) -> Self {
        match version.get(..BASIL.len()) {
            Some(date) if date < BASIL => Self::BeforeBasil,
            _ => Self::Present,
        }
    }

    /// Gives an object of the present shape this one. An event keeps the shape
    /// that it was recorded in.
    pub(crate) fn apply(self, world: &World, object: &mut Value) {
        if self == Self::BeforeBasil {
            earlier::reshape(world, object);
        }
    }
}

/// Refuses what cannot be a version. Stripe knows a list of them; the fake takes
/// any that begins with a date.
pub(crate) fn checked(version: &str) -> Result<&str, Refusal> {
    let date = version.get(..BASIL.len()).unwrap_or_default();
    let dated = date.bytes().zip(BASIL.bytes()).all(|(byte, model)| {
        if model == b'-' {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    });
    if dated && !date.is_empty() {
        return Ok(version);
    }
    Err(Refusal::InvalidParameter {
        param: "api_version",
        problem: "not an API version",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_follows_the_date() {
        for version in ["2020-03-02", "2024-09-30.acacia", "2025-02-24.acacia"] {
            assert_eq!(Shape::of(version), Shape::BeforeBasil, "{version}");
        }
        for version in ["2025-03-31.basil", API_VERSION] {
            assert_eq!(Shape::of(version), Shape::Present, "{version}");
        }
    }

    #[test]
    fn a_version_begins_with_a_date() {
        assert!(checked("2024-06-20").is_ok() && checked(API_VERSION).is_ok());
        for version in ["", "newest", "2024-6-20", "20240620"] {
            assert!(checked(version).is_err(), "{version}");
        }
    }
}
