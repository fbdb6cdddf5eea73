//! What the vendor sells: products, policies, and which price is which policy.
//!
//! A catalog that stands here is whole: every reference was resolved, and every
//! policy's token fits the format.

use std::collections::{BTreeMap, BTreeSet};

use paidup::MachineClass;
use paidup_lifecycle::{Mapped, Mapping, Sale, Settings as Rules, Terms, Timestamp};
use serde::{Deserialize, Serialize};

mod file;
mod mapping;
mod webhook;

pub use file::CatalogError;
pub(crate) use file::CatalogFile;
pub use webhook::{TargetSecret, WebhookTarget};

/// A day: the longest lease of a machine that may be a copy of another.
const SHORT_LEASE: i64 = 86_400;

/// What the vendor sells.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    products: BTreeMap<String, Product>,
    policies: BTreeMap<String, Policy>,
    mapping: Mapping,
    rules: Rules,
    targets: Vec<WebhookTarget>,
}

/// A product; its code becomes a token's `aud`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The code.
    pub code: String,
    /// What customers call it.
    pub name: String,
    /// What its license keys begin with.
    pub key_prefix: String,
    /// It sells nothing new, and keeps what was sold.
    #[serde(default)]
    pub archived: bool,
}

/// Terms that are sold with a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The name, unique in the catalog.
    pub name: String,
    /// The product's code.
    pub product: String,
    /// The capabilities it grants.
    pub entitlements: BTreeSet<String>,
    /// Machines for each seat; absent: as many as there are, and nobody counts.
    pub max_machines: Option<u32>,
    /// Tokens are only given to a machine that says which one it is, counted or not.
    pub require_fingerprint: bool,
    /// Seconds of grace after a cancellation.
    pub grace: i64,
    /// Seconds of grace after a failed payment.
    pub payment_grace: i64,
    /// Seconds for which a token is trusted without contact.
    pub lease: i64,
    /// How often seats may be taken within thirty days; absent: ten times as often as
    /// there are seats, and thirty times at least.
    pub max_activations: Option<u32>,
    /// Further limits, by code.
    pub limits: BTreeMap<String, u64>,
    /// It sells nothing new, and its licenses keep their terms.
    #[serde(default)]
    pub archived: bool,
}

/// A mapping that was taken out of the catalog, and goes on serving what was bought
/// before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredMapping {
    /// The price or product.
    pub mapped: Mapped,
    /// What it sold.
    pub sale: Sale,
    /// Until when.
    pub until: Timestamp,
}

impl Policy {
    /// The stable identifier on the wire.
    #[must_use]
    pub fn id(&self) -> String {
        format!("pol_{}", self.name)
    }

    /// How many machines so many seats allow.
    #[must_use]
    pub fn machine_limit(&self, seats: u64) -> u64 {
        let for_each = |it: u32| seats.saturating_mul(it.into());
        self.max_machines.map_or(u64::MAX, for_each)
    }

    /// How often seats may be taken within thirty days, where there are so many.
    #[must_use]
    pub fn activation_limit(&self, seats: u64) -> u64 {
        let usual = self.machine_limit(seats).saturating_mul(10).max(30);
        self.max_activations.map_or(usual, u64::from)
    }

    /// For how many seconds a machine of that class is trusted without contact.
    #[must_use]
    pub fn lease_for(&self, class: MachineClass) -> i64 {
        match class {
            // Their machine ids are often copies of each other.
            MachineClass::Container | MachineClass::Ci => self.lease.min(SHORT_LEASE),
            _ => self.lease,
        }
    }

    /// A request for a token must name its machine.
    #[must_use]
    pub fn needs_fingerprint(&self) -> bool {
        self.require_fingerprint || self.max_machines.is_some()
    }

    /// A placeholder for a policy that no catalog has any more. It grants nothing, and is
    /// enough for a refusal.
    #[must_use]
    pub fn lost(name: &str, product: &str) -> Self {
        Self {
            name: name.to_owned(),
            product: product.to_owned(),
            entitlements: BTreeSet::new(),
            max_machines: None,
            require_fingerprint: false,
            grace: 0,
            payment_grace: 0,
            lease: SHORT_LEASE,
            max_activations: None,
            limits: BTreeMap::new(),
            archived: true,
        }
    }

    /// What it says about the life of a license.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            policy: self.name.clone(),
            product: self.product.clone(),
            grace: self.grace,
            payment_grace: self.payment_grace,
        }
    }
}

impl Catalog {
    /// The product of that code.
    #[must_use]
    pub fn product(&self, code: &str) -> Option<&Product> {
        self.products.get(code)
    }

    /// The policy of that name.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.get(name)
    }

    /// The products.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// The policies.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values()
    }

    /// Adds what was sold once and is not in the file any more: what was bought keeps its
    /// terms. What the file has wins.
    pub fn keep(
        &mut self,
        products: impl IntoIterator<Item = Product>,
        policies: impl IntoIterator<Item = Policy>,
        retired: impl IntoIterator<Item = RetiredMapping>,
        since: impl IntoIterator<Item = (Mapped, Timestamp)>,
    ) {
        for (mapped, since) in since {
            self.mapping.date(mapped, since);
        }
        for product in products {
            self.products.entry(product.code.clone()).or_insert(product);
        }
        for policy in policies {
            self.policies.entry(policy.name.clone()).or_insert(policy);
        }
        for RetiredMapping {
            mapped,
            sale,
            until,
        } in retired
        {
            let sale = match (&sale, self.policies.get(sale.policy())) {
                (Sale::License(terms), Some(policy)) if policy.product == terms.product => {
                    Sale::License(policy.terms())
                }
                _ => sale,
            };
            self.mapping.retire(mapped, sale, until);
        }
    }

    /// Which price is sold under which terms.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// What holds for all policies.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Where to tell of changes.
    #[must_use]
    pub fn targets(&self) -> &[WebhookTarget] {
        &self.targets
    }
}
