//! The connection as it now is: the key in use, whose account it is of, and whether
//! Stripe takes it. A key that another process keeps is taken up while this one runs.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use paidup_stripe::{Api, ApiError, ApiKey};

use super::{ACCOUNT, KEY, KEY_PLACE};
use crate::app::App;
use crate::settings::Settings;
use crate::store::{Store, StoreError, events, instance};
use crate::vault::Vault;

/// The connection to Stripe, in memory.
#[derive(Debug)]
pub(in crate::app) struct Connection(RwLock<State>);

#[derive(Debug)]
struct State {
    api: Option<Api>,
    /// The kept key that is in use, as the database has it.
    sealed: Option<String>,
    /// The account that licenses are kept for.
    account: Option<String>,
    /// Why the key serves nothing, where it does not.
    trouble: Option<String>,
}

impl Connection {
    /// What the settings say wins over what `paidup stripe connect` has kept.
    pub(in crate::app) async fn open(
        settings: &Settings,
        store: &Store,
        vault: &Vault,
    ) -> Result<Self, OpenError> {
        let mut db = store.read().await?;
        let account = instance::find(&mut db, ACCOUNT).await?;
        let sealed = match settings.stripe.api_key {
            Some(_) => None,
            None => instance::find(&mut db, KEY).await?,
        };
        drop(db);
        let kept = match &sealed {
            Some(sealed) => Some(unseal(vault, sealed)?),
            None => None,
        };
        let key = settings.stripe.api_key.as_ref().or(kept.as_ref());
        let base = settings.stripe.api_base.as_deref();
        let api = match key {
            Some(key) => Some(Api::new(key, base)?),
            None => None,
        };
        Ok(Self(RwLock::new(State {
            api,
            sealed,
            account,
            trouble: None,
        })))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Api(#[from] ApiError),
}

fn unseal(vault: &Vault, sealed: &str) -> Result<ApiKey, StoreError> {
    let key = vault.decrypt(KEY_PLACE, sealed)?;
    let key = std::str::from_utf8(&key).map_err(|_| StoreError::Secret)?;
    ApiKey::new(key).map_err(|_| StoreError::Secret)
}

impl App {
    /// Stripe, where it can be asked.
    pub(in crate::app) fn api(&self) -> Option<Api> {
        self.0.connection.read().api.clone()
    }

    /// Whether Stripe can be asked.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.0.connection.read().api.is_some()
    }

    /// Whether the settings say which key to use, whatever is kept.
    #[must_use]
    pub fn is_key_set(&self) -> bool {
        self.0.settings.stripe.api_key.is_some()
    }

    /// The account that licenses are kept for, once it is known.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        self.0.connection.read().account.clone()
    }

    /// Why the key serves nothing; nothing while it does.
    #[must_use]
    pub fn key_trouble(&self) -> Option<String> {
        self.0.connection.read().trouble.clone()
    }

    /// Remembers how Stripe took the key that was used. What is said of another one comes
    /// late: the key has been replaced meanwhile.
    pub(in crate::app) fn note_answer(&self, used: &Api, error: Option<&ApiError>) {
        let trouble = match error {
            None => None,
            Some(error) if error.is_unauthorized() => Some(error.to_string()),
            // It says nothing about the key.
            Some(_) => return,
        };
        let mut state = self.0.connection.write();
        let in_use = state.api.as_ref().map(Api::key_hint);
        if in_use != Some(used.key_hint()) {
            return;
        }
        if trouble.is_some() && state.trouble.is_none() {
            tracing::error!(trouble, "stripe.key.rejected");
        }
        state.trouble = trouble;
    }

    /// Fixes whose licenses are kept here, from the first key that may know; another
    /// account is returned.
    pub(super) async fn fix_account(&self, found: &str) -> Result<Result<(), String>, StoreError> {
        let mut tx = self.0.store.write().await?;
        let known = instance::fix(&mut tx, ACCOUNT, found).await?;
        tx.commit().await?;
        self.0.connection.write().account = Some(known.clone());
        Ok(match known == found {
            true => Ok(()),
            false => Err(known),
        })
    }

    /// Asks whose the key is. One of another account is not used: its objects are not
    /// those of the licenses here.
    pub(in crate::app) async fn check_key(&self) -> Result<(), StoreError> {
        let Some(api) = self.api() else { return Ok(()) };
        let found = api.account().await;
        self.note_answer(&api, found.as_ref().err());
        let Ok(Some(found)) = found else {
            return Ok(());
        };
        if let Err(known) = self.fix_account(&found).await? {
            let trouble = format!(
                "it is of the account {found}, and the licenses here are of {known}; an issuer \
                 with a database of its own may serve the other"
            );
            tracing::error!(trouble, "stripe.key.rejected");
            let mut state = self.0.connection.write();
            state.api = None;
            state.trouble = Some(trouble);
        }
        Ok(())
    }

    /// The kept key that is in use, as the database has it.
    pub(in crate::app) fn key_in_use(&self) -> Option<String> {
        self.0.connection.read().sealed.clone()
    }

    /// Takes up a key that was kept since, if there is one.
    pub(in crate::app) async fn take_up_key(&self) -> Result<(), StoreError> {
        let settings = &self.0.settings.stripe;
        if settings.api_key.is_some() {
            return Ok(());
        }
        let sealed = instance::find(&mut *self.0.store.read().await?, KEY).await?;
        let Some(sealed) = sealed.filter(|it| self.0.connection.read().sealed.as_ref() != Some(it))
        else {
            return Ok(());
        };
        let key = unseal(&self.0.vault, &sealed)?;
        let api = Api::new(&key, settings.api_base.as_deref());
        // Whoever kept it has tried it out.
        let api = api.map_err(|_| StoreError::Secret)?;
        tracing::info!(key = api.key_hint(), "stripe.key.taken_up");
        {
            let mut state = self.0.connection.write();
            (state.api, state.sealed, state.trouble) = (Some(api), Some(sealed), None);
        }
        let mut tx = self.0.store.write().await?;
        let now = self.0.clock.now().0;
        events::wake(&mut tx, events::WaitsFor::Stripe, now).await?;
        tx.commit().await?;
        self.0.bell.events.notify_one();
        Ok(())
    }
}
