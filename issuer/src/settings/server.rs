//! How many connections the server holds, and how long it takes to stop.

use std::time::Duration;

use super::SettingsError;
use super::environment::Environment;
use super::file::SettingsFile;

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_CONNECTIONS: usize = 4096;
/// A proxy on the same machine is one address.
const MAX_CONNECTIONS_PER_ADDRESS: usize = 1024;

/// How many connections the server holds, and how long it takes to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerSettings {
    /// How long requests that have begun may take once the server stops.
    pub shutdown_timeout: Duration,
    /// How many connections may be open; fewer where the system has fewer descriptors.
    pub max_connections: usize,
    /// How many of them may be of one address, or of one IPv6 /64.
    pub max_connections_per_address: usize,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            shutdown_timeout: SHUTDOWN_TIMEOUT,
            max_connections: MAX_CONNECTIONS,
            max_connections_per_address: MAX_CONNECTIONS_PER_ADDRESS,
        }
    }
}

impl ServerSettings {
    pub(super) fn load(
        file: &SettingsFile,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let default = Self::default();
        let name = "PAIDUP_SHUTDOWN_TIMEOUT";
        let text = environment.text(name).or(file.shutdown_timeout.as_deref());
        let shutdown_timeout = match text {
            None => default.shutdown_timeout,
            Some(text) => humantime::parse_duration(text).map_err(|_| SettingsError::Value {
                name,
                problem: format!("\"{text}\" is not a duration; write \"10s\" or \"1m\""),
            })?,
        };
        let count = |name: &'static str, in_file: Option<usize>, default| {
            let count = match environment.text(name) {
                None => in_file,
                Some(text) => Some(text.parse().unwrap_or_default()),
            };
            match count {
                None => Ok(default),
                Some(0) => Err(SettingsError::Value {
                    name,
                    problem: "it is a number of connections, at least 1".to_owned(),
                }),
                Some(count) => Ok(count),
            }
        };
        let max_connections = count(
            "PAIDUP_MAX_CONNECTIONS",
            file.max_connections,
            default.max_connections,
        )?;
        let max_connections_per_address = count(
            "PAIDUP_MAX_CONNECTIONS_PER_ADDRESS",
            file.max_connections_per_address,
            default.max_connections_per_address,
        )?;
        Ok(Self {
            shutdown_timeout,
            max_connections,
            max_connections_per_address,
        })
    }
}
