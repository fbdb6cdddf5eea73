//! A scenario as it is written down: a vendor's catalog, a history at Stripe, and what
//! should come of it.

use std::collections::BTreeMap;

use paidup_lifecycle::Status;
use serde::{Deserialize, Serialize};

use super::span::GraceLeft;
use super::story::Step;

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

impl Scenario {
    /// Whether anything is compared: at the end, or on the way.
    pub(super) fn expects_anything(&self) -> bool {
        let checks = |step: &Step| matches!(step, Step::Check(_) | Step::CheckWaiting(_));
        let Expect {
            licenses,
            webhooks,
            waiting,
        } = &self.expect;
        let at_end = licenses.is_some() || webhooks.is_some() || waiting.is_some();
        at_end || self.story.iter().any(checks)
    }
}

/// A price at Stripe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Price {
    /// Its identifier.
    pub id: String,
    /// A name of the product, or its `prod_…`; prices of one name are of one product.
    pub product: String,
    /// In the currency's smallest unit.
    pub amount: i64,
    /// Sold once, and not by the month.
    #[serde(default)]
    pub once: bool,
    /// Paid by usage.
    #[serde(default)]
    pub metered: bool,
    /// Paid at an amount that depends on the quantity.
    #[serde(default)]
    pub tiered: bool,
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
    /// What still waits at the end: for each event a part of the reason.
    pub waiting: Option<Vec<String>>,
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
    pub grace: Option<GraceLeft>,
    /// How many notes it carries for the vendor.
    pub flags: Option<usize>,
    /// By how many machines it is over what was bought.
    pub over: Option<u64>,
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
