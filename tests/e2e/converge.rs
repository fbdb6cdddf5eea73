//! What no webhook brought is found all the same: by the sweep of events, and by the
//! comparison of everything.

use fake_stripe::Checkout;
use paidup_issuer::app::Finding;
use paidup_issuer::store::events::EventState;
use paidup_issuer::store::instance;
use paidup_tests::{DAY, Setting, Stage, on_both_databases};

const PLAN: &str = "price_growth_monthly";

fn looking_after_itself() -> Setting {
    let mut setting = Setting::default();
    let sweep = ("PAIDUP_SWEEP_EVERY", "5m".to_owned());
    setting.environment.push(sweep);
    setting
}

on_both_databases! {
    async fn the_sweep_brings_what_was_lost_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        assert!(stage.vendor.told().is_empty());

        let app = &stage.issuer()?.app;
        let swept = app.sweep().await?;
        assert!(swept.new > 0 && swept.new == swept.listed, "{swept:?}");
        stage.vendor.first("license.created").await?;
        let again = app.sweep().await?;
        assert_eq!((again.new, again.gap), (0, false), "{again:?}");

        // The deliveries that come after all tell nothing new.
        stage.stripe.release_deliveries();
        stage.stripe.settled().await;
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }

    async fn four_days_off_lose_nothing(database: Database) -> Outcome {
        let mut stage = Stage::with(database, looking_after_itself()).await?;
        stage.stripe.hold_deliveries();
        stage.switch_off().await?;
        let purchase = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.advance(DAY);
        stage.stripe.fail_renewal(&purchase.subscription).await?;
        stage.advance(DAY);
        stage.stripe.pay_latest_invoice(&purchase.subscription).await?;
        stage.stripe.cancel(&purchase.subscription).await?;
        stage.advance(2 * DAY);
        for event in stage.stripe.pending() {
            stage.stripe.drop_event(&event)?;
        }
        stage.switch_on().await?;
        let created = stage.vendor.first("license.created").await?;
        let grace = created.text("/data/metadata/graceEndsAt");
        assert_eq!(grace, "2026-09-30T14:13:20.000Z", "seven days from the end");
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }

    async fn forty_days_off_are_made_up_by_comparing_everything(database: Database) -> Outcome {
        let mut stage = Stage::with(database, looking_after_itself()).await?;
        let kept = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        stage.stripe.hold_deliveries();
        stage.switch_off().await?;
        stage.stripe.buy(PLAN, "bob@example.com").await?;
        stage.stripe.refund(&kept.charge, None).await?;
        let events = stage.stripe.pending();
        stage.advance(40 * DAY);
        for event in events {
            stage.stripe.drop_event(&event)?;
        }
        stage.switch_on().await?;
        stage.vendor.nth("license.created", 2).await?;
        stage.vendor.first("license.revoked").await?;
        Ok(())
    }

    async fn an_event_dated_in_the_future_hides_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        // A test clock makes events of its own time.
        stage.advance(60 * DAY);
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.advance(-60 * DAY);
        let app = &stage.issuer()?.app;
        assert!(app.sweep().await?.new > 0);
        stage.advance(2 * DAY);
        stage.stripe.buy(PLAN, "bob@example.com").await?;
        let swept = app.sweep().await?;
        assert!(swept.new > 0 && !swept.gap, "{swept:?}");
        Ok(())
    }

    async fn a_sweep_mark_from_the_future_is_not_trusted(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        let store = stage.store()?;
        let mut tx = store.write().await?;
        let future = stage.now() + 60 * DAY;
        instance::set(&mut tx, "swept_until", &future.to_string()).await?;
        tx.commit().await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let swept = stage.issuer()?.app.sweep().await?;
        assert!(swept.new > 0 && swept.gap, "{swept:?}");
        let kept = instance::find(&mut *store.read().await?, "swept_until").await?;
        assert_eq!(kept, Some(stage.now().to_string()));
        Ok(())
    }

    async fn a_license_of_a_purchase_that_stripe_does_not_know_is_found(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        let app = &stage.issuer()?.app;
        assert!(app.reconcile(true, &|_| {}).await?.is_empty());
        // As a database has it that was filled from another account.
        let mut tx = stage.store()?.write().await?;
        sqlx::query(
            "INSERT INTO licenses
                 (id, item, subscription, session, customer_id, product, policy, key_hash,
                  key_sealed, state, admin_order, told, status, seq, change_at, created_at,
                  updated_at, key_seq)
             SELECT 'lic_other', 'sub_other/si_other', 'sub_other', session, customer_id, product,
                    policy, 'other', key_sealed, state, admin_order, told, status, seq, change_at,
                    created_at, updated_at, key_seq
             FROM licenses",
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        for dry_run in [true, false] {
            let found = app.reconcile(dry_run, &|_| {}).await?;
            let [Finding::UnknownAtStripe { license, origin }] = found.as_slice() else {
                return Err(format!("{found:?}").into());
            };
            assert_eq!((license.as_str(), origin.as_str()), ("lic_other", "sub_other"));
        }
        // What is over needs nothing.
        let mut tx = stage.store()?.write().await?;
        sqlx::query("UPDATE licenses SET admin_order = 'revoke' WHERE id = 'lic_other'")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        assert!(app.reconcile(true, &|_| {}).await?.is_empty());
        Ok(())
    }

    async fn a_dry_run_tells_and_leaves_alone(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        let first = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let product = stage.stripe.create_product("Something else")?;
        let interval = Some(fake_stripe::Interval::Month);
        stage.stripe.create_price(&product, "price_else", 100, interval)?;
        stage.stripe.buy("price_else", "eve@example.com").await?;
        let app = &stage.issuer()?.app;
        let told = |found: &[Finding]| {
            let license = |it: &&Finding| matches!(it, Finding::License(_));
            (found.iter().filter(license).count(), found.len())
        };
        let dry = app.reconcile(true, &|_| {}).await?;
        let again = app.reconcile(true, &|_| {}).await?;
        assert_eq!(told(&dry), told(&again), "{dry:?} {again:?}");
        assert!(stage.vendor.told().is_empty());
        let cured = app.reconcile(false, &|_| {}).await?;
        assert_eq!(told(&dry), told(&cured), "{cured:?}");
        let left = app.reconcile(true, &|_| {}).await?;
        assert_eq!(told(&left).0, 0, "{left:?}");

        stage.stripe.cancel(&first.subscription).await?;
        let found = app.reconcile(false, &|_| {}).await?;
        let changes: Vec<_> = found.iter().filter_map(|it| match it {
            Finding::License(change) => Some(change.after.grace.is_some()),
            _ => None,
        }).collect();
        assert_eq!(changes, [true]);
        Ok(())
    }

    async fn a_vendor_who_connects_with_subscriptions_gets_all_licenses(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        for n in 0..120 {
            stage.stripe.buy(PLAN, &format!("buyer-{n}@example.com")).await?;
        }
        let found = stage.issuer()?.app.reconcile(false, &|_| {}).await?;
        assert_eq!(found.len(), 120);
        stage.vendor.nth("license.created", 120).await?;
        Ok(())
    }

    async fn the_comparison_finds_what_an_invoice_sold(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.mappings.push(("price_lifetime", "growth_policy"));
        let stage = Stage::with(database, setting).await?;
        let product = stage.stripe.create_product("Lifetime")?;
        stage.stripe.create_price(&product, "price_lifetime", 9900, None)?;
        stage.stripe.hold_deliveries();
        let customer = stage.stripe.create_customer("ada@example.com").await?;
        let invoice = stage.stripe.sell_by_invoice(&customer, &[("price_lifetime", 1)]).await?;
        stage.stripe.pay_invoice(&invoice).await?;
        // Its checkout's line owns the license, and there is one of it.
        let offer = Checkout::payment("price_lifetime").email("bob@example.com").creates_invoice();
        let session = stage.stripe.checkout(offer)?;
        stage.stripe.complete_checkout(&session).await?;
        let app = &stage.issuer()?.app;
        let found = app.reconcile(false, &|_| {}).await?;
        let items: Vec<&str> = found.iter().filter_map(|finding| match finding {
            Finding::License(change) => change.item.split('/').next(),
            _ => None,
        }).collect();
        assert_eq!(items.len(), 2, "{found:?}");
        assert!(items.contains(&invoice.as_str()) && items.contains(&session.as_str()), "{items:?}");
        assert!(app.reconcile(true, &|_| {}).await?.is_empty());
        Ok(())
    }

    async fn a_poison_event_is_put_aside_and_can_be_tried_again(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let poison = serde_json::json!({
            "id": "evt_poison", "object": "event", "type": "customer.subscription.updated",
            "created": stage.now(), "livemode": false,
            "data": { "object": { "object": "subscription", "id": "sub_1" } },
        });
        assert_eq!(stage.hook()?.send(&poison, stage.now()).await?.status, 200);
        let event = stage.event("evt_poison", EventState::Quarantined).await?;
        assert!(event.reason.unwrap().contains("`status`"));
        let app = &stage.issuer()?.app;
        assert_eq!(app.retry_events(EventState::Quarantined, None).await?, 1);
        stage.any_event(|it| it.attempts == 1 && it.state == EventState::Quarantined).await?;
        Ok(())
    }
}
