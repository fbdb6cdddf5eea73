//! The SDK's client against the running issuer.

use paidup::{ClientError, Code, Event, UnixTime};
use paidup_issuer::app::KeyChange;
use paidup_tests::{DAY, Failure, Stage, on_both_databases};

const PLAN: &str = "price_growth_monthly";

pub(crate) async fn key_of(stage: &Stage) -> Result<String, Failure> {
    stage.stripe.buy(PLAN, "ada@example.com").await?;
    let created = stage.vendor.first("license.created").await?;
    Ok(created.text("/data/key").to_owned())
}

on_both_databases! {
    async fn a_purchase_unlocks_an_app_and_its_end_locks_it(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let mut laptop = stage.computer("laptop").await?;
        assert_eq!(laptop.code(), "NO_LICENSE");
        let answer = laptop.client.activate(created.text("/data/key")).await?;
        assert!(answer.allows("export"));
        laptop.restart()?;
        assert!(laptop.client.allows("export") && !laptop.client.allows("teleport"));

        stage.stripe.fail_renewal(&bought.subscription).await?;
        stage.vendor.first("license.suspended").await?;
        assert_eq!(laptop.code(), "VALID", "it has not heard of it");
        laptop.client.refresh().await?;
        assert_eq!(laptop.code(), "SUSPENDED");
        laptop.restart()?;
        assert_eq!(laptop.code(), "SUSPENDED");

        stage.stripe.pay_latest_invoice(&bought.subscription).await?;
        stage.vendor.first("license.reinstated").await?;
        laptop.client.refresh().await?;
        assert_eq!(laptop.code(), "VALID");

        stage.stripe.cancel(&bought.subscription).await?;
        stage.vendor.first("license.updated").await?;
        let _ = laptop.client.events();
        laptop.client.refresh().await?;
        assert_eq!(laptop.code(), "GRACE");
        let events = laptop.client.events();
        assert!(matches!(events.first(), Some(Event::GraceStarted { .. })), "{events:?}");
        stage.advance(7 * DAY);
        assert_eq!(laptop.code(), "REVOKED");
        Ok(())
    }

    async fn an_issuer_that_is_off_stops_nobody(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut laptop = stage.computer("laptop").await?;
        laptop.client.activate(&key).await?;
        stage.switch_off().await?;
        for _ in 0..13 {
            stage.advance(DAY);
            let error = laptop.client.refresh().await.unwrap_err();
            assert_eq!(error.code(), Code::Network);
            laptop.restart()?;
            assert_eq!(laptop.code(), "VALID");
        }
        assert!(laptop.client.failing_since().is_some());
        stage.advance(DAY);
        assert_eq!(laptop.code(), "REFRESH_REQUIRED");
        stage.switch_on().await?;
        laptop.client.refresh().await?;
        assert_eq!(laptop.code(), "VALID");
        assert!(laptop.client.failing_since().is_none());
        Ok(())
    }

    async fn an_activation_on_a_wrong_clock_works_at_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.make_root().await?;
        let key = key_of(&stage).await?;
        for (n, ahead) in [-9000 * DAY, 9000 * DAY].into_iter().enumerate() {
            let laptop = stage.computer(&format!("laptop-{n}")).await?;
            laptop.set_ahead(ahead);
            laptop.client.activate(&key).await?;
            assert_eq!(laptop.code(), "VALID", "{ahead}");
            laptop.set_ahead(0);
            assert_eq!(laptop.code(), "VALID", "set right again");
        }
        Ok(())
    }

    async fn what_was_bought_outlives_the_server(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        let root = stage.make_root().await?;
        let key = key_of(&stage).await?;
        let mut laptop = stage.computer("laptop").await?;
        let mut missed = stage.computer("missed").await?;
        laptop.client.activate(&key).await?;
        missed.client.activate(&key).await?;
        let issued_before = UnixTime::from_secs(stage.now() + DAY);
        let product = "notes".to_owned();
        stage.change_keys(&root, &KeyChange::Sunset { product, issued_before }).await?;
        stage.advance(60);
        laptop.client.refresh().await?;
        // The last contact ever.
        stage.switch_off().await?;
        stage.advance(20 * 365 * DAY);
        for computer in [&mut laptop, &mut missed] {
            computer.restart()?;
        }
        assert_eq!(laptop.code(), "VALID");
        assert!(laptop.client.allows("export"));
        assert_eq!(missed.code(), "REFRESH_REQUIRED");
        Ok(())
    }

    async fn a_key_that_is_wrong_says_how(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let laptop = stage.computer("laptop").await?;
        let mistyped = laptop.client.activate("NOTES-12345").await.unwrap_err();
        assert!(matches!(mistyped, ClientError::Key(_)));
        // O for 0 and a space too many are no mistakes.
        let typed = format!(" {} ", key.replace('0', "O").to_lowercase());
        laptop.client.activate(&typed).await?;
        let unknown = paidup::LicenseKey::from_entropy("NOTES", &[7; 15])?;
        let unknown = laptop.client.activate(unknown.expose()).await.unwrap_err();
        assert_eq!(unknown, ClientError::NotFound);
        assert_eq!(laptop.code(), "VALID", "what was there stays");
        Ok(())
    }

    async fn an_app_that_the_key_is_not_for_takes_no_seat(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let pin = stage.issuer()?.app.signing_key().ok_or("no key signs")?.to_base64url();
        let url = stage.url()?;
        let app = |product: &str| {
            let builder = paidup::Client::builder(&url, product).key(&pin).fingerprint("other");
            builder.store(paidup::MemoryStore::default())
        };
        let live = app("notes").build()?.activate(&key).await.unwrap_err();
        assert_eq!(live.code(), Code::EnvironmentMismatch);
        assert!(live.to_string().contains("runs in test mode"), "{live}");
        assert!(live.next_step().contains("test build"));
        let other = app("photos").test_mode().build()?.activate(&key).await.unwrap_err();
        assert_eq!(other.code(), Code::ProductMismatch);
        assert!(other.to_string().contains("notes"), "{other}");
        let laptop = stage.computer("laptop").await?;
        laptop.client.activate(&key).await?;
        assert_eq!(laptop.client.machines().await?.len(), 1);
        Ok(())
    }

    async fn a_database_restored_from_a_backup_locks_nobody_out(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut laptop = stage.computer("laptop").await?;
        laptop.client.activate(&key).await?;
        // The backup knows nothing of the last changes.
        let store = stage.store()?;
        let mut tx = store.write().await?;
        sqlx::query("UPDATE licenses SET seq = seq - 1000000").execute(&mut *tx).await?;
        tx.commit().await?;
        for _ in 0..3 {
            stage.advance(DAY);
            laptop.client.refresh().await?;
            assert_eq!(laptop.code(), "VALID");
            laptop.restart()?;
            assert_eq!(laptop.code(), "VALID");
        }
        // Its seq has caught up: a token that was copied before is stale again.
        let answer = laptop.client.check();
        let seq = answer.license().map(|it| it.claims().seq);
        assert!(seq > Some(1_700_000_000_000), "{seq:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_background_refresh_renews_and_tells() -> paidup_tests::Outcome {
    let stage = Stage::set(paidup_tests::Database::Sqlite).await?;
    let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
    let created = stage.vendor.first("license.created").await?;
    let laptop = stage.computer("laptop").await?;
    laptop.client.activate(created.text("/data/key")).await?;
    stage.stripe.fail_renewal(&bought.subscription).await?;
    stage.vendor.first("license.suspended").await?;
    stage.advance(3 * DAY);
    laptop.client.start_refreshing();
    laptop.client.start_refreshing();
    let locked = async {
        while laptop.code() != "SUSPENDED" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), locked).await?;
    laptop.client.stop_refreshing();
    let events = laptop.client.events();
    assert!(
        events
            .iter()
            .any(|it| matches!(it, Event::Suspended { .. })),
        "{events:?}"
    );
    Ok(())
}
