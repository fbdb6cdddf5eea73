//! `POST /api/v1/tokens`, `/api/v1/tokens/refresh` and `/api/v1/licenses/validate-key`.

use paidup::UnixTime;
use paidup_tests::{App, Database, Failure, Outcome, Reply, Setting, Stage, on_both_databases};
use serde_json::{Value, json};

const NO_SUCH_KEY: &str = "NOTES-00000-00000-00000-00000-00000-00000";

async fn key_of(stage: &Stage) -> Result<String, Failure> {
    stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    let created = stage.vendor.first("license.created").await?;
    Ok(created.text("/data/key").to_owned())
}

/// A well-formed key that no license has.
fn unknown_key() -> Result<String, Failure> {
    Ok(paidup::LicenseKey::from_entropy("NOTES", &[7; 15])?
        .canonical()
        .to_owned())
}

/// The app's request, with the members that a test changes.
async fn ask(app: &App, key: &str, changes: Value) -> Result<Reply, Failure> {
    let mut body = json!({ "key": key, "fingerprint": "machine-1" });
    for (name, value) in changes.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    app.post("/api/v1/tokens", &body).await
}

on_both_databases! {
    async fn a_token_is_bound_to_its_machine(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut app = stage.app(Some("machine-1"))?;
        let reply = app.activate(&key).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.text("/data/machine/fingerprint"), "machine-1");
        assert_eq!(reply.text("/data/license/status"), "active");
        // Whoever has the key need not be who paid.
        assert!(reply.body["data"]["license"].get("userEmail").is_none());
        assert!(reply.body["data"]["license"].get("key").is_none());
        let other = stage.app(Some("machine-2"))?;
        let refused = other.verify(&app.token).unwrap_err();
        assert_eq!(refused.code().as_str(), "FINGERPRINT_MISMATCH");
        Ok(())
    }

    async fn a_key_is_read_as_people_type_it(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let app = stage.app(Some("machine-1"))?;
        for typed in [key.to_lowercase(), key.replace('-', " "), format!("  {key}\n")] {
            assert_eq!(ask(&app, &typed, json!({})).await?.status, 200, "{typed}");
        }
        Ok(())
    }

    async fn activation_twice_is_one_machine_and_a_newer_token(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let app = stage.app(Some("machine-1"))?;
        let first = ask(&app, &key, json!({})).await?;
        let second = ask(&app, &key, json!({ "name": "Renamed" })).await?;
        assert_eq!(first.text("/data/machine/id"), second.text("/data/machine/id"));
        assert_eq!(second.text("/data/machine/name"), "Renamed");
        assert_ne!(first.text("/data/token"), second.text("/data/token"));
        Ok(())
    }

    async fn what_a_policy_counts_needs_a_fingerprint(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let app = stage.app(None)?;
        let reply = ask(&app, &key, json!({ "fingerprint": null })).await?;
        assert_eq!(reply.error(), (422, "FINGERPRINT_REQUIRED"));
        Ok(())
    }

    async fn a_key_that_is_not_there_and_one_that_is_none(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let app = stage.app(Some("machine-1"))?;
        let unknown = unknown_key()?;
        assert_eq!(ask(&app, &unknown, json!({})).await?.error(), (404, "NOT_FOUND"));
        for typed in ["", NO_SUCH_KEY, "what?", &"N".repeat(1000), "NOTES-\u{0}"] {
            let reply = ask(&app, typed, json!({})).await?;
            assert_eq!(reply.error(), (422, "LICENSE_KEY_MALFORMED"), "{typed:?}");
        }
        Ok(())
    }

    async fn an_unknown_key_validates_to_not_found(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let app = stage.app(None)?;
        let unknown = unknown_key()?;
        for key in [unknown.as_str(), "no key at all"] {
            let reply = app.validate(&json!({ "key": key })).await?;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.body["data"]["valid"], json!(false));
            assert_eq!(reply.text("/data/code"), "NOT_FOUND");
        }
        Ok(())
    }

    async fn validation_knows_machines_and_entitlements(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut app = stage.app(Some("machine-1"))?;
        app.activate(&key).await?;
        let cases = [
            (json!({}), "VALID"),
            (json!({ "fingerprint": "machine-1" }), "VALID"),
            (json!({ "fingerprint": "machine-2" }), "FINGERPRINT_NOT_FOUND"),
            (json!({ "entitlements": ["export", "api_access"] }), "VALID"),
            (json!({ "entitlements": ["export", "teleport"] }), "ENTITLEMENTS_MISSING"),
        ];
        for (mut body, expected) in cases {
            body["key"] = json!(key);
            let reply = app.validate(&body).await?;
            assert_eq!(reply.text("/data/code"), expected, "{body}");
            assert_eq!(reply.body["data"]["valid"], json!(expected == "VALID"));
            assert!(reply.body["data"]["license"].get("customer").is_none());
        }
        Ok(())
    }

    async fn a_token_that_ran_out_can_still_be_refreshed(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut app = stage.app(Some("machine-1"))?;
        app.activate(&key).await?;
        stage.advance(20 * paidup_tests::DAY);
        assert_eq!(app.look(stage.now()), ("REFRESH_REQUIRED", false));
        assert_eq!(app.refresh().await?.status, 200);
        assert_eq!(app.look(stage.now()), ("VALID", true));
        Ok(())
    }

    async fn only_our_own_tokens_are_refreshed(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut app = stage.app(Some("machine-1"))?;
        app.activate(&key).await?;
        let own = app.token.clone();
        let elsewhere = Stage::set(database).await?;
        let elsewhere_key = key_of(&elsewhere).await?;
        let mut stranger = elsewhere.app(Some("machine-1"))?;
        stranger.activate(&elsewhere_key).await?;
        let (head, _) = own.rsplit_once('.').unwrap();
        let unsigned = format!("{head}.{}", "A".repeat(86));
        let cases = [
            (stranger.token.as_str(), "UNKNOWN_KEY"),
            (unsigned.as_str(), "SIGNATURE_INVALID"),
            ("", "MALFORMED"),
            ("a.b.c", "MALFORMED"),
        ];
        for (token, code) in cases {
            let reply = app.post("/api/v1/tokens/refresh", &json!({ "token": token })).await?;
            assert_eq!(reply.error(), (401, code), "{token}");
        }
        Ok(())
    }

    async fn a_machine_that_was_never_activated_gets_a_signed_refusal(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let app = stage.app(Some("machine-9"))?;
        let url = format!("{}/api/v1/tokens/refresh", app.issuer);
        let reply = reqwest::Client::new()
            .post(url)
            .header("authorization", format!("License {key}"))
            .json(&json!({ "fingerprint": "machine-9" }))
            .send()
            .await?;
        assert_eq!(reply.status(), 200);
        let body: Value = reply.json().await?;
        let token = body["data"]["token"].as_str().unwrap();
        let license = app.verify(token)?;
        let now = UnixTime::from_secs(stage.now());
        assert_eq!(license.standing(now).code().as_str(), "REVOKED");
        assert_eq!(license.claims().reason.as_deref(), Some("machine_deactivated"));
        Ok(())
    }

    async fn a_nonce_comes_back_signed(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let app = stage.app(Some("machine-1"))?;
        let reply = ask(&app, &key, json!({ "nonce": "once" })).await?;
        let license = app.verify(reply.text("/data/token"))?;
        assert_eq!(license.claims().nonce.as_deref(), Some("once"));
        for nonce in [String::new(), "n".repeat(129)] {
            let reply = ask(&app, &key, json!({ "nonce": nonce })).await?;
            assert_eq!(reply.error(), (400, "VALIDATION_ERROR"));
        }
        Ok(())
    }
}

