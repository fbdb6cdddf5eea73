//! What keeps purchases from their licenses is a warning in `/readyz` and named in
//! `stripe status`; the issuer stays ready.

use paidup_issuer::app::Finding;
use paidup_issuer::store::events::EventState;
use paidup_tests::{Catalog, Failure, Reply, Setting, Stage, on_both_databases};
use serde_json::{Value, json};

async fn warnings(stage: &Stage) -> Result<Vec<String>, Failure> {
    let ready = Reply::of(reqwest::get(format!("{}/readyz", stage.url()?)).await?).await?;
    assert_eq!((ready.status, &ready.body["status"]), (200, &json!("ok")));
    Ok(serde_json::from_value(ready.body["warnings"].clone())?)
}

async fn status(stage: &Stage) -> Result<Value, Failure> {
    Ok(json!(stage.issuer()?.app.stripe_status().await?))
}

on_both_databases! {
    async fn a_price_that_only_a_comparison_finds_unmapped_is_named(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.mappings = Vec::new();
        let stage = Stage::with(database, setting).await?;
        stage.stripe.hold_deliveries();
        let bought = stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let app = &stage.issuer()?.app;
        assert_eq!(app.reconcile(false, &|_| {}).await?.len(), 1);
        let warned = warnings(&stage).await?;
        let [warning] = warned.as_slice() else { return Err(format!("{warned:?}").into()) };
        assert!(warning.contains("price_growth_monthly"), "{warning}");
        assert!(warning.contains(&bought.subscription), "{warning}");
        assert!(warning.contains("there is no license"), "{warning}");

        stage.change_catalog(&Catalog::default())?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        assert!(warnings(&stage).await?.is_empty());

        // A price that keeps its last terms is named as well, and once it is over no more.
        let product = stage.stripe.create_product("Something else")?;
        let interval = Some(fake_stripe::Interval::Month);
        stage.stripe.create_price(&product, "price_else", 100, interval)?;
        stage.stripe.change_price(&bought.subscription, "price_else").await?;
        let found = app.reconcile(false, &|_| {}).await?;
        let unmapped = |finding: &Finding| matches!(
            finding, Finding::Unmapped { price, license: Some(_), .. } if price == "price_else"
        );
        assert!(found.iter().any(unmapped), "{found:?}");
        let warned = warnings(&stage).await?;
        assert!(warned[0].contains("its license keeps the terms that it had"), "{warned:?}");
        stage.stripe.cancel(&bought.subscription).await?;
        app.reconcile(false, &|_| {}).await?;
        assert!(warnings(&stage).await?.is_empty());
        Ok(())
    }

    async fn each_unmapped_price_is_named_until_it_is_mapped(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.mappings = Vec::new();
        let stage = Stage::with(database, setting).await?;
        assert!(warnings(&stage).await?.is_empty());
        let first = stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let price = |price: &'static str| move |reason: &Option<String>| {
            reason.as_deref().unwrap_or_default().contains(price)
        };
        let (growth, starter) = (price("price_growth_monthly"), price("price_starter_monthly"));
        stage.any_event(|event| growth(&event.reason)).await?;
        stage.advance(60);
        stage.stripe.buy("price_starter_monthly", "bob@example.com").await?;
        stage.any_event(|event| starter(&event.reason)).await?;
        stage.stripe.settled().await;
        while !stage.issuer()?.app.is_idle().await? {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }

        let warned = warnings(&stage).await?;
        assert_eq!(warned.len(), 2, "{warned:?}");
        assert!(warned[0].contains("price_growth_monthly, which is not mapped"), "{warned:?}");
        assert!(warned[0].contains("[[stripe.mappings]]"), "{warned:?}");
        let status_now = status(&stage).await?;
        let stuck = &status_now["stuck"][0];
        assert_eq!((&stuck["state"], &stuck["waitsFor"]), (&json!("parked"), &json!("mapping")));
        let events = stage.events().await?;
        let oldest = events.iter().find(|event| growth(&event.reason)).unwrap();
        assert_eq!(stuck["oldest"]["id"], json!(oldest.arrival.id));
        assert_eq!(stuck["oldest"]["type"], json!(oldest.arrival.kind));
        let count = events.iter().filter(|event| growth(&event.reason)).count();
        assert_eq!(stuck["count"], json!(count));
        let unmapped = json!({
            "price": "price_growth_monthly", "purchases": 1, "licensed": 0,
            "example": first.subscription,
        });
        assert_eq!(status_now["unmapped"][0], unmapped);

        stage.change_catalog(&Catalog::default())?;
        stage.vendor.nth("license.created", 2).await?;
        stage.idle().await?;
        assert!(warnings(&stage).await?.is_empty());
        let status = status(&stage).await?;
        assert_eq!((&status["stuck"], &status["unmapped"]), (&json!([]), &json!([])));
        Ok(())
    }

    async fn a_price_that_only_the_comparison_found_is_named_too(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.mappings = Vec::new();
        let stage = Stage::with(database, setting).await?;
        stage.stripe.hold_deliveries();
        let kept = stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let over = stage.stripe.buy("price_starter_monthly", "bob@example.com").await?;
        stage.stripe.cancel(&over.subscription).await?;
        let product = stage.stripe.create_product("Lifetime")?;
        let price = stage.stripe.create_price(&product, "price_lifetime", 9900, None)?;
        let offer = fake_stripe::Checkout::payment(&price).email("eve@example.com");
        let session = stage.stripe.checkout(offer)?;
        stage.stripe.complete_checkout(&session).await?;
        stage.issuer()?.app.reconcile(false, &|_| {}).await?;
        let status = status(&stage).await?;
        assert_eq!(status["stuck"], json!([]));
        assert_eq!(status["unmapped"], json!([
            {
                "price": "price_growth_monthly", "purchases": 1, "licensed": 0,
                "example": kept.subscription,
            },
            { "price": "price_lifetime", "purchases": 1, "licensed": 0, "example": session },
        ]));
        Ok(())
    }

    async fn what_waits_for_stripe_is_warned_of(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.set_unreachable(true);
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        stage.any_event(|event| event.state == EventState::Parked).await?;
        let warned = warnings(&stage).await?;
        assert_eq!(warned.len(), 1, "{warned:?}");
        for words in ["parked since", "503", "paidup events retry --parked"] {
            assert!(warned[0].contains(words), "{words}: {warned:?}");
        }
        let status = status(&stage).await?;
        assert_eq!(status["stuck"][0]["waitsFor"], json!("stripe"));
        Ok(())
    }

    async fn what_is_quarantined_is_warned_of_with_the_next_command(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let poison = json!({
            "id": "evt_poison", "object": "event", "type": "customer.subscription.updated",
            "created": stage.now(), "livemode": false,
            "data": { "object": { "object": "subscription", "id": "sub_1" } },
        });
        stage.hook()?.send(&poison, stage.now()).await?;
        stage.event("evt_poison", EventState::Quarantined).await?;
        let warned = warnings(&stage).await?;
        for words in ["1 event has been quarantined since", "`status`", "paidup events retry evt_poison"] {
            assert!(warned[0].contains(words), "{words}: {warned:?}");
        }
        let status = status(&stage).await?;
        assert_eq!(status["stuck"][0]["waitsFor"], Value::Null);
        assert_eq!(status["stuck"][0]["oldest"]["id"], json!("evt_poison"));
        Ok(())
    }
}
