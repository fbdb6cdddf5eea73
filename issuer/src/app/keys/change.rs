//! What is to be different in the next keyset, and the draft of it that a root signs.

use paidup::{
    KeyId, Keyset, KeysetError, KeysetKey, PublicKey, Revocation, Role, Sunset, UnixTime,
};

use super::{KeysError, root_keys};
use crate::app::App;
use crate::key_file::KeyFileError;
use crate::signer::Signer;
use crate::store::{StoreError, keysets};

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
    /// What is to replace a root is one that apps pin, or did.
    #[error("the root {0} is no new one: apps pin it, or did before it was replaced")]
    NoNewRoot(KeyId),
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
    /// The first keyset, of the key that signs already.
    ///
    /// # Errors
    /// [`KeysetChangeError::Initialized`].
    pub async fn first_keyset(&self) -> Result<Keyset, KeysetChangeError> {
        let mut db = self.0.store.read().await?;
        if keysets::newest_version(&mut db).await? > 0 {
            return Err(KeysetChangeError::Initialized);
        }
        let now = self.unix_now();
        let issuer = self.issuer_now(&mut db).await?;
        let mut keyset = Keyset::new(&issuer, version_after(0, now), now);
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
