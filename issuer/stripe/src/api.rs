//! Asks Stripe what a fact lacks.
//!
//! The requests are async-stripe's, and so are the API version they speak and
//! the rules of when to try again. The transport is ours, for two reasons: the
//! moment of a reply is taken from Stripe's own `Date` header, which
//! async-stripe's client does not show, so that a wrong clock here cannot make
//! a snapshot look older or newer than it is; and replies are read by
//! [`facts_of`], which forgives a missing member where the generated types
//! refuse the whole reply.

use std::fmt;
use std::time::Duration;

use paidup_lifecycle::{Fact, Lack, Object, Timestamp};
use reqwest::header::{AUTHORIZATION, DATE, HeaderMap, HeaderValue};
use serde_json::Value;
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::invoice_payment::{
    ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType,
};
use stripe_billing::subscription::RetrieveSubscription;
use stripe_checkout::checkout_session::{ListCheckoutSession, RetrieveCheckoutSession};
use stripe_client_core::{Outcome, RequestBuilder, RequestStrategy, StripeMethod, StripeRequest};
use stripe_core::customer::RetrieveCustomer;
use zeroize::Zeroizing;

use crate::{FactError, facts_of};

const STRIPE: &str = "https://api.stripe.com";
const TIMEOUT: Duration = Duration::from_secs(20);
const ATTEMPTS: u32 = 3;
const MAX_REPLY: usize = 8 * 1024 * 1024;

/// A secret or restricted API key (`sk_…`, `rk_…`).
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

/// Test data or real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "Stripe has these two")]
pub enum StripeMode {
    /// Real money.
    Live,
    /// Test data.
    Test,
}

/// The text is not an API key of Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a secret API key of Stripe's: it begins with sk_live_, sk_test_, rk_live_ or rk_test_"
)]
pub struct InvalidApiKey;

impl ApiKey {
    /// Takes a key as Stripe shows it; white space around it is dropped.
    ///
    /// # Errors
    /// [`InvalidApiKey`] for anything else, a publishable key for instance.
    pub fn new(text: &str) -> Result<Self, InvalidApiKey> {
        let key = Self(Zeroizing::new(text.trim().to_owned()));
        let printable = key.0.bytes().all(|byte| byte.is_ascii_graphic());
        let known = ["sk_live_", "sk_test_", "rk_live_", "rk_test_"];
        match known.iter().any(|prefix| key.0.starts_with(prefix)) && printable {
            true => Ok(key),
            false => Err(InvalidApiKey),
        }
    }

    /// The mode it belongs to.
    #[must_use]
    pub fn mode(&self) -> StripeMode {
        let live = self.0.starts_with("sk_live_") || self.0.starts_with("rk_live_");
        if live {
            StripeMode::Live
        } else {
            StripeMode::Test
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey([{:?}, elided])", self.mode())
    }
}

/// Stripe's API, with one key.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
}

/// Objects, and when Stripe told of them.
type Told = Vec<(Timestamp, Object)>;

/// A reply and when it was given, by Stripe's clock.
#[derive(Debug)]
struct Answer {
    at: Option<Timestamp>,
    body: Value,
}

/// Why Stripe did not answer a question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// It could not be reached in time.
    #[error("Stripe could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It refused.
    #[error("Stripe answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Stripe's own words.
        message: String,
    },
    /// Its reply could not be read.
    #[error("Stripe's reply could not be read")]
    Unreadable(#[source] Option<serde_json::Error>),
    /// Its reply lacks what a fact needs.
    #[error("Stripe's reply lacks what is needed")]
    Fact(#[from] FactError),
    /// The key or the base address cannot be used for requests.
    #[error("the Stripe key or STRIPE_API_BASE cannot be used: {0}")]
    Setup(&'static str),
}

impl ApiError {
    /// The object does not exist (any more).
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Stripe does not accept the key, or not for this.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403,
                ..
            }
        )
    }
}

