//! Connecting to Stripe: one endpoint of ours, made once, mended, and replaced; foreign
//! ones are never touched; what was kept is enough to run.

use paidup::{Client, MemoryStore, UnixTime};
use paidup_issuer::app::{ConnectError, ConnectOutcome};
use paidup_stripe::ApiKey;
use paidup_tests::{Setting, Stage, on_both_databases};
use serde_json::json;

const PLAN: &str = "price_growth_monthly";

/// An issuer that knows no webhook secret; the endpoint of the stage is somebody else's.
fn fresh() -> Setting {
    let mut setting = Setting::default();
    let none = ("STRIPE_WEBHOOK_SECRET", String::new());
    setting.environment.push(none);
    setting
}

fn hook(stage: &Stage) -> Result<String, paidup_tests::Failure> {
    Ok(format!("{}/webhooks/stripe", stage.url()?))
}

on_both_databases! {
    async fn connecting_makes_one_endpoint_and_events_come_by_it(database: Database) -> Outcome {
        let mut stage = Stage::with(database, fresh()).await?;
        let url = hook(&stage)?;
        let app = stage.issuer()?.app.clone();
        let first = app.connect(None, Some(&url), "test").await?;
        assert_eq!((first.outcome, first.deleted.len()), (ConnectOutcome::Created, 0));
        assert!(first.account.is_some());
        let again = app.connect(None, Some(&url), "test").await?;
        assert_eq!((again.outcome, &again.endpoint), (ConnectOutcome::Kept, &first.endpoint));

        // The running issuer takes the secret up by itself.
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        let status = app.stripe_status().await?;
        assert_eq!(status.endpoints.len(), 1, "{status:?}");
        let endpoint = &status.endpoints[0];
        assert!(endpoint.enabled && endpoint.events_as_wanted && endpoint.secret_known);
        assert!(endpoint.delivered_at.is_some());
        assert!(status.permissions.values().all(Option::is_none));
        assert_eq!(status.problem, None);

        // And it does so after a restart.
        stage.switch_off().await?;
        stage.switch_on().await?;
        stage.stripe.buy(PLAN, "bob@example.com").await?;
        stage.vendor.nth("license.created", 2).await?;
        Ok(())
    }

    async fn an_issuer_that_moves_gets_another_endpoint(database: Database) -> Outcome {
        let stage = Stage::with(database, fresh()).await?;
        let app = stage.issuer()?.app.clone();
        let before = app.connect(None, Some("http://127.0.0.1:9"), "test").await?;
        let url = hook(&stage)?;
        let after = app.connect(None, Some(&url), "test").await?;
        assert_eq!(after.outcome, ConnectOutcome::Created);
        assert_ne!(after.endpoint, before.endpoint);
        assert!(after.deleted.is_empty(), "deliveries to the old one may be under way");
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        let cleared = app.connect(None, Some(&url), "test").await?;
        assert_eq!(cleared.outcome, ConnectOutcome::Kept);
        assert_eq!(cleared.deleted, [before.endpoint]);
        Ok(())
    }

    async fn a_full_account_is_told_and_nothing_foreign_is_touched(database: Database) -> Outcome {
        let stage = Stage::with(database, fresh()).await?;
        while stage.stripe.add_webhook_endpoint("http://127.0.0.1:9/", &["*"]).is_ok() {}
        let app = stage.issuer()?.app.clone();
        let refused = app.connect(None, Some(&hook(&stage)?), "test").await.unwrap_err();
        assert!(matches!(refused, ConnectError::Full), "{refused}");
        assert!(refused.to_string().contains("16 webhook endpoints"));
        let status = app.stripe_status().await?;
        assert!(status.endpoints.is_empty());
        Ok(())
    }

    async fn a_key_of_the_other_mode_is_refused(database: Database) -> Outcome {
        let stage = Stage::with(database, fresh()).await?;
                let app = &stage.issuer()?.app;
        let key = "rk_live_1234567890";
        let refused = app.connect(Some(key), Some(&hook(&stage)?), "test").await.unwrap_err();
        assert_eq!(refused.to_string(), "this is a live key, and the issuer runs in test mode; use the other key");
        Ok(())
    }

    async fn a_key_that_is_kept_serves_an_issuer_that_is_given_none(database: Database) -> Outcome {
        let mut setting = fresh();
        setting.environment.push(("STRIPE_API_KEY", String::new()));
        let mut stage = Stage::with(database, setting).await?;
        let url = hook(&stage)?;
        let app = stage.issuer()?.app.clone();
        let refused = app.connect(None, Some(&url), "test").await.unwrap_err();
        assert!(matches!(refused, ConnectError::NoKey), "{refused}");
        let key = stage.stripe.api_key();
        app.connect(Some(key), Some(&url), "test").await?;
        stage.switch_off().await?;
        stage.switch_on().await?;
        let status = stage.issuer()?.app.stripe_status().await?;
        assert_eq!(status.problem, None);
        let shown = status.key.unwrap();
        assert!(!shown.contains(stage.stripe.api_key()) && shown.len() < 24, "{shown}");
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        Ok(())
    }

    async fn a_rejected_key_is_told_and_loses_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let ready = format!("{}/readyz", stage.url()?);
        assert_eq!(reqwest::get(&ready).await?.status(), 200);
        stage.stripe.fail_next_requests(1, 401);
        let swept = stage.issuer()?.app.sweep().await;
        assert!(swept.is_err());
        let reply = reqwest::get(&ready).await?;
        assert_eq!(reply.status(), 503);
        let body: serde_json::Value = serde_json::from_str(&reply.text().await?)?;
        assert_eq!(body["code"], json!("STRIPE_KEY_REJECTED"));
        // The next answer clears it.
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        assert_eq!(reqwest::get(&ready).await?.status(), 200);
        Ok(())
    }

    async fn what_a_restricted_key_lacks_is_told_in_stripes_words(database: Database) -> Outcome {
        let stage = Stage::with(database, fresh()).await?;
        let app = stage.issuer()?.app.clone();
        let url = hook(&stage)?;
        let narrow = stage.stripe.add_restricted_key(&["account", "charges", "disputes"]);
        let refused = app.connect(Some(&narrow), Some(&url), "test").await.unwrap_err();
        let ConnectError::Permissions(missing) = &refused else {
            return Err(refused.into());
        };
        let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["Charges", "Disputes"]);
        assert!(refused.to_string().contains("Charges: The provided key"), "{refused}");
        assert!(refused.to_string().contains("'rak_charges_read'"), "{refused}");
        assert!(app.stripe_status().await?.endpoints.is_empty(), "nothing was registered");

        // Whose the key is need not be told.
        let enough = stage.stripe.add_restricted_key(&["account"]);
        let connected = app.connect(Some(&enough), Some(&url), "test").await?;
        assert_eq!(connected.account, None);
        Ok(())
    }

    async fn a_running_issuer_takes_up_a_key_that_is_kept(database: Database) -> Outcome {
        let mut setting = fresh();
        setting.environment.retain(|(name, _)| *name != "PAIDUP_SWEEP_EVERY");
        setting.environment.push(("PAIDUP_SWEEP_EVERY", "1d".to_owned()));
        setting.environment.push(("STRIPE_API_KEY", String::new()));
        let stage = Stage::with(database, setting).await?;
        // Nothing has brought this, since there is no endpoint of ours.
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let narrow = stage.stripe.add_restricted_key(&[]);
        let app = stage.issuer()?.app.clone();
        app.connect(Some(&narrow), Some(&hook(&stage)?), "test").await?;
        stage.vendor.first("license.created").await?;

        // It is revoked at Stripe, and replaced.
        stage.stripe.revoke_restricted_key(&narrow);
        app.sweep().await.unwrap_err();
        let ready = format!("{}/readyz", stage.url()?);
        assert_eq!(reqwest::get(&ready).await?.status(), 503);
        let other = stage.stripe.add_restricted_key(&[]);
        app.connect(Some(&other), Some(&hook(&stage)?), "test").await?;
        stage.stripe.buy(PLAN, "bob@example.com").await?;
        stage.vendor.nth("license.created", 2).await?;
        assert_eq!(reqwest::get(&ready).await?.status(), 200);
        Ok(())
    }

    async fn a_key_of_another_account_is_not_used(database: Database) -> Outcome {
        let mut stage = Stage::with(database, fresh()).await?;
        let url = hook(&stage)?;
        let app = stage.issuer()?.app.clone();
        let account = app.connect(None, Some(&url), "test").await?.account.unwrap();
        let foreign = fake_stripe::FakeStripe::builder().account("acct_other").start().await?;
        stage.switch_off().await?;
        let settings = &mut stage.settings_mut().stripe;
        settings.api_base = Some(foreign.base_url().to_owned());
        settings.api_key = Some(ApiKey::new(foreign.api_key()).unwrap());
        settings.sweep_every = Some(std::time::Duration::from_secs(86_400));
        stage.switch_on().await?;
        let ready = format!("{}/readyz", stage.url()?);
        let mut reply = reqwest::get(&ready).await?;
        while reply.status() == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            reply = reqwest::get(&ready).await?;
        }
        let text = reply.text().await?;
        assert!(text.contains("acct_other") && text.contains(&account), "{text}");
        let app = stage.issuer()?.app.clone();
        assert!(!app.has_key());
        assert_eq!(app.account(), Some(account));
        let refused = app.connect(Some(foreign.api_key()), Some(&url), "test").await;
        assert!(matches!(refused, Err(ConnectError::OtherAccount { .. })));
        foreign.stop().await;
        Ok(())
    }

    async fn an_app_built_as_in_the_readme_trusts_a_connected_issuer(database: Database) -> Outcome {
        const PUBLIC: &str = "https://licenses.example.com";
        let mut setting = Setting::default();
        setting.environment.push(("PAIDUP_PUBLIC_URL", String::new()));
        let mut stage = Stage::with(database, setting).await?;
        assert!(stage.issuer()?.app.is_issuer_unnamed());
        // Another process connects while this one runs.
        let app = stage.issuer()?.app.clone();
        let connected = app.connect(None, Some(&format!("{PUBLIC}/")), "test").await?;
        assert_eq!((connected.issuer.as_str(), connected.warning), (PUBLIC, None));
        stage.make_root().await?;
        let root = app.root_keys().await?.pop().ok_or("no root")?.to_base64url();
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;

        let client = Client::builder(PUBLIC, "notes")
            .root(&root)
            .test_mode()
            .url(stage.url()?)
            .fingerprint("machine-1")
            .store(MemoryStore::default())
            .clock({
                let clock = stage.clock.clone();
                move || UnixTime::from_secs(clock.now().0)
            })
            .build()?;
        client.activate(created.text("/data/key")).await?;
        assert!(client.allows("export"), "{:?}", client.check());

        // The name is fixed, and another address changes nothing about it.
        let moved = app.connect(None, Some("https://other.example.com"), "test").await?;
        assert_eq!(moved.issuer, PUBLIC);
        assert!(moved.warning.unwrap_or_default().contains("paidup serve --force"));
        stage.switch_off().await?;
        stage.switch_on().await?;
        assert_eq!(stage.issuer()?.app.issuer(), PUBLIC);
        Ok(())
    }
}
