//! Sets the stage: a scratch folder, a fake Stripe with the guide's catalog, and
//! the real issuer between them, which can be switched off and on again.

use std::path::PathBuf;
use std::sync::Arc;

use fake_stripe::{API_VERSION, FakeStripe};
use paidup_stripe::EVENT_TYPES;
use tempfile::TempDir;

use super::Failure;
use super::vendor::Vendor;
use crate::app::OtherIssuer;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::serve::{Running, serve};
use crate::settings::{Environment, Flags, Settings};

pub(crate) const PRODUCT: &str = "notes";
pub(crate) const PRICE: &str = "price_growth_monthly";
const WEBHOOK_SECRET: &str = "whsec_cGFpZHVwIGRlbW8gc2VjcmV0IDAxMjM0NTY3";

/// What a story sets up.
pub(crate) struct Setting {
    /// What the vendor sells, as in `paidup.toml`.
    pub(crate) catalog: String,
    /// The time, for everybody.
    pub(crate) clock: Clock,
    /// Makes what is random at Stripe the same in every run.
    pub(crate) seed: Option<u64>,
    /// The API version that webhooks are rendered in; else the newest.
    pub(crate) webhook_version: Option<&'static str>,
}

impl Setting {
    /// The guide's vendor, by that clock.
    pub(crate) fn guide(clock: Clock) -> Self {
        Self {
            catalog: GUIDE.to_owned(),
            clock,
            seed: None,
            webhook_version: None,
        }
    }
}

/// Everything that takes part.
pub(crate) struct Stage {
    pub(crate) stripe: FakeStripe,
    pub(crate) vendor: Vendor,
    pub(crate) clock: Clock,
    settings: Settings,
    running: Option<Running>,
    folder: TempDir,
}

impl Stage {
    pub(crate) async fn set(setting: Setting) -> Result<Self, Failure> {
        // Another story of the process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let vendor = Vendor::open(WEBHOOK_SECRET).await?;

        let of_stripe = setting.clock.clone();
        let mut stripe = FakeStripe::builder().clock(Arc::new(move || of_stripe.now().0));
        if let Some(seed) = setting.seed {
            stripe = stripe.seed(seed);
        }
        let stripe = stripe.start().await?;
        stripe.create_guide_catalog()?;

        // The issuer's address must be known to Stripe before the issuer starts.
        let port = fake_stripe::free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let hook = format!("http://{listen}/webhooks/stripe");
        let version = setting.webhook_version.unwrap_or(API_VERSION);
        let endpoint = stripe.add_versioned_webhook_endpoint(&hook, EVENT_TYPES, version)?;

        let config = folder.path().join("paidup.toml");
        std::fs::write(&config, catalog(&setting.catalog, vendor.url()))?;
        let flags = Flags {
            config: Some(config),
            data_dir: Some(folder.path().join("data")),
        };
        let environment: Environment = [
            ("PAIDUP_LISTEN", listen.as_str()),
            // A story says itself when it looks for what was lost.
            ("PAIDUP_SWEEP_EVERY", "never"),
            ("PAIDUP_ALLOW_INSECURE_WEBHOOKS", "1"),
            ("STRIPE_API_BASE", stripe.base_url()),
            ("STRIPE_API_KEY", stripe.api_key()),
            ("STRIPE_WEBHOOK_SECRET", &endpoint.secret),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let settings = Settings::load(&flags, &environment)?;
        let mut stage = Self {
            stripe,
            vendor,
            clock: setting.clock,
            settings,
            running: None,
            folder,
        };
        stage.switch_on().await?;
        Ok(stage)
    }

    /// Starts the issuer.
    pub(crate) async fn switch_on(&mut self) -> Result<(), Failure> {
        let settings = self.settings.clone();
        let running = serve(
            settings,
            self.clock.clone(),
            Entropy::system(),
            OtherIssuer::Refuse,
        )
        .await?;
        self.running = Some(running);
        Ok(())
    }

    /// Stops the issuer.
    pub(crate) async fn switch_off(&mut self) -> Result<(), Failure> {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        Ok(())
    }

    /// The issuer, while it is on.
    pub(crate) fn issuer(&self) -> Result<&Running, Failure> {
        self.running
            .as_ref()
            .ok_or_else(|| "the issuer is switched off".into())
    }

    /// Changes what the vendor sells, at once.
    pub(crate) async fn change_catalog(&self, text: &str) -> Result<(), Failure> {
        let config = self.folder.path().join("paidup.toml");
        std::fs::write(config, catalog(text, self.vendor.url()))?;
        self.issuer()?.app.reload_catalog().await?;
        Ok(())
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// What the guide's vendor sells.
pub(crate) const GUIDE: &str = r#"
[[products]]
code = "notes"
name = "Acme Notes"
key_prefix = "NOTES"

[[policies]]
name = "starter_policy"
product = "notes"
entitlements = ["export"]
grace = "7d"

[[policies]]
name = "growth_policy"
product = "notes"
entitlements = ["export", "api_access", "premium_analytics"]
max_machines = 3
grace = "7d"
lease = "14d"

[[stripe.mappings]]
price = "price_starter_monthly"
policy = "starter_policy"

[[stripe.mappings]]
price = "price_growth_monthly"
policy = "growth_policy"
"#;

fn catalog(text: &str, webhook_url: &str) -> String {
    format!(
        r#"{text}
[[webhooks]]
url = "{webhook_url}"
events = ["license.*"]
secret = "{WEBHOOK_SECRET}"
"#
    )
}
