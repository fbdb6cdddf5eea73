//! Puts a client together.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::fmt;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::address::is_private;
use super::contact::Line;
use super::machine::{fingerprint, hostname};
use super::{Client, FileStore, Machine, Shared, Store};
use crate::{Device, Event, Installation, KeyError, MachineClass, PublicKey, Setup, UnixTime};

/// What a client is made of. Only a root, or a signing key, has to be given.
#[must_use]
pub struct ClientBuilder {
    issuer: String,
    product: String,
    url: Option<String>,
    allow_http: bool,
    roots: Vec<String>,
    keys: Vec<String>,
    min_version: u64,
    test: bool,
    fingerprint: Option<String>,
    device: Device,
    class: Option<MachineClass>,
    store: Option<Arc<dyn Store>>,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    on_event: Option<Arc<dyn Fn(Event) + Send + Sync>>,
}

/// Why no client was made. All of it is the program's to mend, not its user's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nothing is trusted.
    #[error("pin a root, or a signing key: without one no license can be believed")]
    NothingPinned,
    /// What is pinned is no key.
    #[error("the pinned key {text:?} is none: {error}")]
    Key {
        /// What was given.
        text: String,
        /// Why it is none.
        error: KeyError,
    },
    /// The license key would travel in the clear.
    #[error(
        "{url} is not https: a license key is not sent in the clear. Only an issuer on this \
         machine may be asked without, or any after danger_allow_http()"
    )]
    Insecure {
        /// The address.
        url: String,
    },
}

impl ClientBuilder {
    pub(super) fn new(issuer: String, product: String) -> Self {
        Self {
            issuer,
            product,
            url: None,
            allow_http: false,
            roots: Vec::new(),
            keys: Vec::new(),
            min_version: 0,
            test: false,
            fingerprint: None,
            device: Device::default(),
            class: None,
            store: None,
            clock: Arc::new(system_time),
            on_event: None,
        }
    }

    /// Pins a root, as `paidup keys export` prints it. A second one is for the day on
    /// which the first is lost.
    pub fn root(mut self, x: impl Into<String>) -> Self {
        self.roots.push(x.into());
        self
    }

    /// Pins a signing key directly: for an issuer that has no root.
    pub fn key(mut self, x: impl Into<String>) -> Self {
        self.keys.push(x.into());
        self
    }

    /// Where the issuer is, if not at the address that is its name.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Takes an issuer that is not on this machine and has no https. **Whoever is on
    /// the way reads the license keys.** Nobody can forge a license all the same.
    pub fn danger_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// The lowest version of a keyset that is taken, for an app that is released after
    /// a compromise.
    pub fn min_version(mut self, version: u64) -> Self {
        self.min_version = version;
        self
    }

    /// Takes test licenses instead of real ones.
    pub fn test_mode(mut self) -> Self {
        self.test = true;
        self
    }

    /// Which machine this is, if the app knows better than [`Machine::of_system`].
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.fingerprint = Some(fingerprint.into());
        self
    }

    /// What kind of machine this is, if the app knows better.
    pub fn class(mut self, class: MachineClass) -> Self {
        self.class = Some(class);
        self
    }

    /// How the machine is called where seats are listed; by default its host name.
    pub fn device_name(mut self, name: impl Into<String>) -> Self {
        self.device.name = Some(name.into());
        self
    }

    /// Where its memory is kept; by default in [`FileStore::of_user`].
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The machine's clock, if not the system's.
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Who is told what happens, on whatever thread it happens. It must not block.
    pub fn on_event(mut self, told: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Arc::new(told));
        self
    }

    /// Makes the client, with what its store holds. It needs no network and no thread:
    /// these are set up at the first contact.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build(self) -> Result<Client, BuildError> {
        if self.roots.is_empty() && self.keys.is_empty() {
            return Err(BuildError::NothingPinned);
        }
        let url = self.url.as_deref().unwrap_or(&self.issuer);
        if !self.allow_http && !is_private(url) {
            return Err(BuildError::Insecure { url: url.into() });
        }
        let line = Line::new(url);
        let setup = self.setup()?;
        let store = self.store.clone();
        let store = store.unwrap_or_else(|| Arc::new(FileStore::of_user(&setup)));
        let loaded = store.load();
        let installation = Installation::load(setup, loaded.state(), loaded.witness());
        Ok(Client(Arc::new(Shared {
            installation: Mutex::new(installation),
            line,
            store,
            saving: Mutex::default(),
            clock: self.clock,
            on_event: self.on_event,
            told: Mutex::default(),
            refreshing: super::refreshing::Refreshing::default(),
        })))
    }

    fn setup(&self) -> Result<Setup, BuildError> {
        let key = |text: &String| {
            PublicKey::from_base64url(text).map_err(|error| BuildError::Key {
                text: text.clone(),
                error,
            })
        };
        let machine = Machine::of_system(&self.product);
        let mut device = self.device.clone();
        device.class = self.class.unwrap_or(match &machine {
            Ok(machine) => machine.class,
            Err(_) => MachineClass::default(),
        });
        device.name = device.name.or_else(hostname);
        let platform = || format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        device.platform = device.platform.or_else(|| Some(platform()));
        // Without an id of its own, a machine is known by its name: the best there is.
        let by_name = || fingerprint(&self.product, &[&hostname().unwrap_or_default()]);
        let fingerprint = self.fingerprint.clone();
        let fingerprint =
            fingerprint.unwrap_or_else(|| machine.map_or_else(|_| by_name(), |it| it.fingerprint));
        let mut setup = Setup::new(self.issuer.as_str(), self.product.as_str())
            .min_version(self.min_version)
            .fingerprint(fingerprint)
            .device(device);
        for root in &self.roots {
            setup = setup.root(key(root)?);
        }
        for pinned in &self.keys {
            setup = setup.key(key(pinned)?);
        }
        Ok(if self.test { setup.test_mode() } else { setup })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn system_time() -> UnixTime {
    let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |it| -it),
    };
    UnixTime::from_secs(seconds)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("issuer", &self.issuer)
            .field("product", &self.product)
            .finish_non_exhaustive()
    }
}
