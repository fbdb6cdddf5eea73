//! Connects to Stripe: checks the key, and sees to it that one webhook endpoint of ours
//! is there and serves. It can be run again at any time, and be broken off anywhere.

mod error;
mod link;
mod plan;
mod secrets;
mod status;

use paidup_stripe::{Api, ApiError, ApiKey, EVENT_TYPES, Permission, StripeMode};
use serde::Serialize;
use serde_json::json;
use ulid::Ulid;

pub use self::error::ConnectError;
pub(super) use self::error::in_lines;
pub(super) use self::link::{Connection, OpenError};
use self::plan::{Action, Plan, Stored, Wanted};
pub(super) use self::secrets::Secrets;
pub use self::status::{EndpointStatus, Status};
use super::App;
use crate::settings::public_url::check_live;
use crate::settings::secret::api_key;
use crate::store::audit::{self, Entry};
use crate::store::endpoints::{self, EndpointRow};
use crate::store::{StoreError, instance};

/// Which endpoints are this issuer's, wherever its database goes.
const INSTANCE: &str = "stripe_instance";
/// Numbers the endpoints we make, so that one that was made and not stored is found
/// again by Stripe.
const GENERATION: &str = "stripe_generation";
const ACCOUNT: &str = "stripe_account";
const KEY: &str = "stripe_key";
const KEY_PLACE: &str = "stripe api key";
const WEBHOOK_PATH: &str = "/webhooks/stripe";

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Connected {
    /// The account, where the key may know it.
    pub account: Option<String>,
    /// The endpoint by which events come.
    pub endpoint: String,
    /// Where it sends them.
    pub url: String,
    /// What tokens carry as `iss`, and apps pin.
    pub issuer: String,
    /// Why that is another address than Stripe's events go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What was done about it.
    pub outcome: Outcome,
    /// Endpoints of ours that were taken away.
    pub deleted: Vec<String>,
}

/// What was done about an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// It was made.
    Created,
    /// It was as it should be.
    Kept,
    /// It was mended.
    Mended,
}

impl App {
    /// Checks a key, or the one that is in use, and sees to it that events come to the
    /// issuer at `base`, or at its public URL. A key that is given is kept, encrypted.
    /// `actor` is who asks, for the log.
    ///
    /// # Errors
    /// [`ConnectError`]: what has to be mended first.
    pub async fn connect(
        &self,
        key: Option<&str>,
        base: Option<&str>,
        actor: &str,
    ) -> Result<Connected, ConnectError> {
        let issuer = self.issuer_now(&mut *self.0.store.read().await?).await?;
        let configured = self.0.settings.public_url.as_deref();
        let url = webhook_url(base.or(configured).unwrap_or(&issuer))?;
        if self.0.mode.is_live() {
            check_live(&url)?;
        }
        let key = key.map(api_key).transpose()?;
        let api = match &key {
            Some(key) => {
                self.check_mode(key)?;
                Api::new(key, self.0.settings.stripe.api_base.as_deref())?
            }
            None => self.api().ok_or(ConnectError::NoKey)?,
        };
        let account = self.check_account(&api).await?;
        let missing = missing_permissions(&api).await?;
        if !missing.is_empty() {
            return Err(ConnectError::Permissions(missing));
        }
        if let Some(key) = &key {
            self.keep_key(key, actor).await?;
            self.take_up_key().await?;
        }
        let (endpoint, outcome, deleted) = self.see_to_endpoint(&api, &url, actor).await?;
        let public_url = url.strip_suffix(WEBHOOK_PATH).unwrap_or(&url);
        let (issuer, warning) = match base {
            Some(_) => {
                let issuer = self.keep_public_url(public_url).await?;
                (issuer, self.other_name(public_url))
            }
            None => (issuer, None),
        };
        Ok(Connected {
            account,
            endpoint,
            warning,
            issuer,
            url,
            outcome,
            deleted,
        })
    }

    fn check_mode(&self, key: &ApiKey) -> Result<(), ConnectError> {
        let word = match key.mode() {
            StripeMode::Live => "live",
            StripeMode::Test => "test",
        };
        match word == self.0.mode.as_str() {
            true => Ok(()),
            false => Err(ConnectError::OtherMode {
                key: word,
                issuer: self.0.mode.as_str(),
            }),
        }
    }

    async fn check_account(&self, api: &Api) -> Result<Option<String>, ConnectError> {
        let Some(found) = api.account().await? else {
            return Ok(None);
        };
        match self.fix_account(&found).await? {
            Ok(()) => Ok(Some(found)),
            Err(known) => Err(ConnectError::OtherAccount { known, found }),
        }
    }

    async fn keep_key(&self, key: &ApiKey, actor: &str) -> Result<(), StoreError> {
        let parts = &self.0;
        let sealed = parts
            .vault
            .encrypt(KEY_PLACE, key.expose().as_bytes(), &parts.entropy)?;
        let mut tx = parts.store.write().await?;
        instance::set(&mut tx, KEY, &sealed).await?;
        let entry = Entry {
            actor,
            action: "stripe.key.kept",
            subject: "stripe",
            detail: json!({}),
        };
        audit::append(&mut tx, &entry, parts.clock.now().0).await?;
        tx.commit().await
    }

