//! Where the HTTP server listens, as people write it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

const LOOPBACK: &str = "127.0.0.1";
const EVERYWHERE: &str = "0.0.0.0";
const DEFAULT_PORT: u16 = 8787;

/// A host, by name or address, and a port.
///
/// ```
/// use paidup_issuer::Listen;
///
/// for (text, means) in [
///     ("localhost:8787", "localhost:8787"),
///     ("[::1]:8787", "[::1]:8787"),
///     (":8787", "0.0.0.0:8787"),
///     ("8787", "127.0.0.1:8787"),
/// ] {
///     assert_eq!(text.parse::<Listen>()?.to_string(), means);
/// }
/// # Ok::<(), paidup_issuer::ListenError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Listen {
    host: String,
    port: u16,
}

/// How it is written in `paidup.toml`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "listen is an address such as \"127.0.0.1:8787\", or a port"
)]
enum Written {
    Port(u16),
    Text(String),
}

/// Not an address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an address to listen on: {problem}. Write HOST:PORT (127.0.0.1:8787, \
     localhost:8787, [::1]:8787), :PORT for every IPv4 interface, or the port alone"
)]
pub struct ListenError {
    text: Box<str>,
    problem: &'static str,
}

impl Listen {
    /// On every IPv4 interface.
    pub(super) fn everywhere(port: u16) -> Self {
        Self {
            host: EVERYWHERE.to_owned(),
            port,
        }
    }

    /// The host, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 lets the system choose one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same host, on the port that the system chose.
    pub(crate) fn on_port(&self, port: u16) -> Self {
        Self {
            host: self.host.clone(),
            port,
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            host: LOOPBACK.to_owned(),
            port: DEFAULT_PORT,
        }
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |problem| ListenError {
            text: text.into(),
            problem,
        };
        if text.contains("://") {
            return Err(refused("leave out the scheme"));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some(("", port)) => (EVERYWHERE, port),
            Some((host, port)) => (host, port),
            None if is_number(text) => (LOOPBACK, text),
            None => return Err(refused("the port is missing")),
        };
        let port = Some(port)
            .filter(|port| is_number(port))
            .and_then(|port| port.parse().ok())
            .ok_or_else(|| refused("the port is a number up to 65535"))?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(host) if host.parse::<Ipv6Addr>().is_ok() => host,
            Some(_) => return Err(refused("what is in brackets is not an IPv6 address")),
            None if host.contains(':') => {
                return Err(refused("an IPv6 address is put in brackets"));
            }
            None if is_host(host) => host,
            None => return Err(refused("the host is neither a name nor an IP address")),
        };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl TryFrom<Written> for Listen {
    type Error = ListenError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Port(port) => Ok(Self::default().on_port(port)),
            Written::Text(text) => text.trim().parse(),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_host(text: &str) -> bool {
    let numeric = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let named = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    match numeric {
        true => text.parse::<Ipv4Addr>().is_ok(),
        false => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_address_says_why() {
        for (text, problem) in [
            ("everywhere", "the port is missing"),
            ("", "the port is missing"),
            ("localhost", "the port is missing"),
            ("http://localhost:8787", "leave out the scheme"),
            ("localhost:", "a number up to 65535"),
            ("localhost:http", "a number up to 65535"),
            ("localhost:65536", "a number up to 65535"),
            ("localhost:+80", "a number up to 65535"),
            ("99999", "a number up to 65535"),
            ("::1:8787", "put in brackets"),
            ("[::1]", "a number up to 65535"),
            ("[localhost]:8787", "not an IPv6 address"),
            ("127.0.0.256:8787", "neither a name nor"),
            ("local host:8787", "neither a name nor"),
            ("*:8787", "neither a name nor"),
        ] {
            let refused = text.parse::<Listen>().unwrap_err().to_string();
            assert!(refused.contains(problem), "{text:?}: {refused}");
            assert!(refused.contains("Write HOST:PORT"), "{refused}");
        }
    }
}
