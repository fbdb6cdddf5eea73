//! The stage: the real issuer between a fake Stripe and a vendor's app.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fake_stripe::FakeStripe;
use paidup_issuer::app::OtherIssuer;
use paidup_issuer::store::Store;
use paidup_issuer::store::events::{self, EventRow, EventState};
use paidup_issuer::{
    Clock, Entropy, Environment, Flags, Running, Settings, TargetSecret, WebhookTarget, serve,
};
use paidup_lifecycle::Timestamp;
use tempfile::TempDir;

use crate::{App, Catalog, Database, Failure, Hook, START, Vendor};

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
const WEBHOOK_SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdmVuZG9yJ3MgYXBw";

/// What a test sets up differently.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Setting {
    /// When the story begins, in Unix seconds.
    pub start: i64,
    /// What the vendor sells.
    pub catalog: Catalog,
    /// The version of Stripe's API in which events are written; the newest if absent.
    pub api_version: Option<&'static str>,
    /// Variables besides the usual ones; an empty value takes one away.
    pub environment: Vec<(&'static str, String)>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            start: START,
            catalog: Catalog::default(),
            api_version: None,
            environment: Vec::new(),
        }
    }
}

/// Everything that takes part.
pub struct Stage {
    /// Stripe.
    pub stripe: FakeStripe,
    /// The vendor's app.
    pub vendor: Vendor,
    /// The time, for everybody.
    pub clock: Clock,
    settings: Settings,
    running: Option<Running>,
    secret: String,
    http: reqwest::Client,
    folder: TempDir,
}

impl Stage {
    /// Sets the stage as most stories need it.
    ///
    /// # Errors
    /// What keeps it from being set.
    pub async fn set(database: Database) -> Result<Self, Failure> {
        Self::with(database, Setting::default()).await
    }

    /// Sets the stage in another way.
    ///
    /// # Errors
    /// What keeps it from being set.
    pub async fn with(database: Database, setting: Setting) -> Result<Self, Failure> {
        // Another test of the process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let clock = Clock::manual(Timestamp(setting.start));
        let vendor = Vendor::open().await?;
        let of_stripe = clock.clone();
        let mut stripe = FakeStripe::builder().clock(Arc::new(move || of_stripe.now().0));
        if let Some(version) = setting.api_version {
            stripe = stripe.api_version(version);
        }
        let stripe = stripe.start().await?;
        stripe.create_guide_catalog()?;

        let config = folder.path().join("paidup.toml");
        std::fs::write(
            &config,
            setting.catalog.render(vendor.url(), WEBHOOK_SECRET),
        )?;
        let port = fake_stripe::free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://{listen}/webhooks/stripe");
        let endpoint = stripe.add_webhook_endpoint(&url, &["*"])?;

        let mut environment = vec![
            ("PAIDUP_LISTEN", listen),
            ("PAIDUP_ALLOW_INSECURE_WEBHOOKS", "1".to_owned()),
            // Only the stories that are about it look for what no webhook brought.
            ("PAIDUP_SWEEP_EVERY", "never".to_owned()),
            ("STRIPE_API_BASE", stripe.base_url().to_owned()),
            ("STRIPE_API_KEY", stripe.api_key().to_owned()),
            ("STRIPE_WEBHOOK_SECRET", endpoint.secret.clone()),
        ];
        if let Some(address) = database.make().await? {
            environment.push(("DATABASE_URL", address));
        }
        for (name, value) in setting.environment {
            environment.retain(|(known, _)| *known != name);
            if !value.is_empty() {
                environment.push((name, value));
            }
        }
        let flags = Flags {
            config: Some(config),
            data_dir: Some(folder.path().join("data")),
        };
        let environment: Environment = environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let mut stage = Self {
            settings: Settings::load(&flags, &environment)?,
            stripe,
            vendor,
            clock,
            running: None,
            secret: endpoint.secret,
            http: reqwest::Client::new(),
            folder,
        };
        stage.switch_on().await?;
        Ok(stage)
    }

    /// Starts the issuer.
    ///
    /// # Errors
    /// What it says.
    pub async fn switch_on(&mut self) -> Result<(), Failure> {
        self.running = Some(self.start().await?);
        Ok(())
    }

    async fn start(&self) -> Result<Running, Failure> {
        let (settings, clock) = (self.settings.clone(), self.clock.clone());
        Ok(serve(settings, clock, Entropy::system(), OtherIssuer::Refuse).await?)
    }

    /// Stops the issuer.
    ///
    /// # Errors
    /// What it says.
    pub async fn switch_off(&mut self) -> Result<(), Failure> {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        Ok(())
    }

    /// Starts the issuer, which must refuse: what it says, with all causes.
    ///
    /// # Errors
    /// Where it starts after all.
    pub async fn refuses_to_start(&self) -> Result<String, Failure> {
        match self.start().await {
            Ok(_) => Err("the issuer started".into()),
            Err(refusal) => {
                let mut text = refusal.to_string();
                let mut cause = refusal.source();
                while let Some(error) = cause {
                    text.push_str(": ");
                    text.push_str(&error.to_string());
                    cause = error.source();
                }
                Ok(text)
            }
        }
    }

    /// The settings that the issuer starts with next time.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The issuer, which must be on.
    ///
    /// # Errors
    /// Where it is off.
    pub fn issuer(&self) -> Result<&Running, Failure> {
        self.running
            .as_ref()
            .ok_or_else(|| "the issuer is switched off".into())
    }

    /// Its address.
    ///
    /// # Errors
    /// Where it is off.
    pub fn url(&self) -> Result<String, Failure> {
        Ok(self.issuer()?.base_url())
    }

