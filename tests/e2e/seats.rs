//! Seats: as many machines as were bought, and nobody is thrown out for a downgrade.

use paidup_issuer::store::machines;
use paidup_tests::{DAY, Stage, on_both_databases};
use serde_json::json;

const PLAN: &str = "price_growth_monthly";

on_both_databases! {
    async fn a_downgrade_throws_nobody_out_and_lets_nobody_in(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let key = created.text("/data/key").to_owned();
        stage.stripe.change_quantity(&bought.subscription, 3).await?;
        stage.vendor.first("license.updated").await?;
        let mut apps = Vec::new();
        for n in 0..7 {
            let mut app = stage.app(Some(&format!("machine-{n}")))?;
            assert_eq!(app.activate(&key).await?.status, 200);
            apps.push(app);
        }
        // Three machines a seat: seven are four more than one seat allows.
        stage.stripe.change_quantity(&bought.subscription, 1).await?;
        let updated = stage.vendor.nth("license.updated", 2).await?;
        assert_eq!(updated.body["data"]["seats"], 1);
        assert_eq!(updated.body["data"]["seatsOver"], 4);

        let mut eighth = stage.app(Some("machine-8"))?;
        let refused = eighth.activate(&key).await?;
        assert_eq!((refused.status, refused.text("/code")), (422, "MACHINE_LIMIT_EXCEEDED"));
        let details = &refused.body["details"];
        assert_eq!((&details["max"], &details["current"]), (&json!(3), &json!(7)));
        assert_eq!(details["machines"].as_array().map(Vec::len), Some(7));
        for app in &mut apps {
            assert_eq!(app.refresh().await?.status, 200);
            assert_eq!(app.look(stage.now()), ("VALID", true));
        }
        assert_eq!(apps[0].activate(&key).await?.status, 200, "it has its place");
        Ok(())
    }

    async fn a_limit_holds_while_seats_are_used_freed_and_taken_at_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let (id, key) = (created.text("/data/id"), created.text("/data/key"));
        let issuer = &stage.issuer()?.app;
        for round in 0..8 {
            let mut at_once = tokio::task::JoinSet::new();
            for n in 0..3 {
                let mut app = stage.app(Some(&format!("machine-{round}-{n}")))?;
                let seat = app.activate(key).await?.text("/data/machine/id").to_owned();
                for _ in 0..6 {
                    let mut app = app.clone();
                    at_once.spawn(async move { app.refresh().await.map(|it| it.status) });
                }
                let mut next = stage.app(Some(&format!("next-{round}-{n}")))?;
                let (issuer, key) = (issuer.clone(), key.to_owned());
                at_once.spawn(async move {
                    issuer.deactivate(&key, &seat).await?;
                    next.activate(&key).await.map(|it| it.status)
                });
            }
            while let Some(status) = at_once.join_next().await {
                assert_eq!(status??, 200);
            }
            let mut db = stage.store()?.read().await?;
            let active = machines::list_active(&mut db, id).await?;
            assert_eq!(active.len(), 3);
            assert!(active.iter().all(|it| it.fingerprint.starts_with("next-")));
            for seat in active {
                issuer.deactivate(key, &seat.id).await?;
            }
            stage.advance(31 * DAY);
        }
        Ok(())
    }

    async fn a_limit_holds_however_many_ask_at_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let key = created.text("/data/key").to_owned();
        let mut asking = tokio::task::JoinSet::new();
        for n in 0..30 {
            let mut app = stage.app(Some(&format!("machine-{n}")))?;
            let key = key.clone();
            asking.spawn(async move { app.activate(&key).await.map(|it| it.status) });
        }
        let mut given = 0;
        while let Some(status) = asking.join_next().await {
            match status?? {
                200 => given += 1,
                status => assert_eq!(status, 422),
            }
        }
        assert_eq!(given, 3);
        Ok(())
    }
}
