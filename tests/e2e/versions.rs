//! Events written in the shapes of any version of Stripe's API come to the same
//! licenses.

use paidup_tests::{DAY, Setting, Stage, on_both_databases};

const PLAN: &str = "price_growth_monthly";

on_both_databases! {
    async fn a_life_told_in_any_version_is_the_same_life(database: Database) -> Outcome {
        let mut lives = Vec::new();
        for version in ["2020-08-27", "2024-06-20", "2025-03-31.basil", "2026-10-28.endive"] {
            let mut setting = Setting::default();
            setting.api_version = Some(version);
            let stage = Stage::with(database, setting).await?;
            let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
            stage.vendor.first("license.created").await?;
            stage.idle().await?;
            stage.advance(31 * DAY);
            stage.stripe.fail_renewal(&bought.subscription).await?;
            stage.vendor.first("license.suspended").await?;
            stage.stripe.pay_latest_invoice(&bought.subscription).await?;
            stage.vendor.first("license.reinstated").await?;
            stage.idle().await?;
            stage.stripe.refund(&bought.charge, None).await?;
            stage.idle().await?;
            stage.stripe.cancel(&bought.subscription).await?;
            let updated = stage.vendor.first("license.updated").await?;
            stage.idle().await?;
            let grace = updated.text("/data/metadata/graceEndsAt").to_owned();
            let flags = updated.body["data"]["flags"].clone();
            lives.push((stage.vendor.told(), grace, flags));
        }
        let first = lives[0].clone();
        assert_eq!(first.2, serde_json::json!(["old_period_refunded"]));
        assert!(lives.iter().all(|it| *it == first), "{lives:#?}");
        Ok(())
    }
}
