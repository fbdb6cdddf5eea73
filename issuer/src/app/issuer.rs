//! The issuer's name: what tokens carry as `iss`, and apps pin.
//!
//! The database fixes it with the first token or keyset. Until then the settings decide;
//! without them, the address that `paidup stripe connect` was given last, and without that,
//! where the server listens.

use std::sync::{PoisonError, RwLock};

use sqlx::AnyConnection;

use super::App;
use crate::settings::Settings;
use crate::settings::public_url::{PublicUrlError, check_live};
use crate::store::{StoreError, Tx, instance};

pub(super) const ISSUER: &str = "issuer";
const PUBLIC_URL: &str = "public_url";

/// The name as it was last read.
#[derive(Debug)]
pub(super) struct Name(RwLock<Read>);

#[derive(Debug, Clone)]
struct Read {
    text: String,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Fixed,
    Settings,
    Connect,
    Listen,
}

impl Name {
    pub(super) async fn read(
        settings: &Settings,
        db: &mut AnyConnection,
    ) -> Result<Self, StoreError> {
        Ok(Self(RwLock::new(read(settings, db).await?)))
    }

    /// Refuses a name that the apps of customers could not reach.
    pub(super) fn check_live(&self) -> Result<(), PublicUrlError> {
        let name = self.get();
        match name.origin {
            Origin::Listen => Err(PublicUrlError::Missing),
            Origin::Fixed | Origin::Settings | Origin::Connect => check_live(&name.text),
        }
    }

    pub(super) fn text(&self) -> String {
        self.get().text
    }

    fn get(&self) -> Read {
        let read = self.0.read();
        read.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(settings: &Settings, db: &mut AnyConnection) -> Result<Read, StoreError> {
    let named = |text, origin| Read { text, origin };
    if let Some(fixed) = instance::find(db, ISSUER).await? {
        return Ok(named(fixed, Origin::Fixed));
    }
    if let Some(issuer) = &settings.issuer {
        return Ok(named(issuer.clone(), Origin::Settings));
    }
    Ok(match instance::find(db, PUBLIC_URL).await? {
        Some(url) => named(url, Origin::Connect),
        None => named(format!("http://{}", settings.listen), Origin::Listen),
    })
}

impl App {
    /// What tokens carry as `iss`, as this process last read it.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.0.issuer.text()
    }

    /// Whether nothing but the listen address says what tokens carry as `iss`.
    #[must_use]
    pub fn is_issuer_unnamed(&self) -> bool {
        self.0.issuer.get().origin == Origin::Listen
    }

    /// What tokens carry as `iss`: another process may have fixed it, or connected.
    pub(super) async fn issuer_now(&self, db: &mut AnyConnection) -> Result<String, StoreError> {
        let held = self.0.issuer.get();
        if held.origin == Origin::Fixed {
            return Ok(held.text);
        }
        let found = read(&self.0.settings, db).await?;
        let text = found.text.clone();
        let mut held = self.0.issuer.0.write();
        *held
            .as_deref_mut()
            .unwrap_or_else(|poisoned| poisoned.get_mut()) = found;
        Ok(text)
    }

    /// Fixes the name: from now on, apps pin it. What is read later in this transaction may
    /// not be remembered, since it is not committed.
    pub(super) async fn fix_issuer(&self, tx: &mut Tx) -> Result<String, StoreError> {
        let name = self.issuer_now(tx).await?;
        instance::fix(tx, ISSUER, &name).await
    }

    /// Keeps the address at which Stripe reaches the issuer, for want of a better name.
    pub(super) async fn keep_public_url(&self, url: &str) -> Result<String, StoreError> {
        let mut tx = self.0.store.write().await?;
        instance::set(&mut tx, PUBLIC_URL, url).await?;
        tx.commit().await?;
        self.issuer_now(&mut *self.0.store.read().await?).await
    }

    /// What to know where tokens carry another name than the address that was given.
    pub(super) fn other_name(&self, url: &str) -> Option<String> {
        let name = self.0.issuer.get();
        let issuer = &name.text;
        if issuer == url {
            return None;
        }
        if self.0.settings.issuer.as_ref() == Some(issuer) {
            return Some(format!(
                "tokens carry the issuer {issuer}, since the settings name it; --url only says \
                 where Stripe sends events. Build apps with {issuer}"
            ));
        }
        Some(format!(
            "tokens carry the issuer {issuer}, which apps already trust. If no app in use pins \
             it, set public_url = \"{url}\", and start once with `paidup serve --force`"
        ))
    }
}
