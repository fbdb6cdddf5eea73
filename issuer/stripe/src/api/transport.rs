//! Sends async-stripe's requests, tries again where Stripe allows it, and keeps
//! the time of each reply.

use std::time::Duration;

use paidup_lifecycle::{Object, Timestamp};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use serde_json::Value;
use stripe_client_core::{Outcome, RequestBuilder, RequestStrategy, StripeMethod};
use zeroize::Zeroizing;

use super::limits::Limits;
use super::{ApiError, ApiKey, Told};
use crate::facts_of;

const STRIPE: &str = "https://api.stripe.com";
const TIMEOUT: Duration = Duration::from_secs(20);
const ATTEMPTS: u32 = 3;
const MAX_REPLY: usize = 8 * 1024 * 1024;

/// The way to Stripe, with one key.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    http: reqwest::Client,
    base: String,
    limits: Limits,
    pub(super) hint: String,
}

/// A reply and when it was given, by Stripe's clock.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) at: Option<Timestamp>,
    pub(super) body: Value,
}

impl Transport {
    pub(super) fn new(key: &ApiKey, base: Option<&str>) -> Result<Self, ApiError> {
        let bearer = Zeroizing::new(format!("Bearer {}", key.expose()));
        let mut authorization = HeaderValue::from_str(&bearer)
            .map_err(|_| ApiError::Setup("the key is not a header value"))?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization);
        let version = stripe_shared::version::VERSION.to_string();
        let version = HeaderValue::from_str(&version)
            .map_err(|_| ApiError::Setup("the version is not a header value"))?;
        headers.insert("stripe-version", version);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("paidup/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ApiError::Unreachable)?;
        let base = base.unwrap_or(STRIPE).trim_end_matches('/').to_owned();
        let scheme = base.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("http" | "https")) {
            return Err(ApiError::Setup("the base is not an http or https address"));
        }
        let limits = Limits::new(key.mode());
        Ok(Self {
            http,
            base,
            limits,
            hint: key.hint(),
        })
    }

    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, ApiError> {
        self.ask_once(request, None).await
    }

    /// As [`ask`](Self::ask); what carries the same `once` within a day is done once.
    pub(super) async fn ask_once(
        &self,
        request: RequestBuilder,
        once: Option<&str>,
    ) -> Result<Answer, ApiError> {
        let strategy = RequestStrategy::ExponentialBackoff(ATTEMPTS);
        let mut attempt = 0;
        let mut status = None;
        let mut should_retry = None;
        let mut failure = ApiError::Unreadable(None);
        while let Outcome::Continue(pause) = strategy.test(status, should_retry, attempt) {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            self.limits.turn(request.method, &request.path).await;
            attempt += 1;
            match self.send(&request, once).await {
                Ok((200..=299, _, answer)) => return Ok(answer),
                Ok((code, retry, answer)) => {
                    failure = ApiError::Refused {
                        status: code,
                        message: answer.message(),
                    };
                    (status, should_retry) = (Some(code), retry);
                }
                Err(error) => {
                    failure = error;
                    (status, should_retry) = (None, None);
                }
            }
            tracing::debug!(path = request.path, attempt, error = %failure, "stripe.retry");
        }
        Err(failure)
    }

    async fn send(
        &self,
        request: &RequestBuilder,
        once: Option<&str>,
    ) -> Result<(u16, Option<bool>, Answer), ApiError> {
        let query = request
            .query
            .as_deref()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let url = format!("{}/v1{}{query}", self.base, request.path);
        let builder = match request.method {
            StripeMethod::Get => self.http.get(url),
            StripeMethod::Post => self.http.post(url),
            StripeMethod::Delete => self.http.delete(url),
        };
        let builder = match &request.body {
            Some(body) => builder
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.clone()),
            None => builder,
        };
        let builder = match once {
            Some(once) => builder.header("idempotency-key", once),
            None => builder,
        };
        let mut reply = builder.send().await.map_err(ApiError::Unreachable)?;
        let header = |name: &str| reply.headers().get(name).and_then(|it| it.to_str().ok());
        let at = header(DATE.as_str())
            .and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok())
            .map(|date| Timestamp(date.timestamp()));
        let should_retry = header("stripe-should-retry").and_then(|it| it.parse().ok());
        let status = reply.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(ApiError::Unreachable)? {
            if body.len() + chunk.len() > MAX_REPLY {
                return Err(ApiError::Unreadable(None));
            }
            body.extend_from_slice(&chunk);
        }
        let body = match serde_json::from_slice(&body) {
            Ok(body) => body,
            Err(error) if status < 300 => return Err(ApiError::Unreadable(Some(error))),
            // A proxy's error page need not be JSON.
            Err(_) => Value::Null,
        };
        Ok((status, should_retry, Answer { at, body }))
    }
}

impl Answer {
    pub(super) fn tell(&self, objects: &[Value]) -> Result<Told, ApiError> {
        let at = self.moment()?;
        let objects: Vec<Vec<Object>> = objects.iter().map(facts_of).collect::<Result<_, _>>()?;
        Ok(objects
            .into_iter()
            .flatten()
            .map(|object| (at, object))
            .collect())
    }

    /// When Stripe answered. Without it a snapshot could not be ordered among events.
    pub(super) fn moment(&self) -> Result<Timestamp, ApiError> {
        self.at.ok_or(ApiError::Unreadable(None))
    }

    fn message(&self) -> String {
        let message = self.body.get("error").and_then(|it| it.get("message"));
        message
            .and_then(Value::as_str)
            .unwrap_or("no reason given")
            .to_owned()
    }
}
