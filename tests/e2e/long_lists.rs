//! What Stripe cuts short: a list inside an object ends after ten elements.

use fake_stripe::{Checkout, Interval};
use paidup_tests::{DAY, Failure, Setting, Stage, on_both_databases};

const PRICES: [&str; 12] = [
    "price_a", "price_b", "price_c", "price_d", "price_e", "price_f", "price_g", "price_h",
    "price_i", "price_j", "price_k", "price_l",
];

/// A vendor who sells a dozen things at once.
async fn dozen(
    database: paidup_tests::Database,
    interval: Option<Interval>,
) -> Result<Stage, Failure> {
    let mut setting = Setting::default();
    setting.catalog.mappings = PRICES.map(|price| (price, "growth_policy")).to_vec();
    let stage = Stage::with(database, setting).await?;
    for price in PRICES {
        let product = stage.stripe.create_product(price)?;
        stage.stripe.create_price(&product, price, 100, interval)?;
    }
    Ok(stage)
}

async fn buy(stage: &Stage, offer: fn(&str) -> Checkout) -> Result<fake_stripe::Receipt, Failure> {
    let mut offer = offer(PRICES[0]).email("ada@example.com");
    for price in &PRICES[1..] {
        offer = offer.line(price, 1);
    }
    let session = stage.stripe.checkout(offer)?;
    Ok(stage.stripe.complete_checkout(&session).await?)
}

on_both_databases! {
    async fn each_of_a_dozen_items_has_its_license_and_is_renewed(database: Database) -> Outcome {
        let stage = dozen(database, Some(Interval::Month)).await?;
        let receipt = buy(&stage, Checkout::subscription).await?;
        stage.vendor.nth("license.created", PRICES.len()).await?;
        let subscription = receipt.subscription.ok_or("nothing recurs")?;
        stage.advance(31 * DAY);
        stage.stripe.renew(&subscription).await?;
        stage.vendor.nth("license.renewed", PRICES.len()).await?;
        stage.idle().await?;
        assert_eq!(stage.vendor.told().len(), 2 * PRICES.len());
        stage.stripe.cancel(&subscription).await?;
        stage.vendor.nth("license.updated", PRICES.len()).await?;
        Ok(())
    }

    async fn each_of_a_dozen_lines_has_its_license(database: Database) -> Outcome {
        let stage = dozen(database, None).await?;
        buy(&stage, Checkout::payment).await?;
        stage.vendor.nth("license.created", PRICES.len()).await?;
        stage.idle().await?;
        assert_eq!(stage.vendor.told().len(), PRICES.len());
        Ok(())
    }
}
