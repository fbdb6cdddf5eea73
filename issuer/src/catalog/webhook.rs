//! `[[webhooks]]` of `paidup.toml`: where to send events, which ones, and how they are
//! signed.

use std::fmt;
use std::path::{Path, PathBuf};

use paidup_lifecycle::Transition;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::CatalogError;
use crate::egress;
use crate::settings::secret::signing_secret;

const EVERY_EVENT: &str = "*";
const EVERY_LICENSE_EVENT: &str = "license.*";

/// Where to tell of changes.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// What it is called, so that it is known again at another address.
    pub name: Option<String>,
    /// The address.
    pub url: String,
    /// Which event types; `license.*` and `*` are understood.
    pub events: Vec<String>,
    /// What deliveries are signed with.
    pub secret: TargetSecret,
    /// What they are signed with too, while receivers change over.
    pub previous_secret: Option<TargetSecret>,
}

/// The secret text (`whsec_…`) that deliveries to one target are signed with.
#[derive(Clone)]
pub struct TargetSecret(Zeroizing<String>);

impl TargetSecret {
    /// The whole text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TargetSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TargetSecret([elided])")
    }
}

impl From<&str> for TargetSecret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl WebhookTarget {
    /// Whether events of that type are sent here.
    #[must_use]
    pub fn wants(&self, event_type: &str) -> bool {
        self.events
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => event_type.starts_with(prefix),
                None => pattern == event_type,
            })
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookEntry {
    name: Option<String>,
    url: String,
    #[serde(default = "every_license_event")]
    events: Vec<String>,
    secret: Option<Zeroizing<String>>,
    secret_file: Option<PathBuf>,
    previous_secret: Option<Zeroizing<String>>,
    previous_secret_file: Option<PathBuf>,
}

fn every_license_event() -> Vec<String> {
    vec![EVERY_LICENSE_EVENT.to_owned()]
}

impl WebhookEntry {
    pub(super) fn resolve(
        &self,
        folder: &Path,
        insecure: bool,
    ) -> Result<WebhookTarget, CatalogError> {
        let value = |problem: &str| CatalogError::Value {
            of: format!("webhook {}", egress::shown(&self.url)),
            problem: problem.to_owned(),
        };
        egress::check_url(&self.url, insecure).map_err(|refusal| value(&refusal.to_string()))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let named = |name: &String| (1..=64).contains(&name.len()) && name.bytes().all(plain);
        if !self.name.as_ref().is_none_or(named) {
            return Err(value(
                "a name has 1 to 64 of the characters a-z A-Z 0-9 . _ -",
            ));
        }
        check_events(&self.events).map_err(|problem| value(&problem))?;
        let read = |text: &Option<Zeroizing<String>>, file: &Option<PathBuf>| {
            let text = match (text, file) {
                (Some(text), None) => text.clone(),
                (None, Some(file)) => {
                    let path = folder.join(file);
                    let read = std::fs::read_to_string(&path);
                    Zeroizing::new(read.map_err(|source| CatalogError::Secret { path, source })?)
                }
                (None, None) => return Ok(None),
                (Some(_), Some(_)) => {
                    return Err(value("give a secret or the file that holds it, not both"));
                }
            };
            let secret = signing_secret(&text).map_err(|refusal| value(&refusal.to_string()))?;
            Ok(Some(TargetSecret::from(secret)))
        };
        let secret = read(&self.secret, &self.secret_file)?;
        Ok(WebhookTarget {
            name: self.name.clone(),
            url: self.url.clone(),
            events: self.events.clone(),
            secret: secret.ok_or_else(|| value("give either secret or secret_file"))?,
            previous_secret: read(&self.previous_secret, &self.previous_secret_file)?,
        })
    }
}

/// Refuses a pattern that no event would ever match.
fn check_events(events: &[String]) -> Result<(), String> {
    let mut known: Vec<&str> = Transition::ALL.map(Transition::event_type).to_vec();
    known.extend([EVERY_LICENSE_EVENT, EVERY_EVENT]);
    let unknown = events.iter().find(|event| !known.contains(&event.as_str()));
    let problem = match unknown {
        Some(event) => format!("there is no event type {event:?}"),
        None if events.is_empty() => "the list of events is empty".to_owned(),
        None => return Ok(()),
    };
    Err(format!("{problem}; write some of {}", known.join(", ")))
}
