//! Puts an issuer together, and refuses to start where that would do harm: with
//! another key, another mode or another name than its database knows.

use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, RwLock};

use paidup_stripe::ApiError;
use zeroize::Zeroizing;

use super::catalog::with_kept;
use super::connect::{Connection, OpenError, Secrets};
use super::endpoints::Compared;
use super::issuer::{ISSUER, Name};
use super::lanes::Failures;
use super::targets::Targets;
use super::trouble::Troubles;
use super::{App, Bell, Inbox, Keys, Parts};
use crate::clock::Clock;
use crate::egress;
use crate::entropy::Entropy;
use crate::key_file::{self, KeyFileError, make_private_dir};
use crate::settings::{PublicUrlError, Settings};
use crate::signer::Signer;
use crate::store::{Store, StoreError, instance};
use crate::vault::Vault;

pub(super) const SIGNING_KEY: &str = "signing_key";
const ENCRYPTION_KEY: &str = "encryption_key";
const MODE: &str = "mode";

/// Why an issuer does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The file holds a key, but not the one the database knows.
    #[error(
        "the {kind} in {} is not the one this database was made with; restore the right file",
        path.display()
    )]
    OtherKey {
        /// Which key.
        kind: &'static str,
        /// The file.
        path: std::path::PathBuf,
    },
    /// The database belongs to the other mode.
    #[error(
        "this database is for {known} mode, and the settings say {asked}; use one database for each"
    )]
    OtherMode {
        /// What the database knows.
        known: String,
        /// What the settings say.
        asked: &'static str,
    },
    /// Apps pin the issuer's name, and it was another.
    #[error(
        "apps already trust tokens of the issuer {known}, and the settings now say {asked}. Set \
         issuer = \"{known}\", or start once with --force if no app in use pins it"
    )]
    OtherIssuer {
        /// What the database knows.
        known: String,
        /// What the settings say.
        asked: String,
    },
    /// Live mode, and an issuer that the apps of customers could not reach.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// Stripe's settings.
    #[error(transparent)]
    Stripe(#[from] ApiError),
    /// The HTTP client for webhooks.
    #[error("cannot set up outgoing HTTPS")]
    Egress(#[from] reqwest::Error),
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Api(error) => Self::Stripe(error),
        }
    }
}

/// What to do where the settings give the issuer another name than its tokens
/// already carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherIssuer {
    /// Do not start: apps would refuse every new token.
    Refuse,
    /// Take the new name.
    Replace,
    /// Go by the old name; for commands that only look.
    Keep,
    /// As [`OtherIssuer::Keep`], for commands that may come before the name is known.
    KeepUnchecked,
}

impl App {
    /// Opens database and keys, makes them on the first start, and checks that
    /// they belong together. Workers are not started.
    ///
    /// # Errors
    /// [`StartError`]: what has to be mended first.
    pub async fn start(
        settings: Settings,
        clock: Clock,
        entropy: Entropy,
        other: OtherIssuer,
    ) -> Result<Self, StartError> {
        // Another part of the process may have chosen one; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        make_private_dir(&settings.data_dir).map_err(|source| StoreError::DataDir {
            path: settings.data_dir.clone(),
            source,
        })?;
        let store = Store::open(settings.database_url.as_ref(), &settings.data_dir).await?;
        store.migrate().await?;

        let mut db = store.read().await?;
        let known_signing = instance::find(&mut db, SIGNING_KEY).await?;
        let known_encryption = instance::find(&mut db, ENCRYPTION_KEY).await?;
        drop(db);

        let signer = Signer::open(
            &settings.signing_key_file,
            known_signing.is_none(),
            &entropy,
        )?;
        let vault = Vault::open(
            &settings.encryption_key_file,
            known_encryption.is_none(),
            &entropy,
        )?;

        let mut tx = store.write().await?;
        let newest = signer.newest().key_id().to_string();
        let signing = instance::fix(&mut tx, SIGNING_KEY, &newest).await?;
        let encryption = instance::fix(&mut tx, ENCRYPTION_KEY, vault.check()).await?;
        let mode = instance::fix(&mut tx, MODE, settings.mode.as_str()).await?;
        if let (Some(known), Some(asked)) =
            (instance::find(&mut tx, ISSUER).await?, &settings.issuer)
            && known != *asked
        {
            match other {
                OtherIssuer::Refuse => {
                    let asked = asked.clone();
                    return Err(StartError::OtherIssuer { known, asked });
                }
                OtherIssuer::Replace => instance::replace(&mut tx, ISSUER, asked).await?,
                OtherIssuer::Keep | OtherIssuer::KeepUnchecked => {}
            }
        }
        let issuer = Name::read(&settings, &mut tx).await?;
        let of_mode = mode == settings.mode.as_str();
        if of_mode && settings.mode.is_live() && other != OtherIssuer::KeepUnchecked {
            // Before the mode is fixed, so that another one can still be chosen.
            issuer.check_live()?;
        }
        tx.commit().await?;
        if !signing.parse().is_ok_and(|it| signer.holds(&it)) {
            let path = settings.signing_key_file;
            return Err(StartError::OtherKey {
                kind: "signing key",
                path,
            });
        }
        if encryption != vault.check() {
            let path = settings.encryption_key_file;
            return Err(StartError::OtherKey {
                kind: "encryption key",
                path,
            });
        }
        if !of_mode {
            return Err(StartError::OtherMode {
                known: mode,
                asked: settings.mode.as_str(),
            });
        }

        let node = node(&settings.data_dir)?;
        let connection = Connection::open(&settings, &store, &vault).await?;
        let catalog = with_kept(&store, settings.catalog.clone()).await?;
        let keys = Keys::read(signer, &issuer.text(), &mut *store.read().await?).await?;
        Ok(Self(Arc::new(Parts {
            inbox: Inbox::start(store.clone(), clock.clone()),
            egress: egress::client(settings.allow_insecure_webhooks)?,
            catalog: RwLock::new(Arc::new(catalog)),
            webhook_secrets: settings.stripe.webhook_secrets.clone(),
            mode: settings.mode,
            issuer,
            bell: Bell::default(),
            settings,
            node,
            targets: Targets::default(),
            failures: Failures::default(),
            store,
            keys: RwLock::new(Arc::new(keys)),
            vault,
            clock,
            entropy,
            connection,
            questions: AtomicI64::new(0),
            secrets: Secrets::default(),
            compared: Compared::default(),
            troubles: Troubles::default(),
        })))
    }
}

/// The name of this node, kept in the data directory, so that an issuer that starts again
/// knows which leases its former self held.
fn node(data_dir: &Path) -> Result<String, KeyFileError> {
    let file = data_dir.join("node.id");
    let make = || {
        let id = Entropy::system().id("nod", Clock::system().millis())?;
        Ok(Zeroizing::new(id))
    };
    let id = key_file::read_or_create(&file, true, make)?;
    Ok(id.trim().to_owned())
}
