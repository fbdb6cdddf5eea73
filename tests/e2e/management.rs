//! The management API: who is let in, and what connecting looks like from there.

use paidup_issuer::app::Scope;
use paidup_tests::{Failure, Reply, Setting, Stage, on_both_databases};
use serde_json::{Value, json};

const CONNECTION: &str = "/api/v1/stripe/connection";

async fn key(stage: &Stage, scopes: &[Scope], lasts: Option<i64>) -> Result<String, Failure> {
    let app = &stage.issuer()?.app;
    let (_, key) = app.create_api_key("a test", scopes, lasts).await?;
    Ok(key.to_string())
}

async fn get(stage: &Stage, key: &str) -> Result<Reply, Failure> {
    let url = format!("{}{CONNECTION}", stage.url()?);
    let request = reqwest::Client::new().get(url).bearer_auth(key);
    Reply::of(request.send().await?).await
}

async fn post(stage: &Stage, key: &str, body: &Value) -> Result<Reply, Failure> {
    let url = format!("{}{CONNECTION}", stage.url()?);
    let request = reqwest::Client::new().post(url).bearer_auth(key).json(body);
    Reply::of(request.send().await?).await
}

on_both_databases! {
    async fn only_a_good_key_is_let_in_and_only_for_its_scope(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let url = format!("{}{CONNECTION}", stage.url()?);
        let nobody = Reply::of(reqwest::get(&url).await?).await?;
        assert_eq!(nobody.error(), (401, "UNAUTHORIZED"));
        let reads = key(&stage, &[Scope::StripeRead], None).await?;
        assert!(reads.starts_with("lk_test_") && reads.len() == 51, "{reads}");
        for wrong in ["", "lk_test_", &reads[..50], &format!("{reads}0"), &reads.to_uppercase()] {
            assert_eq!(get(&stage, wrong).await?.error(), (401, "UNAUTHORIZED"), "{wrong}");
        }
        assert_eq!(get(&stage, &reads).await?.status, 200);
        let refused = post(&stage, &reads, &json!({})).await?;
        assert_eq!(refused.error(), (403, "FORBIDDEN"));
        assert!(refused.text("/error").contains("--scope stripe:write"));

        let brief = key(&stage, &[Scope::StripeRead], Some(60)).await?;
        assert_eq!(get(&stage, &brief).await?.status, 200);
        stage.advance(60);
        assert_eq!(get(&stage, &brief).await?.error(), (401, "UNAUTHORIZED"));

        let app = &stage.issuer()?.app;
        let mut db = app.store().read().await?;
        let rows = paidup_issuer::store::api_keys::list(&mut db).await?;
        drop(db);
        let row = rows.iter().find(|it| reads.ends_with(&it.hint)).ok_or("it is not listed")?;
        assert_eq!(row.last_used_at, Some(stage.now() - 60));
        assert!(app.revoke_api_key(&row.id).await?);
        assert!(!app.revoke_api_key(&row.id).await?);
        assert_eq!(get(&stage, &reads).await?.error(), (401, "UNAUTHORIZED"));
        Ok(())
    }

    async fn connecting_over_the_api(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.environment.push(("STRIPE_API_KEY", String::new()));
        setting.environment.push(("STRIPE_WEBHOOK_SECRET", String::new()));
        let stage = Stage::with(database, setting).await?;
        let ours = key(&stage, &[Scope::StripeRead, Scope::StripeWrite], None).await?;
        let before = get(&stage, &ours).await?;
        assert!(before.text("/data/problem").starts_with("there is no Stripe key"));

        let narrow = stage.stripe.add_restricted_key(&["charges"]);
        let refusals = [
            (json!({}), 400, "VALIDATION_ERROR"),
            (json!({ "apiKey": "pk_test_public" }), 400, "VALIDATION_ERROR"),
            (json!({ "apiKey": "rk_test_x", "url": "ftp://example.com" }), 400, "VALIDATION_ERROR"),
            (json!({ "apikey": "rk_test_x" }), 400, "VALIDATION_ERROR"),
            (json!({ "apiKey": "rk_live_1234567890" }), 422, "ENVIRONMENT_MISMATCH"),
            (json!({ "apiKey": "rk_test_nobody" }), 422, "STRIPE_KEY_REJECTED"),
            (json!({ "apiKey": narrow }), 422, "STRIPE_PERMISSIONS_MISSING"),
        ];
        for (body, status, code) in refusals {
            let refused = post(&stage, &ours, &body).await?;
            assert_eq!(refused.error(), (status, code), "{body}");
            let sent = body["apiKey"].as_str().unwrap_or("nothing was sent");
            assert!(!refused.body.to_string().contains(sent), "{:?}", refused.body);
        }
        let refused = post(&stage, &ours, &json!({ "apiKey": narrow })).await?;
        assert_eq!(refused.text("/details/missing/0/name"), "Charges");

        let body = json!({ "apiKey": stage.stripe.api_key(), "url": stage.url()? });
        let made = post(&stage, &ours, &body).await?;
        assert_eq!((made.status, made.text("/data/outcome")), (200, "created"));
        let again = post(&stage, &ours, &body).await?;
        assert_eq!(again.text("/data/outcome"), "kept");
        assert_eq!(again.text("/data/endpoint"), made.text("/data/endpoint"));

        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        assert_eq!(created.text("/data/stripe/account"), "acct_fake");
        let after = get(&stage, &ours).await?;
        assert_eq!(after.body["data"]["problem"], Value::Null);
        assert_eq!(after.text("/data/endpoints/0/id"), made.text("/data/endpoint"));
        assert!(!after.body.to_string().contains(stage.stripe.api_key()));
        Ok(())
    }
}