/// A stage whose Growth Plan may be used on any number of machines.
async fn uncounted() -> Result<Stage, Failure> {
    let mut setting = Setting::default();
    setting.catalog.max_machines = None;
    Stage::with(Database::Sqlite, setting).await
}

#[tokio::test]
async fn a_policy_that_counts_nothing_needs_no_fingerprint() -> Outcome {
    let stage = uncounted().await?;
    let key = key_of(&stage).await?;
    let mut app = stage.app(None)?;
    assert_eq!(app.activate(&key).await?.status, 200);
    assert_eq!(app.look(stage.now()), ("VALID", true));
    for n in 0..5 {
        let mut named = stage.app(Some(&format!("machine-{n}")))?;
        assert_eq!(named.activate(&key).await?.status, 200, "nobody counts");
    }
    Ok(())
}

#[tokio::test]
async fn a_policy_that_says_nothing_of_machines_is_for_one() -> Outcome {
    let stage = Stage::set(Database::Sqlite).await?;
    let plan = "price_starter_monthly";
    stage.stripe.buy(plan, "ada@example.com").await?;
    let created = stage.vendor.first("license.created").await?;
    let key = created.text("/data/key");
    let mut nameless = stage.app(None)?;
    let refused = nameless.activate(key).await?;
    assert_eq!(refused.error(), (422, "FINGERPRINT_REQUIRED"));
    assert_eq!(stage.app(Some("one"))?.activate(key).await?.status, 200);
    let second = stage.app(Some("two"))?.activate(key).await?;
    assert_eq!(second.error(), (422, "MACHINE_LIMIT_EXCEEDED"));
    Ok(())
}

#[tokio::test]
async fn a_reissued_key_ends_unbound_tokens_too() -> Outcome {
    let stage = uncounted().await?;
    let key = key_of(&stage).await?;
    let created = stage.vendor.first("license.created").await?;
    let mut app = stage.app(None)?;
    app.activate(&key).await?;
    let new = stage
        .issuer()?
        .app
        .reissue_key(created.text("/data/id"))
        .await?;
    assert_eq!(app.refresh().await?.status, 200);
    let refusal = app.verify(&app.token)?;
    assert_eq!(app.look(stage.now()), ("REVOKED", false));
    assert_eq!(refusal.claims().reason.as_deref(), Some("key_reissued"));
    app.activate(&new).await?;
    app.refresh().await?;
    assert_eq!(app.look(stage.now()), ("VALID", true));
    Ok(())
}