    /// Its store.
    ///
    /// # Errors
    /// Where it is off.
    pub fn store(&self) -> Result<&Store, Failure> {
        Ok(self.issuer()?.app.store())
    }

    /// Where its database and its keys are.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// `paidup.toml`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("paidup.toml")
    }

    /// The secret of Stripe's webhook endpoint.
    #[must_use]
    pub fn stripe_secret(&self) -> &str {
        &self.secret
    }

    /// The secret that outgoing webhooks are signed with.
    #[must_use]
    pub fn vendor_secret(&self) -> &'static str {
        WEBHOOK_SECRET
    }

    /// Changes what the vendor sells, while the issuer runs.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn change_catalog(&self, catalog: &Catalog) -> Result<(), Failure> {
        let text = catalog.render(self.vendor.url(), WEBHOOK_SECRET);
        Ok(replace(&self.config(), &text)?)
    }

    /// Gives the catalog these `[[webhooks]]` instead of the vendor's own.
    ///
    /// # Errors
    /// Where the file cannot be written, or the issuer is off.
    pub async fn change_webhooks(&self, webhooks: &str) -> Result<(), Failure> {
        let url = self.vendor.url();
        let text = Catalog::default().render(url, WEBHOOK_SECRET);
        let own = format!("[[webhooks]]\nurl = \"{url}\"\nsecret = \"{WEBHOOK_SECRET}\"\n");
        replace(&self.config(), &text.replace(&own, webhooks))?;
        self.issuer()?.app.reload_catalog().await?;
        Ok(())
    }

    /// Has outgoing webhooks signed with this secret, and with a previous one too, and
    /// waits until the issuer does.
    ///
    /// # Errors
    /// Where the file cannot be written, or the issuer does not take it up.
    pub async fn sign_webhooks_with(
        &self,
        secret: &str,
        previous: Option<&str>,
    ) -> Result<(), Failure> {
        let text = Catalog::default().render(self.vendor.url(), secret);
        let secrets = previous.map_or_else(
            || format!("secret = \"{secret}\""),
            |it| format!("secret = \"{secret}\"\nprevious_secret = \"{it}\""),
        );
        let text = text.replace(&format!("secret = \"{secret}\""), &secrets);
        replace(&self.config(), &text)?;
        let app = &self.issuer()?.app;
        let taken_up = async {
            let held = |it: &WebhookTarget| {
                let before = it.previous_secret.as_ref().map(TargetSecret::expose);
                it.secret.expose() == secret && before == previous
            };
            while !app.catalog().targets().iter().any(held) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        Ok(tokio::time::timeout(Duration::from_secs(20), taken_up).await?)
    }

    /// Posts webhooks that are made by hand.
    ///
    /// # Errors
    /// Where the issuer is off.
    pub fn hook(&self) -> Result<Hook, Failure> {
        Ok(Hook {
            url: format!("{}/webhooks/stripe", self.url()?),
            secret: self.secret.clone(),
            http: self.http.clone(),
        })
    }

    /// Installs the customer's app on a machine, with the issuer's key pinned.
    ///
    /// # Errors
    /// Where the issuer is off.
    pub fn app(&self, fingerprint: Option<&str>) -> Result<App, Failure> {
        let issuer = self.issuer()?;
        let key = issuer.app.signing_key().ok_or("no key signs")?;
        let (url, name) = (issuer.base_url(), issuer.app.issuer());
        Ok(App::install(
            &url,
            &name,
            key,
            fingerprint,
            self.http.clone(),
        ))
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// Every event in the inbox.
    ///
    /// # Errors
    /// What the store says.
    pub async fn events(&self) -> Result<Vec<EventRow>, Failure> {
        Ok(events::list(&mut *self.store()?.read().await?, None).await?)
    }

    /// Waits until an event is in this state.
    ///
    /// # Errors
    /// Where it does not come to that in time.
    pub async fn event(&self, id: &str, state: EventState) -> Result<EventRow, Failure> {
        self.any_event(|it| it.arrival.id == id && it.state == state)
            .await
    }

    /// Waits for an event that is as the test wants it.
    ///
    /// # Errors
    /// Where there is none in time.
    pub async fn any_event(&self, wanted: impl Fn(&EventRow) -> bool) -> Result<EventRow, Failure> {
        let found = self
            .watch(|events| events.iter().find(|it| wanted(it)).cloned())
            .await?;
        found.map_err(|events| format!("no such event in time, but {events:?}").into())
    }

    /// Waits until every event that arrived is applied, or set aside for good.
    ///
    /// # Errors
    /// Where it does not come to that in time.
    pub async fn idle(&self) -> Result<(), Failure> {
        let open = |it: &EventRow| matches!(it.state, EventState::Pending | EventState::Parked);
        let done = self
            .watch(|events| (!events.iter().any(open)).then_some(()))
            .await?;
        done.map_err(|events| format!("not all is applied in time: {events:?}").into())
    }

    /// Looks at the inbox until it is as wanted; after a while, what is there.
    async fn watch<T>(
        &self,
        wanted: impl Fn(&[EventRow]) -> Option<T>,
    ) -> Result<Result<T, Vec<String>>, Failure> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let events = self.events().await?;
            if let Some(found) = wanted(&events) {
                return Ok(Ok(found));
            }
            if tokio::time::Instant::now() > deadline {
                let shown =
                    |it: &EventRow| format!("{} {} {:?}", it.arrival.kind, it.state, it.reason);
                return Ok(Err(events.iter().map(shown).collect()));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Replaces a file at once, so that nobody reads half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, text)?;
    std::fs::rename(fresh, path)
}
