//! Keysets come to be in three steps, which may happen in two places: a draft of the
//! next one, a root's signature, the installation.

use paidup::{
    KeyId, Keyset, KeysetError, KeysetKey, PublicKey, Revocation, Role, Sunset, UnixTime,
};
use serde_json::json;

use super::{KeysError, ROOTS, root_keys, roots};
use crate::app::App;
use crate::app::start::{ISSUER, SIGNING_KEY};
use crate::key_file::KeyFileError;
use crate::signer::Signer;
use crate::store::audit::{self, Entry};
use crate::store::{StoreError, instance, keysets, licenses};

const DAY: i64 = 86_400;
/// A new key begins to sign so much later: caches of `jwks.json` know it by then.
const HEAD_START: i64 = 600;
/// An old key may still sign for so long after the new one has begun: clocks of
/// several issuers differ.
const OVERLAP: i64 = DAY;
/// A key may sign for five years at most.
const KEY_LIFE: i64 = 5 * 365 * DAY;
/// No token lives longer than this after its key has ended.
const LONGEST_LEASE: i64 = 400 * DAY;

/// What is to be different in the next keyset.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum KeyChange {
    /// Nothing but its end.
    Renew,
    /// A new key signs from now on.
    Rotate,
    /// A key is dead: its secret is in wrong hands.
    Revoke {
        /// Which.
        key: KeyId,
        /// Why.
        reason: String,
    },
    /// Tokens of a product outlive this issuer.
    Sunset {
        /// The product's code.
        product: String,
        /// Those that were issued before.
        issued_before: UnixTime,
    },
}

/// Why the keys are not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysetChangeError {
    /// There is one already.
    #[error(
        "there is a root already; `paidup keys list` shows it, and `paidup keys rotate` makes a new signing key"
    )]
    Initialized,
    /// There is none yet.
    #[error("there is no keyset yet; `paidup keys init` makes a root and the first one")]
    NotInitialized,
    /// No such key.
    #[error("the keyset does not know the key {0}; `paidup keys list` shows which it does")]
    UnknownKey(KeyId),
    /// No such product.
    #[error("the catalog has no product \"{0}\"")]
    UnknownProduct(String),
    /// It is not newer.
    #[error("this keyset is version {found}, and version {known} is installed; make a new draft")]
    NotNewer {
        /// Its version.
        found: u64,
        /// The version that is installed.
        known: u64,
    },
    /// This issuer could not sign any more.
    #[error("the keyset lists no key whose secret is here and that may sign now")]
    NoSigningKey,
    /// The keyset is refused.
    #[error(transparent)]
    Keyset(#[from] KeysetError),
    /// The key file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeysError> for KeysetChangeError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Store(error) => Self::Store(error),
            KeysError::File(error) => Self::File(error),
        }
    }
}

impl App {
    /// The first keyset, of the key that signs already. It is to be signed by one of
    /// `roots`, which are fixed with it.
    ///
    /// # Errors
    /// [`KeysetChangeError::Initialized`].
    pub async fn first_keyset(&self, pinned: &[PublicKey]) -> Result<Keyset, KeysetChangeError> {
        let mut tx = self.0.store.write().await?;
        if instance::find(&mut tx, ROOTS).await?.is_some() {
            return Err(KeysetChangeError::Initialized);
        }
        let texts: Vec<_> = pinned.iter().map(PublicKey::to_base64url).collect();
        instance::fix(&mut tx, ROOTS, &texts.join(" ")).await?;
        // From the first keyset on, apps pin this name.
        instance::fix(&mut tx, ISSUER, &self.0.issuer).await?;
        tx.commit().await?;
        let now = self.unix_now();
        let mut keyset = Keyset::new(&self.0.issuer, version_after(0, now), now);
        keyset.keys.push(KeysetKey {
            key: self.keys().signer().newest().clone(),
            role: Role::License,
            // It may have signed before there was a keyset.
            not_before: UnixTime::from_secs(1),
            not_after: now.plus(KEY_LIFE),
            products: Vec::new(),
        });
        Ok(keyset)
    }

