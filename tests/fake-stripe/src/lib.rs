//! An in-memory Stripe for tests and demonstrations: prices, checkouts,
//! subscriptions, invoices, charges, refunds and disputes that behave as Stripe's
//! do, and webhooks that are signed and delivered as Stripe delivers them.
//!
//! It knows nothing of whoever uses it. [`FakeStripe`] is driven from Rust by what
//! a customer, the dashboard or time would do; its HTTP API under `/v1` answers
//! Stripe's own libraries; `/_fake` offers the same verbs to other languages. It
//! shapes objects as API version [`API_VERSION`] does or, where a request, a webhook
//! endpoint or the account names a version before 2025-03-31, as that one did.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use fake_stripe::{FakeStripe, SubscriptionStatus};
//!
//! let stripe = FakeStripe::builder().start().await?;
//! stripe.create_guide_catalog()?;
//! // Where the application under test takes webhooks, and their secret:
//! // stripe.add_webhook_endpoint("http://127.0.0.1:8787/webhooks/stripe", &["*"])?;
//! let purchase = stripe.buy("price_growth_monthly", "ada@example.com").await?;
//! stripe.fail_renewal(&purchase.subscription).await?;
//! let status = stripe.subscription_status(&purchase.subscription)?;
//! assert_eq!(status, SubscriptionStatus::PastDue);
//! # Ok(())
//! # }
//! ```

// The larger objects are single `json!` literals.
#![recursion_limit = "256"]

mod billing;
mod builder;
mod clock;
mod delivery;
mod event;
mod fault;
mod handle;
mod http;
mod id;
mod key;
mod odds;
mod port;
mod refusal;
mod scenario;
mod state;
mod version;

pub use self::billing::{AfterDunning, Outcome, Proration, Receipt};
pub use self::builder::{Builder, StartError};
pub use self::clock::Clock;
pub use self::delivery::{Chaos, Delivery};
pub use self::event::Event;
pub use self::fault::ApiFaults;
pub use self::handle::FakeStripe;
pub use self::odds::Odds;
pub use self::refusal::Refusal;
pub use self::scenario::{Purchase, Subscribe, WebhookEndpoint};
pub use self::state::{
    Charging, Checkout, DisputeStatus, Interval, PausedCollection, SubscriptionStatus,
};
pub use self::version::API_VERSION;
pub use port::free_port;
