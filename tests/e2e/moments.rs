//! Since when a license has its status, and when it is known to end.

use fake_stripe::{Outcome, Proration};
use paidup_issuer::app::iso8601;
use paidup_issuer::store::licenses;
use paidup_lifecycle::Order;
use paidup_tests::{DAY, Failure, Stage, on_both_databases};
use serde_json::{Value, json};

const PLAN: &str = "price_growth_monthly";

/// The one license, as its vendor sees it now.
async fn seen(stage: &Stage) -> Result<Value, Failure> {
    let all = licenses::list(&mut *stage.store()?.read().await?).await?;
    Ok(stage.issuer()?.app.license(&all[0].id).await?)
}

on_both_databases! {
    async fn a_suspension_counts_from_stripes_event_and_no_later_change_moves_it(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        stage.advance(30 * DAY);
        stage.stripe.hold_deliveries();
        stage.stripe.fail_renewal(&bought.subscription).await?;
        let failed_at = iso8601(stage.now());
        stage.advance(3600);
        stage.stripe.release_deliveries();
        let suspended = stage.vendor.first("license.suspended").await?;
        assert_eq!(suspended.text("/data/suspendedAt"), failed_at);
        assert_eq!(suspended.text("/data/updatedAt"), iso8601(stage.now()));

        stage.advance(DAY);
        stage.stripe.change_quantity(&bought.subscription, 3).await?;
        let updated = stage.vendor.first("license.updated").await?;
        assert_eq!(updated.text("/data/suspendedAt"), failed_at);
        stage.stripe.pay_latest_invoice(&bought.subscription).await?;
        let back = stage.vendor.first("license.reinstated").await?;
        assert_eq!(back.body["data"]["suspendedAt"], Value::Null);
        Ok(())
    }

    async fn time_revokes_at_the_moment_it_was_due(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.stripe.cancel(&bought.subscription).await?;
        stage.vendor.first("license.updated").await?;
        stage.idle().await?;
        let over = iso8601(stage.now() + 7 * DAY);
        stage.switch_off().await?;
        stage.advance(9 * DAY);
        stage.switch_on().await?;
        // Before the worker has recorded it, and after.
        assert_eq!(seen(&stage).await?["revokedAt"], json!(over));
        let revoked = stage.vendor.first("license.revoked").await?;
        assert_eq!(revoked.text("/data/revokedAt"), over);
        assert_eq!(seen(&stage).await?["revokedAt"], json!(over));
        Ok(())
    }

    async fn a_change_whose_event_is_late_counts_from_when_it_was_made(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        let starter = "price_starter_monthly";
        let prorate = Proration::None;
        let billed = Proration::Now(Outcome::Succeeds);
        stage.stripe.add_item(&bought.subscription, starter, 1, billed).await?;
        stage.vendor.nth("license.created", 2).await?;
        stage.idle().await?;

        stage.advance(DAY);
        stage.stripe.hold_deliveries();
        stage.stripe.remove_item(&bought.subscription, starter, prorate).await?;
        let ends_at = iso8601(stage.now() + 7 * DAY);
        // The event of another bill makes the issuer look at the subscription.
        let told = stage.stripe.events().len();
        stage.advance(7200);
        stage.stripe.bill_extra(&bought.subscription, 100).await?;
        for event in stage.stripe.events().split_off(told) {
            stage.stripe.deliver(&event.id).await?;
        }
        let updated = stage.vendor.first("license.updated").await?;
        assert_eq!(updated.text("/data/metadata/graceEndsAt"), ends_at);
        stage.stripe.release_deliveries();
        stage.stripe.settled().await;
        stage.idle().await?;
        assert_eq!(
            stage.vendor.told(),
            ["license.created", "license.created", "license.updated"]
        );
        Ok(())
    }

    async fn an_administrators_order_counts_from_when_it_is_given(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        stage.idle().await?;
        let id = created.text("/data/id");
        let app = stage.issuer()?.app.clone();
        stage.advance(60);
        app.order(id, Some(Order::Suspend)).await?;
        let suspended_at = iso8601(stage.now());
        stage.advance(60);
        app.reissue_key(id).await?;
        let license = seen(&stage).await?;
        assert_eq!(license["suspendedAt"], json!(suspended_at));
        assert_ne!(license["updatedAt"], json!(suspended_at));
        app.order(id, Some(Order::Ban)).await?;
        let license = seen(&stage).await?;
        assert_eq!(license["bannedAt"], json!(iso8601(stage.now())));
        assert_eq!(license["suspendedAt"], Value::Null);
        Ok(())
    }

    async fn a_known_end_is_announced_and_its_lifting_is_too(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        assert_eq!(created.body["data"]["endsAt"], Value::Null);
        assert!(created.body["data"].get("cancelAtPeriodEnd").is_none());
        stage.stripe.cancel_at_period_end(&bought.subscription).await?;
        let updated = stage.vendor.first("license.updated").await?;
        let end = iso8601(stage.stripe.period_end(&bought.subscription)?);
        assert_eq!(updated.text("/data/endsAt"), end);
        assert_eq!(updated.body["data"]["cancelAtPeriodEnd"], json!(true));
        assert_eq!(updated.body["data"]["renewsAt"], Value::Null);
        assert_eq!(seen(&stage).await?["endsAt"], json!(end));

        stage.stripe.keep(&bought.subscription).await?;
        let lifted = stage.vendor.nth("license.updated", 2).await?;
        assert_eq!(lifted.body["data"]["endsAt"], Value::Null);
        assert_eq!(lifted.text("/data/renewsAt"), end);
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created", "license.updated", "license.updated"]);
        Ok(())
    }

    async fn a_trial_that_nothing_follows_says_when_it_ends(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let offer = fake_stripe::Checkout::subscription(PLAN).email("ada@example.com").trial_days(14);
        let session = stage.stripe.checkout(offer)?;
        let receipt = stage.stripe.complete_checkout(&session).await?;
        let subscription = receipt.subscription.unwrap();
        stage.vendor.first("license.created").await?;
        stage.stripe.cancel_at_period_end(&subscription).await?;
        let updated = stage.vendor.first("license.updated").await?;
        assert_eq!(updated.text("/data/endsAt"), iso8601(stage.now() + 14 * DAY));
        assert_eq!(updated.body["data"]["renewsAt"], Value::Null);
        Ok(())
    }
}
