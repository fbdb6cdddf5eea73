//! What happens to a license after the purchase, and what an app makes of it.

use paidup_tests::{App, DAY, Outcome, Setting, Stage, on_both_databases};
use serde_json::{Value, json};

/// Buys the Growth Plan and activates it on one machine.
async fn bought(
    stage: &Stage,
) -> Result<(App, String, fake_stripe::Purchase), paidup_tests::Failure> {
    let purchase = stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    let created = stage.vendor.first("license.created").await?;
    let mut app = stage.app(Some("machine-1"))?;
    let key = created.text("/data/key").to_owned();
    assert_eq!(app.activate(&key).await?.status, 200);
    assert_eq!(app.look(stage.now()), ("VALID", true));
    Ok((app, key, purchase))
}

on_both_databases! {
    async fn a_failed_payment_suspends_until_it_succeeds(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (mut app, key, purchase) = bought(&stage).await?;

        stage.advance(30 * DAY);
        stage.stripe.fail_renewal(&purchase.subscription).await?;
        let suspended = stage.vendor.first("license.suspended").await?;
        assert_eq!(suspended.text("/data/reason"), "payment_failed");
        let validation = app.validate(&json!({ "key": key })).await?;
        assert_eq!(validation.body["data"]["valid"], json!(false));
        assert_eq!(validation.text("/data/code"), "SUSPENDED");
        assert_eq!(app.refresh().await?.status, 200);
        assert_eq!(app.look(stage.now()), ("SUSPENDED", false));

        stage.stripe.pay_latest_invoice(&purchase.subscription).await?;
        stage.vendor.first("license.reinstated").await?;
        app.refresh().await?;
        assert_eq!(app.look(stage.now()), ("VALID", true));
        assert!(!stage.vendor.told().contains(&"license.revoked".to_owned()));
        Ok(())
    }

    async fn a_renewal_is_announced_once_and_moves_the_date(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (mut app, _, purchase) = bought(&stage).await?;
        let before = app.verify(&app.token)?.claims().renews_at;
        stage.advance(31 * DAY);
        stage.stripe.renew(&purchase.subscription).await?;
        stage.vendor.first("license.renewed").await?;
        stage.idle().await?;
        app.refresh().await?;
        assert_eq!(app.look(stage.now()), ("VALID", true));
        assert!(app.verify(&app.token)?.claims().renews_at > before);
        assert_eq!(stage.vendor.told(), ["license.created", "license.renewed"]);
        Ok(())
    }

    async fn a_cancellation_leaves_the_grace_and_then_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (mut app, key, purchase) = bought(&stage).await?;

        stage.stripe.cancel(&purchase.subscription).await?;
        let canceled_at = stage.now();
        let updated = stage.vendor.first("license.updated").await?;
        let ends_at = "2026-09-28T14:13:20.000Z";
        assert_eq!(updated.text("/data/metadata/graceEndsAt"), ends_at);
        let validation = app.validate(&json!({ "key": key })).await?;
        assert_eq!(validation.body["data"]["valid"], json!(true));
        assert_eq!(validation.text("/data/metadata/graceEndsAt"), ends_at);
        app.refresh().await?;
        assert_eq!(app.look(canceled_at), ("GRACE", true));

        // Offline, the app comes to the same end by itself, to the second.
        assert_eq!(app.look(canceled_at + 7 * DAY - 1), ("GRACE", true));
        assert_eq!(app.look(canceled_at + 7 * DAY), ("REVOKED", false));

        // And so does the issuer, without any event.
        stage.advance(7 * DAY);
        let revoked = stage.vendor.first("license.revoked").await?;
        assert_eq!(revoked.text("/data/status"), "revoked");
        app.refresh().await?;
        assert_eq!(app.look(stage.now()), ("REVOKED", false));
        let validation = app.validate(&json!({ "key": key })).await?;
        assert_eq!(validation.text("/data/code"), "REVOKED");
        assert_eq!(
            stage.vendor.told(),
            ["license.created", "license.updated", "license.revoked"]
        );
        Ok(())
    }

    async fn a_full_refund_revokes_at_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (mut app, _, purchase) = bought(&stage).await?;
        stage.stripe.refund(&purchase.charge, None).await?;
        stage.vendor.first("license.revoked").await?;
        app.refresh().await?;
        assert_eq!(app.look(stage.now()), ("REVOKED", false));
        Ok(())
    }

    async fn a_small_refund_changes_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (mut app, _, purchase) = bought(&stage).await?;
        stage.stripe.refund(&purchase.charge, Some(100)).await?;
        stage.idle().await?;
        app.refresh().await?;
        assert_eq!(app.look(stage.now()), ("VALID", true));
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }
}

#[tokio::test]
async fn each_grace_of_the_guide() -> Outcome {
    for (grace, days) in [
        ("immediate", None),
        ("3d", Some(3)),
        ("7d", Some(7)),
        ("30d", Some(30)),
    ] {
        let mut setting = Setting::default();
        setting.catalog.grace = grace;
        let stage = Stage::with(paidup_tests::Database::Sqlite, setting).await?;
        let (mut app, _, purchase) = bought(&stage).await?;
        stage.stripe.cancel(&purchase.subscription).await?;
        stage.idle().await?;
        let told = if days.is_some() {
            "license.updated"
        } else {
            "license.revoked"
        };
        stage.vendor.first(told).await?;
        let reply = app.refresh().await?;
        let (now, ends_at) = (
            stage.now(),
            reply.body["data"]["license"]["metadata"]["graceEndsAt"].clone(),
        );
        match days {
            None => {
                assert_eq!(ends_at, Value::Null);
                assert_eq!(app.look(now), ("REVOKED", false), "{grace}");
            }
            Some(days) => {
                assert_eq!(app.look(now), ("GRACE", true), "{grace}");
                let grace = app.verify(&app.token)?.grace_ends_at();
                assert_eq!(grace.map(paidup::UnixTime::as_secs), Some(now + days * DAY));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_longer_grace_than_the_lease_needs_a_contact_in_between() -> Outcome {
    let mut setting = Setting::default();
    setting.catalog.grace = "30d";
    let stage = Stage::with(paidup_tests::Database::Sqlite, setting).await?;
    let (mut app, _, purchase) = bought(&stage).await?;
    stage.stripe.cancel(&purchase.subscription).await?;
    stage.vendor.first("license.updated").await?;
    app.refresh().await?;
    let now = stage.now();
    assert_eq!(app.look(now + 14 * DAY - 1), ("GRACE", true));
    assert_eq!(app.look(now + 14 * DAY), ("REFRESH_REQUIRED", false));
    stage.advance(20 * DAY);
    app.refresh().await?;
    assert_eq!(app.look(stage.now()), ("GRACE", true));
    assert_eq!(app.look(now + 30 * DAY), ("REVOKED", false));
    Ok(())
}
