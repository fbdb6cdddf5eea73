//! `paidup.toml`, as far as it says how the issuer runs. The catalog beside it is
//! read by the catalog.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::elide::elide;
use super::{Environment, Flags, Listen, Mode, Origin, SettingsError, secret};

const DEFAULT_FILE: &str = "paidup.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SettingsFile {
    pub(super) public_url: Option<OneOrMany>,
    pub(super) issuer: Option<String>,
    pub(super) mode: Option<Mode>,
    pub(super) listen: Option<Listen>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) database_url: Option<String>,
    pub(super) database_url_file: Option<PathBuf>,
    pub(super) signing_key_file: Option<PathBuf>,
    pub(super) encryption_key_file: Option<PathBuf>,
    pub(super) allow_insecure_webhooks: Option<bool>,
    pub(super) cors_origins: Vec<Origin>,
    pub(super) shutdown_timeout: Option<String>,
    pub(super) max_connections: Option<usize>,
    pub(super) max_connections_per_address: Option<usize>,
    pub(super) stripe: StripeFile,
    products: Option<IgnoredAny>,
    policies: Option<IgnoredAny>,
    webhooks: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StripeFile {
    pub(super) api_key_file: Option<PathBuf>,
    pub(super) api_base: Option<String>,
    pub(super) webhook_secret_file: Option<PathBuf>,
    pub(super) sweep_every: Option<String>,
    pub(super) compare_every: Option<String>,
    resubscribe: Option<IgnoredAny>,
    refund: Option<IgnoredAny>,
    partial_refund_threshold: Option<IgnoredAny>,
    mappings: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn first(&self) -> Option<&str> {
        match self {
            Self::One(url) => Some(url),
            Self::Many(urls) => urls.first().map(String::as_str),
        }
    }
}

pub(super) fn in_file(
    text: &Option<String>,
    path: &Option<PathBuf>,
    folder: &Path,
    name: &'static str,
) -> Result<Option<String>, SettingsError> {
    match (text, path) {
        (Some(_), Some(_)) => Err(SettingsError::Both(name)),
        (Some(text), None) => Ok(Some(text.clone())),
        (None, Some(path)) => read(&folder.join(path)).map(Some),
        (None, None) => Ok(None),
    }
}

pub(super) fn find_file(
    flags: &Flags,
    environment: &Environment,
) -> Result<(String, Option<PathBuf>), SettingsError> {
    let named = flags.config.clone();
    match named.or_else(|| environment.path("PAIDUP_CONFIG")) {
        Some(path) => Ok((read(&path)?, Some(path))),
        None => match std::fs::read_to_string(DEFAULT_FILE) {
            Ok(text) => Ok((text, Some(PathBuf::from(DEFAULT_FILE)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((String::new(), None)),
            Err(source) => Err(SettingsError::Unreadable {
                path: PathBuf::from(DEFAULT_FILE),
                source,
            }),
        },
    }
}

pub(super) fn read(path: &Path) -> Result<String, SettingsError> {
    if !path.exists() && secret::is_secret(&path.to_string_lossy()) {
        return Err(SettingsError::SecretAsPath);
    }
    std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    path: Option<&Path>,
) -> Result<T, SettingsError> {
    toml::from_str(text).map_err(|error| SettingsError::File {
        path: path.unwrap_or(Path::new(DEFAULT_FILE)).to_owned(),
        problem: elide(&error.to_string()),
    })
}
