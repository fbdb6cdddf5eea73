//! What a customer, the dashboard or time does, as methods of [`FakeStripe`].
//!
//! Each does it at once by the fake's clock, sends the events that Stripe sends,
//! and returns when every one of them has been tried once at every endpoint that
//! wants it; retries go on behind it. What only sets the scene returns at once.
//!
//! [`FakeStripe`]: crate::FakeStripe

mod catalog;
mod checkout;
mod items;
mod payment;
mod subscribe;
mod subscription;

pub use self::catalog::WebhookEndpoint;
pub use self::checkout::Purchase;
pub use self::subscribe::Subscribe;
