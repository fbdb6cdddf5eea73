//! What the fake Stripe sells in a simulation.

use std::collections::BTreeMap;

use fake_stripe::{Charging, FakeStripe};

use super::scenario::Price;
use crate::sandbox::Failure;

/// Adds the scenario's prices to the guide's two. Gives the product of each.
pub(super) fn offer(
    stripe: &FakeStripe,
    prices: &[Price],
) -> Result<BTreeMap<String, String>, Failure> {
    let mut products: BTreeMap<&str, String> = BTreeMap::new();
    let mut of_price: BTreeMap<String, String> = stripe.prices().into_iter().collect();
    for price in prices {
        let product = match products.get(price.product.as_str()) {
            Some(product) => product.clone(),
            None if price.product.starts_with("prod_") => {
                stripe.create_product_as(&price.product, &price.product)?;
                price.product.clone()
            }
            None => stripe.create_product(&price.product)?,
        };
        let charging = match (price.metered, price.tiered) {
            (false, false) => Charging::Licensed,
            (false, true) => Charging::Tiered,
            (true, false) => Charging::Metered,
            (true, true) => {
                return Err(format!("{} is metered or tiered, not both", price.id).into());
            }
        };
        match (price.once, charging) {
            (false, charging) => {
                stripe.create_monthly_price(&product, &price.id, price.amount, charging)?;
            }
            (true, Charging::Licensed) => {
                stripe.create_price(&product, &price.id, price.amount, None)?;
            }
            (true, _) => {
                return Err(format!(
                    "{} is sold once, so it cannot be metered or tiered",
                    price.id
                )
                .into());
            }
        }
        of_price.insert(price.id.clone(), product.clone());
        products.insert(&price.product, product);
    }
    Ok(of_price)
}
