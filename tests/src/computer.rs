//! A customer's machine with the vendor's app on it, which ships our SDK: its clock
//! may be wrong, its network may be down, its app may be closed and opened again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use paidup::{Client, ClientBuilder, MachineClass, MemoryStore, PublicKey, UnixTime};
use paidup_issuer::app::KeyChange;
use paidup_issuer::{Clock, Entropy, Root};

use crate::{Failure, Stage};

/// A customer's machine.
#[derive(Clone)]
pub struct Computer {
    fingerprint: String,
    class: MachineClass,
    pins: Vec<(bool, String)>,
    issuer: String,
    url: String,
    clock: Clock,
    ahead: Arc<AtomicI64>,
    store: Arc<MemoryStore>,
    /// The app that runs on it.
    pub client: Client,
}

impl Stage {
    /// A machine on which the app was installed, with what the issuer says now to
    /// pin: its roots, or else its key.
    ///
    /// # Errors
    /// Where the issuer is off.
    pub async fn computer(&self, fingerprint: &str) -> Result<Computer, Failure> {
        self.computer_of(fingerprint, MachineClass::Desktop).await
    }

    /// As [`Stage::computer`], of another kind.
    ///
    /// # Errors
    /// Where the issuer is off.
    pub async fn computer_of(
        &self,
        fingerprint: &str,
        class: MachineClass,
    ) -> Result<Computer, Failure> {
        let app = &self.issuer()?.app;
        let mut pins = Vec::new();
        for root in app.root_keys().await? {
            pins.push((true, root.to_base64url()));
        }
        if pins.is_empty() {
            let key = app.signing_key().ok_or("no key signs")?;
            pins.push((false, key.to_base64url()));
        }
        let (clock, ahead) = (app.clock().clone(), Arc::new(AtomicI64::new(0)));
        let store = Arc::new(MemoryStore::default());
        let (issuer, url) = (app.issuer().to_owned(), self.url()?);
        let builder = app_of(&issuer, &url, &pins, fingerprint, class);
        let client = started(builder, &clock, &ahead, &store)?;
        Ok(Computer {
            fingerprint: fingerprint.to_owned(),
            class,
            pins,
            issuer,
            url,
            clock,
            ahead,
            store,
            client,
        })
    }

    /// Makes a root and the first keyset.
    ///
    /// # Errors
    /// Where there is one already.
    pub async fn make_root(&self) -> Result<Root, Failure> {
        let root = Root::make(&Entropy::system())?;
        self.make_roots(&root, &[]).await?;
        Ok(root)
    }

    /// Makes the first keyset, signed by `root`, where apps pin others too.
    ///
    /// # Errors
    /// Where there is one already.
    pub async fn make_roots(&self, root: &Root, spares: &[&Root]) -> Result<(), Failure> {
        let app = &self.issuer()?.app;
        let pinned = [&[root], spares].concat();
        let pinned: Vec<PublicKey> = pinned.iter().map(|it| it.public_key().clone()).collect();
        let first = app.first_keyset().await?;
        app.install_first_keyset(&pinned, &root.sign(&first)?)
            .await?;
        Ok(())
    }

    /// Has the next releases pin these roots, the first of which signs.
    ///
    /// # Errors
    /// Where that is refused.
    pub async fn replace_roots(&self, roots: &[&Root]) -> Result<u64, Failure> {
        let app = &self.issuer()?.app;
        let next = app.draft_keyset(&KeyChange::Renew).await?;
        let pinned: Vec<PublicKey> = roots.iter().map(|it| it.public_key().clone()).collect();
        let signer = roots.first().ok_or("no root")?;
        let installed = app.replace_roots(&pinned, &signer.sign(&next)?).await?;
        Ok(installed.version)
    }

    /// Changes the keys, as `paidup keys` does.
    ///
    /// # Errors
    /// Where that is refused.
    pub async fn change_keys(&self, root: &Root, change: &KeyChange) -> Result<(), Failure> {
        let app = &self.issuer()?.app;
        let next = app.draft_keyset(change).await?;
        app.install_keyset(&root.sign(&next)?).await?;
        Ok(())
    }
}

impl Computer {
    /// Sets its clock so many seconds ahead of the true time.
    pub fn set_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }

    /// Closes the app and opens it again.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn restart(&mut self) -> Result<(), Failure> {
        let (issuer, url) = (&self.issuer, &self.url);
        let builder = app_of(issuer, url, &self.pins, &self.fingerprint, self.class);
        self.client = started(builder, &self.clock, &self.ahead, &self.store)?;
        Ok(())
    }

    /// Installs a release of the app that pins these roots instead.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn install_release(&mut self, roots: &[&Root], min_version: u64) -> Result<(), Failure> {
        let pin = |it: &&Root| (true, it.public_key().to_base64url());
        self.pins = roots.iter().map(pin).collect();
        let (issuer, url) = (&self.issuer, &self.url);
        let builder = app_of(issuer, url, &self.pins, &self.fingerprint, self.class);
        let builder = builder.min_version(min_version);
        self.client = started(builder, &self.clock, &self.ahead, &self.store)?;
        Ok(())
    }

    /// Wipes what the app has stored, as a browser may.
    ///
    /// # Errors
    /// Where the app does not start.
    pub fn wipe(&mut self) -> Result<(), Failure> {
        self.store = Arc::new(MemoryStore::default());
        self.restart()
    }

    /// The word for what holds now.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.client.check().code().as_str()
    }
}

fn app_of(
    issuer: &str,
    url: &str,
    pins: &[(bool, String)],
    fingerprint: &str,
    class: MachineClass,
) -> ClientBuilder {
    let builder = Client::builder(issuer, "notes")
        .url(url)
        .fingerprint(fingerprint)
        .device_name(format!("{fingerprint}'s"))
        .class(class)
        .test_mode();
    pins.iter().fold(builder, |it, (is_root, x)| match is_root {
        true => it.root(x),
        false => it.key(x),
    })
}

fn started(
    builder: ClientBuilder,
    clock: &Clock,
    ahead: &Arc<AtomicI64>,
    store: &Arc<MemoryStore>,
) -> Result<Client, Failure> {
    let (clock, ahead) = (clock.clone(), Arc::clone(ahead));
    let now = move || {
        let ahead = ahead.load(Ordering::SeqCst);
        UnixTime::from_secs(clock.now().0.saturating_add(ahead))
    };
    Ok(builder.clock(now).store(Arc::clone(store)).build()?)
}

impl std::fmt::Debug for Computer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Computer")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
