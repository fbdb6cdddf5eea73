//! Stripe at the edge: checks its signatures, turns its JSON of any version
//! into facts, and asks it what a fact lacks. Knows nothing of storage.
//!
//! There is one path from Stripe's JSON to facts, [`facts_of`]: what a webhook
//! carries and what the API answers are read by the same code, which probes for
//! members and never looks at a version string.

mod api;
mod event;
mod facts;
mod probe;
mod signature;

pub use api::{
    Api, ApiError, ApiKey, Endpoint, InvalidApiKey, Kind, MAX_ENDPOINTS, NewSecret, Page,
    Permission, StripeMode,
};
pub use event::{EVENT_TYPES, Event, EventError};
pub use facts::{FactError, facts_of};
pub use signature::{
    InvalidSecret, SignatureError, SignatureHeader, WebhookSecret, verify_signature,
};
