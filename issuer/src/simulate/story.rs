//! What happens in a scenario: at Stripe, at the vendor's, and on the way between.

use paidup_lifecycle::Order;
use serde::{Deserialize, Serialize};

use super::purchase::{Buy, SendInvoice, Subscribe};
use super::scenario::License;
use super::span::Span;

/// Something that happens.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Step {
    /// Time passes: `30d`.
    After(Span),
    /// A customer buys through a checkout.
    Buy(Buy),
    /// The money of a delayed payment arrives.
    Settle(String),
    /// The money of a delayed payment does not arrive.
    Unsettle(String),
    /// The vendor subscribes a customer by the API.
    Subscribe(Subscribe),
    /// The vendor sells by an invoice, without a subscription and without a checkout.
    SendInvoice(SendInvoice),
    /// The first payment was never made.
    ExpireIncomplete(String),
    /// The next period is paid.
    Renew(String),
    /// The next period is not paid.
    FailRenewal(String),
    /// The next period is billed, and the money has not come yet.
    BillPeriod(String),
    /// The day passes by which a bill that was sent is to be paid.
    FallDue(String),
    /// Another try to collect fails.
    FailAgain(String),
    /// An open invoice is paid: the subscription's newest, or the one of that name.
    Pay(String),
    /// A part of an open invoice is paid, by a payment of its own.
    PayPart {
        /// The purchase.
        of: String,
        /// How much.
        amount: i64,
    },
    /// The vendor voids an open invoice.
    Void(String),
    /// The vendor gives up on an open invoice.
    MarkUncollectible(String),
    /// The vendor bills something on a subscription, beside its own invoices.
    ExtraBill {
        /// What later steps call it.
        #[serde(rename = "as")]
        name: Option<String>,
        /// The purchase.
        of: String,
        /// How much.
        amount: i64,
        /// Whether it is paid at once.
        #[serde(default)]
        paid: bool,
    },
    /// Usage of a metered price.
    Usage {
        /// The purchase.
        of: String,
        /// How much.
        quantity: i64,
    },
    /// Stripe gives up collecting.
    ExhaustDunning(String),
    /// The subscription ends now.
    Cancel(String),
    /// The subscription is to end with its period.
    CancelAtPeriodEnd(String),
    /// The period ends: a renewal, or the end that was asked for.
    ReachPeriodEnd(String),
    /// Another price, the difference billed at once and paid or not.
    ChangePrice {
        /// The purchase.
        of: String,
        /// The new price.
        to: String,
        /// When the difference is billed.
        #[serde(default)]
        prorate: Prorate,
        /// Whether the difference is paid.
        #[serde(default = "yes")]
        paid: bool,
    },
    /// Another price by taking one item away and adding another.
    ReplaceItem {
        /// The purchase.
        of: String,
        /// The new price.
        to: String,
    },
    /// Another item in a living subscription.
    AddItem {
        /// The purchase.
        of: String,
        /// Its price.
        price: String,
        /// How many.
        quantity: Option<i64>,
        /// When the difference is billed.
        #[serde(default)]
        prorate: Prorate,
    },
    /// An item is removed from a living subscription.
    RemoveItem {
        /// The purchase.
        of: String,
        /// Its price.
        price: String,
        /// When the difference is credited.
        #[serde(default)]
        prorate: Prorate,
    },
    /// Another number of seats.
    Seats {
        /// The purchase.
        of: String,
        /// How many.
        to: i64,
    },
    /// The subscription is paused.
    Pause(String),
    /// The subscription goes on.
    Resume(String),
    /// Only the collection of payments is paused: later bills are voided.
    PauseCollection(String),
    /// Only the collection of payments is paused: later bills are marked uncollectible.
    WriteOffBills(String),
    /// A payment is refunded: the first one, or the latest.
    Refund {
        /// The purchase.
        of: String,
        /// How much; all if absent.
        amount: Option<i64>,
        /// The payment of the latest invoice, and not of the first.
        #[serde(default)]
        latest: bool,
        /// The payment of that part (1 is the first), where it was paid in parts.
        part: Option<usize>,
    },
    /// The latest refund of a purchase comes back to the vendor.
    FailRefund(String),
    /// The customer's bank wants the first payment back.
    Dispute(String),
    /// The customer's bank only asks about it.
    Inquiry(String),
    /// A dispute ends.
    CloseDispute {
        /// The purchase.
        of: String,
        /// How.
        outcome: Outcome,
    },
    /// The customer is deleted.
    DeleteCustomer(String),
    /// So many machines more are activated with the key of a purchase's license.
    Activate {
        /// The purchase.
        of: String,
        /// How many.
        machines: u32,
    },
    /// Another machine asks for a place, and there must be none.
    NoRoom(String),
    /// An administrator orders something of a purchase's license.
    Order {
        /// The purchase.
        of: String,
        /// What; nothing lifts what was ordered.
        order: Option<Order>,
    },
    /// The vendor maps a price to a policy.
    Map {
        /// The price.
        price: String,
        /// The policy.
        policy: String,
    },
    /// The vendor maps the product of a price to a policy.
    MapProduct {
        /// The price.
        of: String,
        /// The policy.
        policy: String,
    },
    /// The vendor takes the mapping of a price away.
    Unmap(String),
    /// The vendor takes a policy and its mappings away.
    DropPolicy(String),
    /// The vendor changes the whole catalog.
    Catalog(String),
    /// Stripe's API no longer knows what belongs to a purchase.
    Hide(String),
    /// Stripe's API knows it again.
    Reveal(String),
    /// Something happens at Stripe that is dated so far in the future.
    EventAhead(Span),
    /// Deliveries are kept back from now on.
    Hold,
    /// What was kept back of these types is delivered, in this order; several
    /// of a type together.
    Deliver(Vec<String>),
    /// Every event of that type is delivered so many times more.
    Again {
        /// The type.
        event: String,
        /// How often.
        times: usize,
    },
    /// What was kept back is delivered, oldest first.
    Release,
    /// What was kept back is lost.
    Lose,
    /// The issuer is switched off; what happens meanwhile never reaches it.
    IssuerOff,
    /// The issuer is switched on again.
    IssuerOn,
    /// Events are looked for that no webhook brought.
    Sweep,
    /// Everything is compared.
    Reconcile,
    /// What should hold now.
    Check(Vec<License>),
    /// What should wait now: for each event a part of the reason.
    CheckWaiting(Vec<String>),
}

/// When the difference of a change is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prorate {
    /// At once, by an invoice of its own.
    #[default]
    Now,
    /// By the next invoice.
    Later,
    /// Never.
    None,
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The vendor keeps the money.
    Won,
    /// The customer has it.
    Lost,
    /// An inquiry came to nothing.
    Closed,
}

fn yes() -> bool {
    true
}
