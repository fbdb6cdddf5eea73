//! A scenario as it is written down: a vendor's catalog, a history at Stripe, and what
//! should come of it.

use std::collections::BTreeMap;

use paidup_lifecycle::{Order, Status};
use serde::{Deserialize, Serialize};

/// The longest file that is read, in bytes.
const MAX_SIZE: usize = 256 * 1024;
const MAX_STEPS: usize = 1_000;

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// What happens, in a line.
    pub name: String,
    /// Why it comes out as it does.
    #[serde(default)]
    pub why: String,
    /// What the vendor sells, as in `paidup.toml`; the guide's two plans if absent.
    pub catalog: Option<String>,
    /// What `[stripe]` says besides the mappings, for the guide's plans.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Further prices at Stripe; the guide's two are always there.
    #[serde(default)]
    pub prices: Vec<Price>,
    /// The history.
    pub story: Vec<Step>,
    /// What should come of it.
    #[serde(default)]
    pub expect: Expect,
}

/// A price at Stripe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Price {
    /// Its identifier.
    pub id: String,
    /// A name of the product; prices of one name are of one product.
    pub product: String,
    /// In the currency's smallest unit.
    pub amount: i64,
    /// Sold once, and not by the month.
    #[serde(default)]
    pub once: bool,
}

/// What should come of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Expect {
    /// Every license, oldest first.
    pub licenses: Option<Vec<License>>,
    /// The types of all outgoing webhooks, in order.
    pub webhooks: Option<Vec<String>>,
}

/// A license as it should be; what is absent may be anything.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct License {
    /// Its status.
    pub status: Status,
    /// Why it is refused.
    pub reason: Option<String>,
    /// Its policy.
    pub policy: Option<String>,
    /// Its seats.
    pub seats: Option<u64>,
    /// How long a grace still runs (`5d`), or `none`.
    pub grace: Option<String>,
    /// How many notes it carries for the vendor.
    pub flags: Option<usize>,
    /// By how many machines it is over what was bought.
    pub over: Option<u64>,
}

/// Something that happens.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Step {
    /// Time passes: `30d`.
    After(String),
    /// A customer buys through a checkout.
    Buy(Buy),
    /// The money of a delayed payment arrives.
    Settle(String),
    /// The money of a delayed payment does not arrive.
    Unsettle(String),
    /// The vendor subscribes a customer, and the first payment fails.
    Subscribe(Buy),
    /// The first payment was never made.
    ExpireIncomplete(String),
    /// The next period is paid.
    Renew(String),
    /// The next period is not paid.
    FailRenewal(String),
    /// Another try to collect fails.
    FailAgain(String),
    /// The open invoice is paid.
    Pay(String),
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
    /// Only the collection of payments is paused.
    PauseCollection(String),
    /// A payment is refunded: the first one, or the latest.
    Refund {
        /// The purchase.
        of: String,
        /// How much; all if absent.
        amount: Option<i64>,
        /// The payment of the latest invoice, and not of the first.
        #[serde(default)]
        latest: bool,
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
}

/// What somebody buys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Buy {
    /// What later steps call it.
    #[serde(rename = "as")]
    pub name: String,
    /// The price; several lines have several.
    pub price: String,
    /// Who buys.
    pub email: String,
    /// How many.
    pub quantity: Option<i64>,
    /// Further prices in the same purchase.
    #[serde(default)]
    pub also: Vec<String>,
    /// The purchase whose customer buys again; else Stripe makes a new one.
    pub customer_of: Option<String>,
    /// Days of trial.
    pub trial: Option<u32>,
    /// Sold once, to a guest.
    #[serde(default)]
    pub once: bool,
    /// By a payment that settles later.
    #[serde(default)]
    pub delayed: bool,
    /// Through a payment link.
    #[serde(default)]
    pub payment_link: bool,
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

/// Why a file is no scenario.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It is too large.
    #[error("a scenario has at most {MAX_SIZE} bytes and {MAX_STEPS} steps")]
    TooLarge,
    /// It is not written as a scenario is.
    #[error("{0}")]
    Yaml(String),
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// [`ScenarioError`], with the line.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        if text.len() > MAX_SIZE {
            return Err(ScenarioError::TooLarge);
        }
        let scenario: Self =
            serde_saphyr::from_str(text).map_err(|it| ScenarioError::Yaml(it.to_string()))?;
        if scenario.story.len() > MAX_STEPS {
            return Err(ScenarioError::TooLarge);
        }
        Ok(scenario)
    }
}
