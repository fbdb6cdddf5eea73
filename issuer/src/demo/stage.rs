//! Sets the stage: a scratch folder, a fake Stripe with the guide's catalog, and
//! the real issuer between them, which can be switched off and on again.

use std::path::PathBuf;

use fake_stripe::FakeStripe;
use tempfile::TempDir;

use super::Failure;
use super::vendor::Vendor;
use crate::app::OtherIssuer;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::serve::{Running, serve};
use crate::settings::{Environment, Flags, Settings};

pub(super) const PRODUCT: &str = "notes";
pub(super) const PRICE: &str = "price_growth_monthly";
const WEBHOOK_SECRET: &str = "whsec_cGFpZHVwIGRlbW8gc2VjcmV0IDAxMjM0NTY3";

/// Everything that takes part.
pub(super) struct Stage {
    pub(super) stripe: FakeStripe,
    pub(super) vendor: Vendor,
    settings: Settings,
    running: Option<Running>,
    folder: TempDir,
}

impl Stage {
    pub(super) async fn set() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let vendor = Vendor::open(WEBHOOK_SECRET).await?;

        let stripe = FakeStripe::builder().start().await?;
        stripe.create_guide_catalog()?;

        // The issuer's address must be known to Stripe before the issuer starts.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let listen = format!("127.0.0.1:{port}");
        let hook = format!("http://{listen}/webhooks/stripe");
        let endpoint = stripe.add_webhook_endpoint(&hook, &["*"])?;

        let config = folder.path().join("paidup.toml");
        std::fs::write(&config, catalog(vendor.url()))?;
        let flags = Flags {
            config: Some(config),
            data_dir: Some(folder.path().join("data")),
        };
        let environment: Environment = [
            ("PAIDUP_LISTEN", listen.as_str()),
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
            settings,
            running: None,
            folder,
        };
        stage.switch_on().await?;
        Ok(stage)
    }

    /// Starts the issuer.
    pub(super) async fn switch_on(&mut self) -> Result<(), Failure> {
        let settings = self.settings.clone();
        let running = serve(
            settings,
            Clock::system(),
            Entropy::system(),
            OtherIssuer::Refuse,
        )
        .await?;
        self.running = Some(running);
        Ok(())
    }

    /// Stops the issuer.
    pub(super) async fn switch_off(&mut self) -> Result<(), Failure> {
        match self.running.take() {
            Some(running) => Ok(running.stop().await?),
            None => Ok(()),
        }
    }

    /// The issuer, while it is on.
    pub(super) fn issuer(&self) -> Result<&Running, Failure> {
        self.running
            .as_ref()
            .ok_or_else(|| "the issuer is switched off".into())
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

fn catalog(webhook_url: &str) -> String {
    format!(
        r#"
[[products]]
code = "{PRODUCT}"
name = "Acme Notes"
key_prefix = "NOTES"

[[policies]]
name = "growth_policy"
product = "{PRODUCT}"
entitlements = ["export", "api_access", "premium_analytics"]
max_machines = 3
grace = "7d"
lease = "14d"

[[stripe.mappings]]
price = "{PRICE}"
policy = "growth_policy"

[[webhooks]]
url = "{webhook_url}"
events = ["license.*"]
secret = "{WEBHOOK_SECRET}"
"#
    )
}