    /// The next keyset, for a root to sign. Where a new signing key is needed, it is
    /// made, and waits in the key file.
    ///
    /// # Errors
    /// [`KeysetChangeError`].
    pub async fn draft_keyset(&self, change: &KeyChange) -> Result<Keyset, KeysetChangeError> {
        let mut db = self.0.store.read().await?;
        let keys = self.keys_now(&mut db).await?;
        let now = self.unix_now();
        let mut next = keys
            .keyset()
            .cloned()
            .ok_or(KeysetChangeError::NotInitialized)?;
        next.version = version_after(next.version, now);
        next.iat = now;
        next.exp = now.plus(Keyset::LIFE);
        next.keys
            .retain(|it| now < it.not_after.plus(LONGEST_LEASE));
        match change {
            KeyChange::Renew => {}
            KeyChange::Rotate => {
                let begins = now.plus(HEAD_START);
                for key in &mut next.keys {
                    key.not_after = key.not_after.min(begins.plus(OVERLAP));
                }
                next.keys.push(self.new_signing_key(begins)?);
            }
            KeyChange::Revoke { key, reason } => {
                if !next.keys.iter().any(|it| it.key.key_id() == *key) {
                    return Err(KeysetChangeError::UnknownKey(*key));
                }
                next.keys.retain(|it| it.key.key_id() != *key);
                next.revoked.push(Revocation {
                    kid: *key,
                    at: now,
                    reason: reason.clone(),
                });
                let signs = |it: &KeysetKey| it.not_before <= now && now <= it.not_after;
                if !next.keys.iter().any(signs) {
                    next.keys.push(self.new_signing_key(now)?);
                }
            }
            KeyChange::Sunset {
                product,
                issued_before,
            } => {
                if self.catalog().product(product).is_none() {
                    return Err(KeysetChangeError::UnknownProduct(product.clone()));
                }
                next.sunset.retain(|it| it.aud != *product);
                next.sunset.push(Sunset {
                    aud: product.clone(),
                    issued_before: *issued_before,
                });
            }
        }
        Ok(next)
    }

    fn new_signing_key(&self, begins: UnixTime) -> Result<KeysetKey, KeyFileError> {
        Ok(KeysetKey {
            key: Signer::add(&self.0.settings.signing_key_file, &self.0.entropy)?,
            role: Role::License,
            not_before: begins,
            not_after: begins.plus(KEY_LIFE),
            products: Vec::new(),
        })
    }

    /// Takes a keyset that a root has signed. From now on apps are given it. Where it
    /// revokes a key, every license counts as changed: a forger's token of the same
    /// license is older than the next one.
    ///
    /// # Errors
    /// [`KeysetChangeError`].
    pub async fn install_keyset(&self, text: &str) -> Result<Keyset, KeysetChangeError> {
        let mut tx = self.0.store.write().await?;
        let roots = roots(&mut tx, &self.0.issuer).await?;
        let keyset = roots.verify(text)?;
        let known = keysets::newest_version(&mut tx).await?;
        if keyset.version <= known {
            return Err(KeysetChangeError::NotNewer {
                found: keyset.version,
                known,
            });
        }
        let before = self.keys_now(&mut tx).await?;
        let file = &self.0.settings.signing_key_file;
        let signer = Signer::open(file, false, &self.0.entropy)?;
        let now = self.unix_now();
        let signs = keyset
            .keys
            .iter()
            .filter(|it| it.not_before <= now && now <= it.not_after)
            .any(|it| signer.holds(&it.key.key_id()));
        if !signs {
            return Err(KeysetChangeError::NoSigningKey);
        }
        keysets::insert(&mut tx, keyset.version, text, now.as_secs()).await?;
        let revoked: Vec<String> = keyset
            .revoked
            .iter()
            .filter(|it| before.keyset().is_none_or(|held| !held.revokes(&it.kid)))
            .map(|it| it.kid.to_string())
            .collect();
        if !revoked.is_empty() {
            licenses::count_all_as_changed(&mut tx, self.0.clock.millis()).await?;
        }
        let newest = signer.newest().key_id().to_string();
        instance::set(&mut tx, SIGNING_KEY, &newest).await?;
        let keys: Vec<_> = keyset.keys.iter().map(|it| it.key.key_id()).collect();
        let entry = Entry {
            actor: "administrator",
            action: "keyset.installed",
            subject: &newest,
            detail: json!({ "version": keyset.version, "keys": keys, "revoked": revoked }),
        };
        audit::append(&mut tx, &entry, now.as_secs()).await?;
        tx.commit().await?;
        self.keys_now(&mut *self.0.store.read().await?).await?;
        Ok(keyset)
    }

    /// The roots that apps of this issuer pin.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn root_keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        root_keys(&mut *self.0.store.read().await?).await
    }

    pub(in crate::app) fn unix_now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.clock.now().0)
    }
}

/// Counts keysets in Unix seconds: so the count grows across a restored backup, whose
/// issuer knows nothing of the last ones, and apps take what comes next.
fn version_after(last: u64, now: UnixTime) -> u64 {
    let seconds = u64::try_from(now.as_secs()).unwrap_or_default();
    last.saturating_add(1).max(seconds)
}
