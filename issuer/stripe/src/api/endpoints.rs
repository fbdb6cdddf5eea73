//! Webhook endpoints at Stripe: which there are, and those of ours made, mended and
//! taken away.
//!
//! An endpoint is ours if its metadata names our instance; no other is ever touched.
//! <https://docs.stripe.com/api/webhook_endpoints>

use serde::Serialize;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};
use zeroize::Zeroizing;

use super::{Api, ApiError};
use crate::event::EVENT_TYPES;
use crate::probe::Probe;

/// How many endpoints an account may have.
pub const MAX_ENDPOINTS: usize = 16;
const PATH: &str = "/webhook_endpoints";
/// The member of an endpoint's metadata that says whose it is.
const INSTANCE: &str = "issuer_instance";

/// A webhook endpoint as Stripe knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plans are tested with such")]
pub struct Endpoint {
    /// `we_…`
    pub id: String,
    /// Where events go.
    pub url: String,
    /// Stripe sends events there.
    pub enabled: bool,
    /// In which version events are written; absent for the account's own.
    pub api_version: Option<String>,
    /// Which types of events.
    pub events: Vec<String>,
    /// Whose it is, where it is an issuer's.
    pub instance: Option<String>,
    /// When it was made.
    pub created: i64,
}

/// The secret that a new endpoint's deliveries are signed with. Stripe shows it once.
#[derive(Clone)]
pub struct NewSecret(Zeroizing<String>);

impl NewSecret {
    /// The whole text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewSecret([elided])")
    }
}

#[derive(Serialize)]
struct Form<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<bool>,
    enabled_events: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    issuer_instance: &'a str,
}

impl Api {
    /// In which version our endpoints' events are written.
    #[must_use]
    pub fn version() -> String {
        stripe_shared::version::VERSION.to_string()
    }

    /// Every endpoint of the account, ours or not.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, ApiError> {
        let mut endpoints = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = String::from("limit=100");
            if let Some(after) = &after {
                query.push_str(&format!("&starting_after={after}"));
            }
            let mut request = RequestBuilder::new(StripeMethod::Get, PATH);
            request.query = Some(query);
            let answer = self.0.ask(request).await?;
            let data = answer.body.get("data").and_then(Value::as_array);
            for row in data.ok_or(ApiError::Unreadable(None))? {
                endpoints.push(read(row)?);
            }
            let more = answer.body.get("has_more").and_then(Value::as_bool);
            after = endpoints.last().map(|it| it.id.clone());
            if more != Some(true) || after.is_none() {
                return Ok(endpoints);
            }
        }
    }

    /// Makes an endpoint for an instance. The same `once` within a day gives the same
    /// endpoint, with its secret.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn create_endpoint(
        &self,
        url: &str,
        instance: &str,
        once: &str,
    ) -> Result<(Endpoint, NewSecret), ApiError> {
        let version = Self::version();
        let form = Form {
            url: Some(url),
            api_version: Some(&version),
            description: Some("Paidup: turns purchases into licenses"),
            disabled: None,
            enabled_events: EVENT_TYPES,
            metadata: Some(Metadata {
                issuer_instance: instance,
            }),
        };
        let request = RequestBuilder::new(StripeMethod::Post, PATH).form(&form);
        let answer = self.0.ask_once(request, Some(once)).await?;
        let secret = answer.body.get("secret").and_then(Value::as_str);
        let secret = Zeroizing::new(secret.ok_or(ApiError::Unreadable(None))?.to_owned());
        Ok((read(&answer.body)?, NewSecret(secret)))
    }

    /// Switches an endpoint on, for the events that licenses follow.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn mend_endpoint(&self, id: &str) -> Result<(), ApiError> {
        let form = Form {
            url: None,
            api_version: None,
            description: None,
            disabled: Some(false),
            enabled_events: EVENT_TYPES,
            metadata: None,
        };
        let path = format!("{PATH}/{id}");
        let request = RequestBuilder::new(StripeMethod::Post, path).form(&form);
        self.0.ask_once(request, None).await.map(drop)
    }

    /// Takes an endpoint away; one that is gone already is no error.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn delete_endpoint(&self, id: &str) -> Result<(), ApiError> {
        let request = RequestBuilder::new(StripeMethod::Delete, format!("{PATH}/{id}"));
        match self.0.ask_once(request, None).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }
}

fn read(endpoint: &Value) -> Result<Endpoint, ApiError> {
    let probe = Probe::new(endpoint);
    let events = endpoint.get("enabled_events").and_then(Value::as_array);
    let events = events.into_iter().flatten().filter_map(Value::as_str);
    Ok(Endpoint {
        id: probe.id()?,
        url: probe.text("url").unwrap_or_default(),
        enabled: probe.str("status") == Some("enabled"),
        api_version: probe.text("api_version"),
        events: events.map(str::to_owned).collect(),
        instance: probe.path(&["metadata"]).and_then(|it| it.text(INSTANCE)),
        created: probe.integer("created").unwrap_or_default(),
    })
}
