//! An in-memory Stripe that signs and delivers webhooks.

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
mod refusal;
mod scenario;
mod state;

pub use self::billing::{AfterDunning, Outcome, Receipt};
pub use self::builder::{Builder, StartError};
pub use self::clock::Clock;
pub use self::delivery::Delivery;
pub use self::event::Event;
pub use self::handle::FakeStripe;
pub use self::refusal::Refusal;
pub use self::scenario::{Purchase, WebhookEndpoint};
pub use self::state::{API_VERSION, Checkout, DisputeStatus, Interval, SubscriptionStatus};
