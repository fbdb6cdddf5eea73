//! How the connection to Stripe stands.

use std::collections::BTreeMap;

use paidup_stripe::{Api, ApiError, EVENT_TYPES, Permission};
use serde::Serialize;

use super::{ConnectError, INSTANCE};
use crate::app::{App, StuckEvents, UnmappedPrice, iso8601};
use crate::store::events::EventState;
use crate::store::{endpoints, events, instance};

/// How the connection to Stripe stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// The account that licenses are kept for.
    pub account: Option<String>,
    /// `test` or `live`.
    pub mode: &'static str,
    /// Which kind of key there is, and its last characters.
    pub key: Option<String>,
    /// Why Stripe does not answer, where it does not.
    pub problem: Option<String>,
    /// Each permission that is needed, and Stripe's words where it is missing.
    pub permissions: BTreeMap<&'static str, Option<String>>,
    /// Our webhook endpoints at Stripe.
    pub endpoints: Vec<EndpointStatus>,
    /// How many secrets signatures are checked against.
    pub secrets: usize,
    /// When the last event arrived.
    pub last_event_at: Option<String>,
    /// How many events there are in each state.
    pub events: BTreeMap<&'static str, i64>,
    /// What goes wrong outside of any event: refused webhooks, a refused catalog.
    pub trouble: Vec<String>,
    /// The events that could not be applied, by cause.
    pub stuck: Vec<StuckEvents>,
    /// The prices that were bought and are mapped to no policy.
    pub unmapped: Vec<UnmappedPrice>,
}

/// An endpoint of ours.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndpointStatus {
    /// `we_…`
    pub id: String,
    /// Where events go.
    pub url: String,
    /// Stripe sends events there.
    pub enabled: bool,
    /// In which version.
    pub api_version: Option<String>,
    /// It sends what licenses follow, and nothing else.
    pub events_as_wanted: bool,
    /// Its secret is here.
    pub secret_known: bool,
    /// When the first delivery came.
    pub delivered_at: Option<String>,
}

impl App {
    /// How the connection to Stripe stands; asks Stripe.
    ///
    /// # Errors
    /// [`ConnectError::Store`].
    pub async fn stripe_status(&self) -> Result<Status, ConnectError> {
        let mut db = self.0.store.read().await?;
        let ours = instance::find(&mut db, INSTANCE).await?;
        let stored = endpoints::list(&mut db).await?;
        let (counts, last) = events::summary(&mut db).await?;
        drop(db);
        let mut status = Status {
            account: self.account(),
            mode: self.0.mode.as_str(),
            key: self.api().as_ref().map(Api::key_hint),
            problem: self.key_trouble(),
            permissions: BTreeMap::new(),
            endpoints: Vec::new(),
            secrets: self.0.webhook_secrets.len().saturating_add(stored.len()),
            last_event_at: last.map(iso8601),
            events: BTreeMap::new(),
            trouble: self.trouble().await?,
            stuck: self.stuck_events().await?,
            unmapped: self.unmapped_prices().await?,
        };
        for state in EventState::ALL {
            let count = counts.get(&state).copied().unwrap_or_default();
            status.events.insert(state.as_str(), count);
        }
        let Some(api) = self.api() else {
            let problem = status.problem.take();
            status.problem = problem.or_else(|| Some(ConnectError::NoKey.to_string()));
            return Ok(status);
        };
        match ask(&api).await {
            Err(error) => status.problem = Some(error.to_string()),
            Ok((permissions, listed)) => {
                status.problem = None;
                status.permissions = permissions;
                for it in listed {
                    if it.instance.is_none() || it.instance != ours {
                        continue;
                    }
                    let known = stored.iter().find(|known| known.id == it.id);
                    let mut events: Vec<&str> = it.events.iter().map(String::as_str).collect();
                    let mut wanted = EVENT_TYPES.to_vec();
                    events.sort_unstable();
                    wanted.sort_unstable();
                    status.endpoints.push(EndpointStatus {
                        events_as_wanted: events == wanted,
                        secret_known: known.is_some(),
                        delivered_at: known.and_then(|it| it.delivered_at).map(iso8601),
                        id: it.id,
                        url: it.url,
                        enabled: it.enabled,
                        api_version: it.api_version,
                    });
                }
            }
        }
        Ok(status)
    }
}

type Asked = (
    BTreeMap<&'static str, Option<String>>,
    Vec<paidup_stripe::Endpoint>,
);

async fn ask(api: &Api) -> Result<Asked, ApiError> {
    let mut permissions = BTreeMap::new();
    for permission in Permission::ALL {
        permissions.insert(permission.name, api.may(permission).await?.err());
    }
    Ok((permissions, api.endpoints().await?))
}
