//! What cannot be applied yet waits, is shown, and is applied when it can be.

use fake_stripe::Checkout;
use paidup_issuer::store::events::{EventRow, EventState};
use paidup_tests::{Catalog, Failure, Setting, Stage, on_both_databases};

/// Waits until an event is parked for a reason that contains these words.
async fn parked(stage: &Stage, words: &str) -> Result<EventRow, Failure> {
    stage
        .any_event(|it| {
            it.state == EventState::Parked
                && it.reason.as_deref().unwrap_or_default().contains(words)
        })
        .await
}

fn without_key() -> Setting {
    let mut setting = Setting::default();
    setting.environment.push(("STRIPE_API_KEY", String::new()));
    setting
}

on_both_databases! {
    async fn an_unmapped_price_waits_for_its_mapping(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.mappings = vec![("price_starter_monthly", "starter_policy")];
        let stage = Stage::with(database, setting).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        parked(&stage, "the price price_growth_monthly is not mapped to a policy").await?;
        assert!(stage.vendor.told().is_empty());

        // The vendor maps the price while the issuer runs.
        stage.change_catalog(&Catalog::default())?;
        let created = stage.vendor.first("license.created").await?;
        assert_eq!(created.text("/data/policy/name"), "growth_policy");
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }

    async fn a_catalog_that_cannot_be_used_changes_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let mut broken = Catalog::default();
        broken.mappings.push(("price_x", "no_such_policy"));
        stage.change_catalog(&broken)?;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        Ok(())
    }

    async fn stripe_unreachable_delays_and_loses_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.set_unreachable(true);
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        parked(&stage, "503").await?;

        stage.stripe.set_unreachable(false);
        // Not before its time; each failure doubles the pause.
        stage.advance(3600);
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }

    async fn a_restart_tries_at_once_what_was_parked(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        stage.stripe.set_unreachable(true);
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        parked(&stage, "503").await?;
        stage.switch_off().await?;
        stage.stripe.set_unreachable(false);
        stage.switch_on().await?;
        stage.vendor.first("license.created").await?;
        Ok(())
    }

    async fn without_an_api_key_what_events_carry_is_enough_for_a_subscription(database: Database) -> Outcome {
        let stage = Stage::with(database, without_key()).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        // What came before the subscription did waits for it.
        stage.advance(60);
        stage.idle().await?;
        assert_eq!(created.text("/data/policy/name"), "growth_policy");
        Ok(())
    }

    async fn without_an_api_key_what_a_checkout_sold_stays_open(database: Database) -> Outcome {
        let stage = Stage::with(database, without_key()).await?;
        let product = stage.stripe.create_product("Lifetime")?;
        let price = stage.stripe.create_price(&product, "price_lifetime", 9900, None)?;
        let session = stage.stripe.checkout(Checkout::payment(&price).email("ada@example.com"))?;
        stage.stripe.complete_checkout(&session).await?;
        parked(&stage, "there is no Stripe key").await?;
        assert!(stage.vendor.told().is_empty());
        Ok(())
    }

    async fn a_key_that_stripe_refuses_parks_and_says_what_to_check(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.environment.push(("STRIPE_API_KEY", "sk_test_revoked".to_owned()));
        let stage = Stage::with(database, setting).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let event = parked(&stage, "paidup stripe status").await?;
        assert!(!event.reason.unwrap_or_default().contains("sk_test_revoked"));
        Ok(())
    }
}
