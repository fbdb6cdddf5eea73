//! A small world of its own for stories: the real issuer on a scratch database, the
//! fake Stripe, a vendor's app and a customer's app, with HTTP between all of them.

mod customer;
mod stage;
mod vendor;

pub(crate) use customer::{Customer, FINGERPRINT};
pub(crate) use stage::{GUIDE, PRICE, PRODUCT, Setting, Stage};

/// What a story cannot go on with.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
