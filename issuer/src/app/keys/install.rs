//! Takes what a root has signed: from now on apps are given it. Roots and keyset change
//! in one transaction, so that no crash leaves one without the other.

use paidup::{Keyset, PublicKey};
use serde_json::json;

use super::{FORMER_ROOTS, KeysetChangeError, ROOTS, key_list, root_keys, roots, texts};
use crate::app::App;
use crate::app::retry::again;
use crate::app::start::SIGNING_KEY;
use crate::signer::Signer;
use crate::store::audit::{self, Entry};
use crate::store::{Tx, instance, keysets, licenses};

/// The roots that a keyset comes with.
#[derive(Clone, Copy)]
enum Pinned<'a> {
    AsBefore,
    First(&'a [PublicKey]),
    Replaced(&'a [PublicKey]),
}

impl App {
    /// Takes a keyset that a root has signed. Where it revokes a key, every license
    /// counts as changed: a forger's token of the same license is older than the next one.
    ///
    /// # Errors
    /// [`KeysetChangeError`].
    pub async fn install_keyset(&self, text: &str) -> Result<Keyset, KeysetChangeError> {
        self.install(text, Pinned::AsBefore).await
    }

    /// Takes the first keyset, and the roots that apps pin: one of them has signed it.
    ///
    /// # Errors
    /// [`KeysetChangeError`]; [`KeysetChangeError::Initialized`] where there is one.
    pub async fn install_first_keyset(
        &self,
        roots: &[PublicKey],
        text: &str,
    ) -> Result<Keyset, KeysetChangeError> {
        self.install(text, Pinned::First(roots)).await
    }

    /// Takes other roots for the next releases of the apps to pin, and a keyset that one
    /// of them has signed. Nothing that another root signs is installed from now on.
    ///
    /// # Errors
    /// [`KeysetChangeError`]; [`KeysetChangeError::NotInitialized`] where there are none.
    pub async fn replace_roots(
        &self,
        roots: &[PublicKey],
        text: &str,
    ) -> Result<Keyset, KeysetChangeError> {
        self.install(text, Pinned::Replaced(roots)).await
    }

    async fn install(&self, text: &str, pinned: Pinned<'_>) -> Result<Keyset, KeysetChangeError> {
        again(|| self.try_install(text, pinned)).await
    }

    async fn try_install(
        &self,
        text: &str,
        pinned: Pinned<'_>,
    ) -> Result<Keyset, KeysetChangeError> {
        let mut tx = self.0.store.write().await?;
        let before = self.keys_now(&mut tx).await?;
        let issuer = self.issuer_now(&mut tx).await?;
        let known = keysets::newest_version(&mut tx).await?;
        match pinned {
            Pinned::AsBefore => {}
            Pinned::First(_) if known > 0 => return Err(KeysetChangeError::Initialized),
            Pinned::Replaced(_) if known == 0 => return Err(KeysetChangeError::NotInitialized),
            Pinned::First(roots) => {
                instance::set(&mut tx, ROOTS, &texts(roots)).await?;
                // From the first keyset on, apps pin this name.
                self.fix_issuer(&mut tx).await?;
            }
            Pinned::Replaced(roots) => retire(&mut tx, roots).await?,
        }
        let keyset = roots(&mut tx, &issuer).await?.verify(text)?;
        if keyset.version <= known {
            return Err(KeysetChangeError::NotNewer {
                found: keyset.version,
                known,
            });
        }
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
        let roots = root_keys(&mut tx).await?;
        let roots: Vec<_> = roots.iter().map(PublicKey::key_id).collect();
        let entry = Entry {
            actor: "administrator",
            action: "keyset.installed",
            subject: &newest,
            detail: json!({
                "version": keyset.version, "roots": roots, "keys": keys, "revoked": revoked,
            }),
        };
        audit::append(&mut tx, &entry, now.as_secs()).await?;
        tx.commit().await?;
        self.keys_now(&mut *self.0.store.read().await?).await?;
        Ok(keyset)
    }
}

/// Puts other roots in the place of those that are. What these have signed before stays
/// readable: it says which keys were ever ours.
async fn retire(tx: &mut Tx, roots: &[PublicKey]) -> Result<(), KeysetChangeError> {
    let current = root_keys(tx).await?;
    let mut former = key_list(tx, FORMER_ROOTS).await?;
    let back = roots.iter().find(|it| former.contains(it));
    let same = roots
        .first()
        .filter(|_| roots.iter().all(|it| current.contains(it)));
    if let Some(root) = back.or(same) {
        return Err(KeysetChangeError::NoNewRoot(root.key_id()));
    }
    former.extend(current.into_iter().filter(|it| !roots.contains(it)));
    instance::set(tx, FORMER_ROOTS, &texts(&former)).await?;
    Ok(instance::set(tx, ROOTS, &texts(roots)).await?)
}
