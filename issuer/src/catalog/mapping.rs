//! `[[stripe.mappings]]` of `paidup.toml`: which price or product of Stripe's sells what.

use paidup_lifecycle::{Extension, Mapped, Sale};
use serde::Deserialize;

use super::{Catalog, CatalogError, Policy};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingEntry {
    price: Option<String>,
    product: Option<String>,
    /// The policy that it sells.
    policy: Option<String>,
    /// The policy whose licenses it adds to.
    extends: Option<String>,
    /// Its quantity adds to the seats.
    #[serde(default)]
    seats: bool,
    /// What it adds to the entitlements.
    #[serde(default)]
    entitlements: Vec<String>,
}

impl MappingEntry {
    pub(super) fn resolve<'c>(
        &self,
        catalog: &'c Catalog,
    ) -> Result<(Mapped, &'c Policy, Sale), CatalogError> {
        let value = |of: String, problem: &str| CatalogError::Value {
            of,
            problem: problem.to_owned(),
        };
        let of = || match (&self.price, &self.product) {
            (Some(id), _) | (None, Some(id)) => format!("the mapping of \"{id}\""),
            (None, None) => "a Stripe mapping".to_owned(),
        };
        let ((Some(name), None) | (None, Some(name))) = (&self.policy, &self.extends) else {
            return Err(value(
                of(),
                "give either the policy that it sells, or the policy that it extends",
            ));
        };
        let policy = catalog
            .policies
            .get(name)
            .ok_or_else(|| CatalogError::Unknown {
                from: of(),
                kind: "policy",
                name: name.clone(),
            })?;
        let mapped = match (&self.price, &self.product) {
            (Some(price), None) => Mapped::Price(price.trim().to_owned()),
            (None, Some(product)) => Mapped::Product(product.trim().to_owned()),
            _ => return Err(value(of(), "give either a price or a product of Stripe's")),
        };
        check(&mapped).map_err(|problem| value(of(), problem))?;
        let adds = self.seats || !self.entitlements.is_empty();
        let sale = match &self.extends {
            None if adds => {
                return Err(value(of(), "seats and entitlements go with extends only"));
            }
            None => Sale::License(policy.terms()),
            Some(_) if !adds => {
                return Err(value(
                    of(),
                    "an extension adds something: seats = true, or entitlements",
                ));
            }
            Some(_) => Sale::Extension(Extension {
                policy: policy.name.clone(),
                product: policy.product.clone(),
                seats: self.seats,
                entitlements: self.entitlements.iter().cloned().collect(),
            }),
        };
        Ok((mapped, policy, sale))
    }
}

/// Refuses an identifier that is surely of something else. Stripe lets a vendor choose the
/// identifiers of products and of old prices, so that few are surely wrong.
fn check(mapped: &Mapped) -> Result<(), &'static str> {
    let (id, wrong, instead) = match mapped {
        Mapped::Price(id) => (
            id,
            "prod_",
            "this is a product of Stripe's: write product = …",
        ),
        Mapped::Product(id) => (id, "price_", "this is a price of Stripe's: write price = …"),
    };
    if id.is_empty() || id.contains(char::is_whitespace) {
        return Err("an identifier of Stripe's has no white space, and is not empty");
    }
    if id.starts_with(wrong) {
        return Err(instead);
    }
    let others = ["sub_", "si_", "cus_", "cs_", "in_", "http:", "https:"];
    match others.iter().any(|prefix| id.starts_with(prefix)) {
        true => Err("give the identifier of a price (price_…) or a product (prod_…)"),
        false => Ok(()),
    }
}
