//! What a subscription sold at some moment: prices, products and items come and go, and
//! a license must know when.

use serde::{Deserialize, Serialize};

use crate::SubscriptionStatus;

/// What a subscription sold at some moment. Of several sightings of the same items, the
/// first is kept: that is when a price was changed, or an item joined or left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ItemSet {
    /// The subscription.
    pub subscription: String,
    /// Its items, in no particular order.
    pub items: Vec<SoldItem>,
    /// What it sold just before, where an event says so. Of several such changes the
    /// last is kept, so that a return to an earlier price has its moment too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<SoldItem>>,
    /// How the subscription stood then; unknown in facts of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
}

/// One item of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SoldItem {
    /// The item's identifier.
    pub id: String,
    /// The price it is sold at.
    pub price: String,
    /// The product behind the price.
    pub product: Option<String>,
    /// How many; seats.
    pub quantity: u64,
    /// How its price charges.
    #[serde(default, skip_serializing_if = "Pricing::is_licensed")]
    pub pricing: Pricing,
}

/// How a price charges.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// A fixed sum for each of the quantity.
    #[default]
    Licensed,
    /// By usage, once the period is over.
    Metered,
    /// Nothing: the amount is zero, and neither tiers nor usage add to it.
    Free,
}

impl Pricing {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(crate) fn is_licensed(&self) -> bool {
        *self == Self::Licensed
    }
}

impl ItemSet {
    /// The item of that identifier.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&SoldItem> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Names this set among those of its subscription. It is short however many items
    /// there are, since it becomes a key in a database.
    pub(crate) fn fingerprint(&self) -> String {
        let now = hash(&self.items);
        match &self.before {
            None => format!("{}:{now:016x}", self.subscription),
            Some(before) => format!("{}:{now:016x}:{:016x}", self.subscription, hash(before)),
        }
    }
}

/// FNV-1a over the items in the order of their identifiers: the same in every build and
/// on every machine, unlike the standard library's hashers.
fn hash(items: &[SoldItem]) -> u64 {
    let mut parts: Vec<String> = items
        .iter()
        .map(|item| format!("{} {} {};", item.id, item.price, item.quantity))
        .collect();
    parts.sort();
    parts
        .iter()
        .flat_map(|part| part.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}
