//! Who may use the management API: whoever presents a key, for what the key is for.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroize::Zeroizing;

use super::App;
use crate::store::StoreError;
use crate::store::api_keys::{self, ApiKeyRow};
use crate::store::audit::{self, Entry};

/// How exactly it is noted when a key was last used, in seconds.
const USE_NOTED: i64 = 60;

/// Something that a key may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
#[non_exhaustive]
pub enum Scope {
    /// Look at licenses, their keys and customers.
    #[value(name = "licenses:read")]
    LicensesRead,
    /// Export licenses as files.
    #[value(name = "licenses:write")]
    LicensesWrite,
    /// Look at the connection to Stripe.
    #[value(name = "stripe:read")]
    StripeRead,
    /// Change the connection to Stripe.
    #[value(name = "stripe:write")]
    StripeWrite,
}

impl Scope {
    /// The word in lists and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LicensesRead => "licenses:read",
            Self::LicensesWrite => "licenses:write",
            Self::StripeRead => "stripe:read",
            Self::StripeWrite => "stripe:write",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request to the management API is not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// No key, or none that is known and still good.
    #[error(
        "present a key of the management API as `Authorization: Bearer …`; `paidup api-keys \
         create` makes one, and `paidup api-keys list` shows which have ended"
    )]
    Unknown,
    /// The key is for something else.
    #[error("this key is not for {0}; `paidup api-keys create --scope {0}` makes one that is")]
    Scope(Scope),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Makes a key, which is shown now and never again. It ends `lasts` seconds from
    /// now, where that is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_api_key(
        &self,
        name: &str,
        scopes: &[Scope],
        lasts: Option<i64>,
    ) -> Result<(ApiKeyRow, Zeroizing<String>), StoreError> {
        let parts = &self.0;
        let random = Zeroizing::new(parts.entropy.bytes::<32>()?);
        let random = Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice()));
        let key = Zeroizing::new(format!("lk_{}_{}", parts.mode.as_str(), *random));
        let now = parts.clock.now();
        let mut words: Vec<&str> = scopes.iter().map(|it| it.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        let row = ApiKeyRow {
            id: parts.entropy.id("key", parts.clock.millis())?,
            name: name.to_owned(),
            key_hash: self.hash_of(&key),
            hint: key
                .get(key.len().saturating_sub(4)..)
                .unwrap_or_default()
                .to_owned(),
            scopes: words.join(" "),
            created_at: now.0,
            expires_at: lasts.map(|it| now.plus(it).0),
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = parts.store.write().await?;
        api_keys::insert(&mut tx, &row).await?;
        let entry = Entry {
            actor: "administrator",
            action: "api_key.created",
            subject: &row.id,
            detail: json!({ "name": row.name, "scopes": words, "expiresAt": row.expires_at }),
        };
        audit::append(&mut tx, &entry, now.0).await?;
        tx.commit().await?;
        Ok((row, key))
    }

    /// Takes a key back; `false` where there is none of this id that is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_api_key(&self, id: &str) -> Result<bool, StoreError> {
        let now = self.0.clock.now().0;
        let mut tx = self.0.store.write().await?;
        let revoked = api_keys::revoke(&mut tx, id, now).await?;
        if revoked {
            let entry = Entry {
                actor: "administrator",
                action: "api_key.revoked",
                subject: id,
                detail: json!({}),
            };
            audit::append(&mut tx, &entry, now).await?;
        }
        tx.commit().await?;
        Ok(revoked)
    }

    /// Lets whoever presents `key` do what `scope` is about; who that is, for the log.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn admit(&self, key: Option<&str>, scope: Scope) -> Result<String, AccessError> {
        let key = key.ok_or(AccessError::Unknown)?;
        let now = self.0.clock.now().0;
        let hash = self.hash_of(key);
        let known = api_keys::find_by_hash(&mut *self.0.store.read().await?, &hash).await?;
        let good =
            |it: &ApiKeyRow| it.revoked_at.is_none() && it.expires_at.is_none_or(|at| now < at);
        let known = known.filter(good).ok_or(AccessError::Unknown)?;
        if !known.scopes.split(' ').any(|it| it == scope.as_str()) {
            return Err(AccessError::Scope(scope));
        }
        if known
            .last_used_at
            .is_none_or(|at| now.saturating_sub(at) >= USE_NOTED)
        {
            let mut tx = self.0.store.write().await?;
            api_keys::used(&mut tx, &known.id, now).await?;
            tx.commit().await?;
        }
        Ok(known.id)
    }

    fn hash_of(&self, key: &str) -> String {
        self.0.vault.hash(&format!("api key {key}"))
    }
}
