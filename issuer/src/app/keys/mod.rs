//! The keys as they are now: which one signs, which ones were ever ours, and what
//! apps are told of them.

mod change;
mod install;
mod warnings;

use std::sync::{Arc, PoisonError};

use paidup::{KeyId, Keyring, Keyset, PublicKey, Role, Roots, UnixTime};
use sqlx::AnyConnection;

use super::App;
use crate::key_file::KeyFileError;
use crate::signer::Signer;
use crate::store::{StoreError, instance, keysets};

pub use change::{KeyChange, KeysetChangeError};

const ROOTS: &str = "roots";
const FORMER_ROOTS: &str = "former_roots";

/// The keys of an issuer.
#[derive(Debug)]
pub struct Keys {
    signer: Signer,
    keyset: Option<Held>,
    /// What verifies tokens of ours, however old.
    keyring: Keyring,
}

#[derive(Debug)]
struct Held {
    text: String,
    keyset: Keyset,
}

/// Why the keys cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key file.
    #[error(transparent)]
    File(#[from] KeyFileError),
}

impl Keys {
    /// Reads the database; keysets must be of that issuer.
    pub(super) async fn read(
        signer: Signer,
        issuer: &str,
        db: &mut AnyConnection,
    ) -> Result<Self, StoreError> {
        let current = roots(db, issuer).await?;
        let former = key_list(db, FORMER_ROOTS).await?;
        let former = pin_all(issuer, former);
        let mut keyring = Keyring::new();
        for key in signer.public_keys() {
            keyring.trust(key);
        }
        let mut newest = None;
        for text in keysets::list(db).await? {
            let by_current = current.verify(&text);
            let is_current = by_current.is_ok();
            let Ok(keyset) = by_current.or_else(|_| former.verify(&text)) else {
                tracing::warn!("a stored keyset does not verify under the roots; it is not used");
                continue;
            };
            for key in keyset.keys.iter().filter(|it| it.role == Role::License) {
                keyring.trust(key.key.clone());
            }
            if is_current {
                newest = Some(Held { text, keyset });
            }
        }
        for revocation in newest.iter().flat_map(|it| &it.keyset.revoked) {
            keyring.revoke(revocation.kid);
        }
        Ok(Self {
            signer,
            keyset: newest,
            keyring,
        })
    }

    /// Signs.
    pub(super) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Verifies what we signed ourselves.
    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The newest keyset, as its root has signed it, if there is one.
    #[must_use]
    pub fn keyset_text(&self) -> Option<&str> {
        self.keyset.as_ref().map(|it| it.text.as_str())
    }

    /// The newest keyset, if there is one.
    #[must_use]
    pub fn keyset(&self) -> Option<&Keyset> {
        self.keyset.as_ref().map(|it| &it.keyset)
    }

    /// The key that signs at `now`: of those that the keyset lists and whose secrets
    /// are here, the latest to begin. Without a keyset, the one in the file.
    #[must_use]
    pub fn signing_at(&self, now: UnixTime) -> Option<KeyId> {
        let Some(keyset) = self.keyset() else {
            return Some(self.signer.newest().key_id());
        };
        keyset
            .keys
            .iter()
            .filter(|it| it.role == Role::License)
            .filter(|it| it.not_before <= now && now <= it.not_after)
            .filter(|it| self.signer.holds(&it.key.key_id()))
            .filter(|it| !keyset.revokes(&it.key.key_id()))
            .max_by_key(|it| it.not_before)
            .map(|it| it.key.key_id())
    }

    /// The keys that a verifier may meet.
    #[must_use]
    pub fn published(&self) -> Vec<PublicKey> {
        match self.keyset() {
            None => vec![self.signer.newest().clone()],
            Some(keyset) => keyset
                .keys
                .iter()
                .filter(|it| it.role == Role::License && !keyset.revokes(&it.key.key_id()))
                .map(|it| it.key.clone())
                .collect(),
        }
    }
}

/// The roots that keysets of this issuer are signed by.
pub(super) async fn roots(db: &mut AnyConnection, issuer: &str) -> Result<Roots, StoreError> {
    Ok(pin_all(issuer, root_keys(db).await?))
}

fn pin_all(issuer: &str, keys: Vec<PublicKey>) -> Roots {
    keys.into_iter().fold(Roots::new(issuer), Roots::pin)
}

pub(super) async fn root_keys(db: &mut AnyConnection) -> Result<Vec<PublicKey>, StoreError> {
    key_list(db, ROOTS).await
}

fn texts(keys: &[PublicKey]) -> String {
    let texts: Vec<_> = keys.iter().map(PublicKey::to_base64url).collect();
    texts.join(" ")
}

async fn key_list(db: &mut AnyConnection, name: &str) -> Result<Vec<PublicKey>, StoreError> {
    let text = instance::find(db, name).await?.unwrap_or_default();
    let keys = text.split_whitespace();
    let keys = keys.map(PublicKey::from_base64url);
    keys.collect::<Result<_, _>>()
        .map_err(|_| StoreError::Inconsistent {
            table: "instance",
            column: "value",
            row: name.to_owned(),
        })
}

impl App {
    /// The keys as this process last read them.
    #[must_use]
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.0.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that signs at this moment, as far as this process knows.
    #[must_use]
    pub fn signing_key(&self) -> Option<PublicKey> {
        let keys = self.keys();
        let id = keys.signing_at(self.unix_now())?;
        keys.published().into_iter().find(|it| it.key_id() == id)
    }

    /// The keys as they are now: another process may have installed a keyset.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn keys_now(&self, db: &mut AnyConnection) -> Result<Arc<Keys>, KeysError> {
        let issuer = self.issuer_now(db).await?;
        let keys = self.keys();
        let known = keys.keyset().map_or(0, |it| it.version);
        if keysets::newest_version(db).await? == known {
            return Ok(keys);
        }
        let file = &self.0.settings.signing_key_file;
        let signer = Signer::open(file, false, &self.0.entropy)?;
        let keys = Arc::new(Keys::read(signer, &issuer, db).await?);
        let mut held = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::clone(&keys);
        tracing::info!(
            version = keys.keyset().map(|it| it.version),
            "keys.taken_up"
        );
        Ok(keys)
    }
}
