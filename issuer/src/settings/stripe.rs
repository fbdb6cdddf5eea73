//! How to speak with Stripe.

use std::path::Path;
use std::time::Duration;

use paidup_stripe::{ApiKey, StripeMode, WebhookSecret};

use super::environment::Environment;
use super::file::{StripeFile, in_file};
use super::secret;
use super::{Mode, SettingsError};

const SWEEP_EVERY: Duration = Duration::from_secs(300);
const COMPARE_EVERY: Duration = Duration::from_secs(86_400);

/// How to speak with Stripe.
#[derive(Debug, Clone, Default)]
pub struct StripeSettings {
    /// The key for API calls; without one nothing can be asked.
    pub api_key: Option<ApiKey>,
    /// Where Stripe's API is, if not at Stripe.
    pub api_base: Option<String>,
    /// The webhook endpoint's secrets, several while one is rolled.
    pub webhook_secrets: Vec<WebhookSecret>,
    /// How often events are looked for that no webhook has brought; absent: never.
    pub sweep_every: Option<Duration>,
    /// How often everything is compared; absent: never.
    pub compare_every: Option<Duration>,
}

impl StripeSettings {
    pub(super) fn load(
        file: &StripeFile,
        folder: &Path,
        environment: &Environment,
        mode: Mode,
    ) -> Result<Self, SettingsError> {
        let api_key = match environment.secret("STRIPE_API_KEY")? {
            Some(text) => Some(text),
            None => in_file(&None, &file.api_key_file, folder, "stripe.api_key")?,
        };
        let value = |name, problem: String| SettingsError::Value { name, problem };
        let refused = |name| move |problem| SettingsError::Secret { name, problem };
        let api_key = api_key
            .map(|text| secret::api_key(&text))
            .transpose()
            .map_err(refused("STRIPE_API_KEY"))?;
        if let Some(key) = &api_key {
            let of_mode = if mode.is_live() {
                StripeMode::Live
            } else {
                StripeMode::Test
            };
            if key.mode() != of_mode {
                let problem = format!(
                    "this is a {:?} key, and the issuer runs in {} mode; use the other key, or set mode",
                    key.mode(),
                    mode.as_str()
                );
                return Err(value("STRIPE_API_KEY", problem.to_lowercase()));
            }
        }
        let secrets = match environment.secret("STRIPE_WEBHOOK_SECRET")? {
            Some(text) => Some(text),
            None => in_file(
                &None,
                &file.webhook_secret_file,
                folder,
                "stripe.webhook_secret",
            )?,
        };
        let webhook_secrets = secrets
            .map(|text| secret::webhook_secrets(&text))
            .transpose()
            .map_err(refused("STRIPE_WEBHOOK_SECRET"))?
            .unwrap_or_default();
        let api_base = environment
            .text("STRIPE_API_BASE")
            .or(file.api_base.as_deref());
        Ok(Self {
            api_key,
            api_base: api_base.map(str::to_owned),
            webhook_secrets,
            sweep_every: every(
                ("PAIDUP_SWEEP_EVERY", &file.sweep_every),
                environment,
                SWEEP_EVERY,
            )?,
            compare_every: every(
                ("PAIDUP_COMPARE_EVERY", &file.compare_every),
                environment,
                COMPARE_EVERY,
            )?,
        })
    }
}

fn every(
    (name, in_file): (&'static str, &Option<String>),
    environment: &Environment,
    default: Duration,
) -> Result<Option<Duration>, SettingsError> {
    match environment.text(name).or(in_file.as_deref()) {
        None => Ok(Some(default)),
        Some("never") => Ok(None),
        Some(text) => match humantime::parse_duration(text) {
            Ok(pause) if pause >= Duration::from_secs(1) => Ok(Some(pause)),
            _ => Err(SettingsError::Value {
                name,
                problem: format!("\"{text}\" is not a duration; write \"5m\", \"1d\" or \"never\""),
            }),
        },
    }
}
