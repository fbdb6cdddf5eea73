//! How Stripe bills: what becomes of its objects when a customer buys, a period
//! ends or a card is declined, and which events tell of it.
//!
//! Each step changes the objects and emits the events at once; steps refuse
//! before they change anything.

mod checkout;
mod dispute;
mod draft;
mod invoicing;
mod manual;
mod method;
mod payment;
mod purchase;
mod recovery;
mod refund;
mod renewal;
mod revision;
mod subscription;

pub use self::checkout::Receipt;
pub(crate) use self::manual::{BilledByHand, ManualInvoice, NewInvoiceItem};
pub(crate) use self::payment::Payment;
pub(crate) use self::revision::ItemChange;
pub use self::revision::Proration;
pub use self::subscription::AfterDunning;
pub(crate) use self::subscription::NewSubscription;

/// What becomes of a payment that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a try ends in one of two ways")]
pub enum Outcome {
    /// The money comes.
    Succeeds,
    /// The card is declined.
    Fails,
}
