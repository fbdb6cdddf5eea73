//! The database's address, which may carry a password.

use std::fmt::Write;
use std::path::Path;

/// A database address; its password never reaches a log.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The whole address.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, _) = self.0.split_once(':').unwrap_or(("", ""));
        write!(f, "DatabaseUrl({scheme}:[elided])")
    }
}

/// The address of an SQLite file, which is created if it does not exist. `None` if the path
/// is not Unicode.
pub(crate) fn sqlite_url(file: &Path) -> Option<String> {
    let path = encode(file.to_str()?);
    Some(format!("sqlite:{path}?mode=rwc"))
}

/// An SQLite address as people write it: what a URL would take for something else is
/// encoded. Only `?` begins the parameters, and `%` and two digits are one character.
pub(crate) fn tidy_sqlite_url(text: &str) -> String {
    let (path, parameters) = match text.split_once('?') {
        Some((path, parameters)) => (path, format!("?{parameters}")),
        None => (text, String::new()),
    };
    let path = path.strip_prefix("sqlite:").unwrap_or(path);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path == ":memory:" {
        return text.to_owned();
    }
    let mut tidy = String::from("sqlite:");
    let mut rest = path;
    while let Some(start) = rest.find('%') {
        let (plain, escape) = rest.split_at(start);
        tidy.push_str(&encode(plain));
        let digits = escape.get(1..3);
        let is_escape =
            digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let (kept, length) = match is_escape {
            true => (escape.get(..3).unwrap_or_default(), 3),
            false => ("%25", 1),
        };
        tidy.push_str(kept);
        rest = escape.get(length..).unwrap_or_default();
    }
    tidy.push_str(&encode(rest));
    tidy + &parameters
}

fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_a_path_survives() {
        let url = sqlite_url(Path::new("/srv/50% off? #1 \u{e9}t\u{e9}/paidup.db"));
        assert_eq!(
            url.as_deref(),
            Some("sqlite:/srv/50%25%20off%3F%20%231%20%C3%A9t%C3%A9/paidup.db?mode=rwc")
        );
    }

    #[test]
    fn an_address_written_by_hand_is_encoded_once() {
        for (text, tidy) in [
            ("sqlite:///srv/my data/x.db", "sqlite:/srv/my%20data/x.db"),
            (
                "sqlite:///srv/my%20data/x.db?mode=rwc",
                "sqlite:/srv/my%20data/x.db?mode=rwc",
            ),
            ("sqlite://100% #1/x.db", "sqlite:100%25%20%231/x.db"),
            ("sqlite:x.db", "sqlite:x.db"),
            ("sqlite://%", "sqlite:%25"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite://:memory:", "sqlite://:memory:"),
        ] {
            assert_eq!(tidy_sqlite_url(text), tidy);
        }
    }
}