impl Api {
    /// Prepares to ask Stripe, or whoever listens at `base` (no path).
    ///
    /// # Errors
    /// [`ApiError::Setup`] where key or base cannot be used.
    pub fn new(key: &ApiKey, base: Option<&str>) -> Result<Self, ApiError> {
        let bearer = Zeroizing::new(format!("Bearer {}", key.0.as_str()));
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
        Ok(Self { http, base })
    }

    /// Asks for what a history lacks. What does not exist at Stripe tells
    /// nothing, and is no error. `asked` numbers the question: it must grow from
    /// one to the next, since Stripe times its replies in whole seconds.
    ///
    /// # Errors
    /// [`ApiError`] where Stripe did not answer, or not usefully.
    pub async fn supply(&self, lack: &Lack, asked: i64) -> Result<Vec<Fact>, ApiError> {
        let told = match lack {
            Lack::Subscription(id) => self.one(&RetrieveSubscription::new(id.as_str())).await,
            Lack::CheckoutLines(id) => {
                let lines = vec!["line_items".to_owned()];
                self.one(&RetrieveCheckoutSession::new(id.as_str()).expand(lines))
                    .await
            }
            Lack::Invoices(subscription) => {
                let payments = vec!["data.payments".to_owned()];
                let list = ListInvoice::new().subscription(subscription).limit(100);
                self.list(&list.expand(payments)).await
            }
            Lack::Invoice(id) => {
                let payments = vec!["payments".to_owned()];
                self.one(&RetrieveInvoice::new(id.as_str()).expand(payments))
                    .await
            }
            Lack::Origin(payment) => self.origin(payment).await,
            Lack::Customer(id) => self.one(&RetrieveCustomer::new(id.as_str())).await,
        }?;
        Ok(told
            .into_iter()
            .map(|(at, object)| Fact::fetched(at, asked, object))
            .collect())
    }

    // A charge has named no invoice since 2025-03-31: the invoice's payments do,
    // and a single purchase is found through its checkout.
    async fn origin(&self, payment: &str) -> Result<Told, ApiError> {
        let mut by = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
        by.payment_intent = Some(payment.to_owned());
        let told = self
            .list(&ListInvoicePayment::new().payment(by).limit(100))
            .await?;
        if !told.is_empty() {
            return Ok(told);
        }
        self.list(
            &ListCheckoutSession::new()
                .payment_intent(payment)
                .limit(100),
        )
        .await
    }

    async fn one(&self, request: &impl StripeRequest) -> Result<Told, ApiError> {
        match self.ask(request.build()).await {
            Ok(answer) => answer.tell(std::slice::from_ref(&answer.body)),
            Err(error) if error.is_missing() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    // One page: of a subscription's invoices, the newest hundred.
    async fn list(&self, request: &impl StripeRequest) -> Result<Told, ApiError> {
        match self.ask(request.build()).await {
            Ok(answer) => {
                let data = answer.body.get("data").and_then(Value::as_array);
                answer.tell(data.ok_or(ApiError::Unreadable(None))?)
            }
            Err(error) if error.is_missing() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, ApiError> {
        let strategy = RequestStrategy::ExponentialBackoff(ATTEMPTS);
        let mut attempt = 0;
        let mut status = None;
        let mut should_retry = None;
        let mut failure = ApiError::Unreadable(None);
        while let Outcome::Continue(pause) = strategy.test(status, should_retry, attempt) {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            attempt += 1;
            match self.send(&request).await {
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
    fn tell(&self, objects: &[Value]) -> Result<Told, ApiError> {
        // Without Stripe's time a snapshot could not be ordered among events.
        let at = self.at.ok_or(ApiError::Unreadable(None))?;
        let objects: Vec<Vec<Object>> = objects.iter().map(facts_of).collect::<Result<_, _>>()?;
        Ok(objects
            .into_iter()
            .flatten()
            .map(|object| (at, object))
            .collect())
    }

    fn message(&self) -> String {
        let message = self.body.get("error").and_then(|it| it.get("message"));
        message
            .and_then(Value::as_str)
            .unwrap_or("no reason given")
            .to_owned()
    }
}