    async fn see_to_endpoint(
        &self,
        api: &Api,
        url: &str,
        actor: &str,
    ) -> Result<(String, Outcome, Vec<String>), ConnectError> {
        let instance = self.stripe_instance().await?;
        let listed = api.endpoints().await?;
        let rows = endpoints::list(&mut *self.0.store.read().await?).await?;
        let stored: Vec<Stored> = rows
            .into_iter()
            .map(|it| Stored {
                id: it.id,
                delivered_at: it.delivered_at,
            })
            .collect();
        let version = Api::version();
        let wanted = Wanted {
            instance: &instance,
            url,
            api_version: &version,
            events: EVENT_TYPES,
        };
        let now = self.0.clock.now().0;
        let Plan { delete, endpoint } = plan::plan(&listed, &stored, &wanted, now);
        for id in &delete {
            api.delete_endpoint(id).await?;
            let mut tx = self.0.store.write().await?;
            endpoints::forget(&mut tx, id).await?;
            tx.commit().await?;
            self.next_generation().await?;
        }
        let (id, outcome) = match endpoint {
            Action::Full => return Err(ConnectError::Full),
            Action::Keep(id) => (id, Outcome::Kept),
            Action::Mend(id) => {
                api.mend_endpoint(&id).await?;
                (id, Outcome::Mended)
            }
            Action::Create => {
                let made = self.create(api, url, &instance, actor).await?;
                (made, Outcome::Created)
            }
        };
        Ok((id, outcome, delete))
    }

    /// Makes an endpoint. Where the last attempt was broken off before its secret was
    /// stored, Stripe gives the same one again.
    async fn create(
        &self,
        api: &Api,
        url: &str,
        instance: &str,
        actor: &str,
    ) -> Result<String, ConnectError> {
        let generation = self.generation().await?;
        let once = format!("we-{instance}-{generation}");
        let (made, secret) = api.create_endpoint(url, instance, &once).await?;
        let parts = &self.0;
        let place = secrets::place(&made.id);
        let secret_sealed = parts
            .vault
            .encrypt(&place, secret.expose().as_bytes(), &parts.entropy)
            .map_err(StoreError::from)?;
        let row = EndpointRow {
            id: made.id.clone(),
            secret_sealed,
            created_at: parts.clock.now().0,
            delivered_at: None,
        };
        let mut tx = parts.store.write().await?;
        endpoints::save(&mut tx, &row).await?;
        instance::set(&mut tx, GENERATION, &(generation + 1).to_string()).await?;
        let entry = Entry {
            actor,
            action: "stripe.endpoint.created",
            subject: &made.id,
            detail: json!({ "url": url }),
        };
        audit::append(&mut tx, &entry, parts.clock.now().0).await?;
        tx.commit().await?;
        Ok(made.id)
    }

    async fn stripe_instance(&self) -> Result<String, StoreError> {
        let fresh = Ulid::from_parts(
            self.0.clock.millis().try_into().unwrap_or_default(),
            u128::from_be_bytes(self.0.entropy.bytes::<16>()?),
        );
        let mut tx = self.0.store.write().await?;
        let instance = instance::fix(&mut tx, INSTANCE, &fresh.to_string()).await?;
        tx.commit().await?;
        Ok(instance)
    }

    async fn generation(&self) -> Result<u64, StoreError> {
        let known = instance::find(&mut *self.0.store.read().await?, GENERATION).await?;
        Ok(known.and_then(|it| it.parse().ok()).unwrap_or(1))
    }

    async fn next_generation(&self) -> Result<(), StoreError> {
        let next = self.generation().await?.saturating_add(1);
        let mut tx = self.0.store.write().await?;
        instance::set(&mut tx, GENERATION, &next.to_string()).await?;
        tx.commit().await
    }
}

/// Every permission that the issuer needs and the key lacks, with Stripe's words.
pub(super) async fn missing_permissions(
    api: &Api,
) -> Result<Vec<(&'static str, String)>, ApiError> {
    let mut missing = Vec::new();
    for permission in Permission::ALL {
        if let Err(message) = api.may(permission).await? {
            missing.push((permission.name, message));
        }
    }
    Ok(missing)
}

/// Where Stripe sends events to an issuer that it reaches at `base`.
fn webhook_url(base: &str) -> Result<String, ConnectError> {
    let url = reqwest::Url::parse(base.trim()).map_err(|_| ConnectError::Url)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ConnectError::Url);
    }
    let base = url.as_str().trim_end_matches('/');
    Ok(match base.ends_with(WEBHOOK_PATH) {
        true => base.to_owned(),
        false => format!("{base}{WEBHOOK_PATH}"),
    })
}
