//! A license is a pure function of facts.
//!
//! A [`Fact`] is what is known of one billing object (a subscription, an
//! invoice, a charge …) at one moment. A [`History`] joins facts like a
//! lattice, so that order, repetition and splitting of a billing history do not
//! matter. [`reduce`] turns the history of one purchased [`Item`] into a
//! [`LicenseState`], which in turn answers what holds at any moment, and when
//! time alone will change that answer.
//!
//! No clock, no I/O, no SQL and no vendor's JSON: callers bring facts and times.
//!
//! ```
//! use paidup_lifecycle::{
//!     Fact, History, Item, Object, Observed, Settings, Status, Subscription,
//!     SubscriptionItem, SubscriptionStatus, Terms, Timestamp, reduce,
//! };
//!
//! let mut subscription = Subscription::new("sub_1", SubscriptionStatus::Active);
//! subscription.items.push(SubscriptionItem::new("si_1", "price_growth_monthly"));
//!
//! let mut history = History::default();
//! history.learn(Fact::event(Timestamp(1_000), Object::Subscription(subscription.clone())));
//!
//! let terms = Terms { policy: "growth_policy".into(), grace: 7 * 86_400, ..Terms::default() };
//! let item = Item::of_subscription("sub_1", "si_1");
//! let state = reduce(&history, &item, &terms, &Settings::default());
//! assert_eq!(state.at(Timestamp(2_000)).status, Status::Active);
//!
//! subscription.status = SubscriptionStatus::Canceled;
//! subscription.ended_at = Some(Timestamp(3_000));
//! history.learn(Fact::event(Timestamp(3_000), Object::Subscription(subscription)));
//! let state = reduce(&history, &item, &terms, &Settings::default());
//! let over = Timestamp(3_000 + 7 * 86_400);
//! assert_eq!(state.at(Timestamp(4_000)).grace_ends_at(), Some(over));
//! assert_eq!(state.next_change(Timestamp(4_000)), Some(over));
//! assert_eq!(state.at(over).status, Status::Revoked);
//! ```

mod checkout;
mod condition;
mod coverage;
mod dispute;
mod fact;
mod history;
mod invoice;
mod item;
mod item_set;
mod lack;
mod ledger;
mod lineage;
mod object;
mod order;
mod purchase;
mod reduce;
mod standing;
mod state;
mod subscription;
mod terms;
mod time;
mod timeline;
mod transition;

pub use checkout::{Checkout, CheckoutLines, CheckoutMode, CheckoutPayment, Line};
pub use condition::{Condition, Grace, GraceReason, Reason, Status};
pub use dispute::{Dispute, DisputeStatus, Refund};
pub use fact::{Fact, Observed, Source};
pub use history::History;
pub use invoice::{Charge, Invoice, InvoiceLine, InvoiceOrigin, InvoiceStatus, Period, Settlement};
pub use item::{Item, ItemOrigin};
pub use item_set::{ItemSet, Pricing, SoldItem};
pub use lack::Lack;
pub use lineage::{Bars, Lineage, Link};
pub use object::{Customer, Object, ObjectKey, email_key};
pub use order::Order;
pub use purchase::{Bought, End, Extending, Purchase, PurchaseKey, Unmapped};
pub use reduce::{reduce, reduce_replaced};
pub use state::{Flag, LicenseState, Phase};
pub use subscription::{Course, EndReason, Subscription, SubscriptionItem, SubscriptionStatus};
pub use terms::{
    Extension, Mapped, Mapping, RefundRule, Resubscribe, Sale, Settings, Since, Terms,
};
pub use time::Timestamp;
pub use transition::{Transition, transitions};
