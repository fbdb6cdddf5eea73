//! Lengths of time as people write them: `7d`, `36h`, `6d 12h`.

use std::fmt;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const UNITS: [(i64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];

/// A length of time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.max(0);
        let mut words = Vec::new();
        for (unit, letter) in UNITS {
            if left >= unit {
                words.push(format!("{}{letter}", left / unit));
                left %= unit;
            }
        }
        match words.is_empty() {
            true => f.write_str("0s"),
            false => f.write_str(&words.join(" ")),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = |span: Duration| i64::try_from(span.as_secs()).ok();
        let parsed = humantime::parse_duration(&text).ok().and_then(seconds);
        parsed.map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "\"{text}\" is not a length of time; write \"7d\", \"36h\" or \"6d 12h\""
            ))
        })
    }
}

/// What is left of a grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraceLeft {
    /// None runs.
    None,
    /// It ends after this time.
    Runs(Span),
}

impl fmt::Display for GraceLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Runs(left) => left.fmt(f),
        }
    }
}

impl Serialize for GraceLeft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GraceLeft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "none" => Ok(Self::None),
            _ => Span::deserialize(serde::de::value::StringDeserializer::new(text)).map(Self::Runs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_shown_as_it_is_written() {
        for (seconds, text) in [
            (0, "0s"),
            (604_800, "7d"),
            (561_600, "6d 12h"),
            (90_061, "1d 1h 1m 1s"),
        ] {
            assert_eq!(Span(seconds).to_string(), text);
            let read: Span = serde_saphyr::from_str(text).unwrap();
            assert_eq!(read, Span(seconds));
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        let error = serde_saphyr::from_str::<GraceLeft>("7 dayz").unwrap_err();
        assert!(error.to_string().contains("write \"7d\""), "{error}");
        assert_eq!(
            serde_saphyr::from_str::<GraceLeft>("none").unwrap(),
            GraceLeft::None
        );
    }
}
