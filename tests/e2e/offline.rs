//! Machines that no network reaches, and files that are carried to them.

use paidup::{Code, LicenseFile};
use paidup_issuer::app::{Checkout, KeyChange, OfflineAnswer, Scope};
use paidup_tests::{DAY, Failure, Reply, Stage, on_both_databases};
use serde_json::json;

use super::client::key_of;

async fn carry(stage: &Stage, request: &str) -> Result<Reply, Failure> {
    let url = format!("{}/api/v1/offline/activate", stage.url()?);
    let body = json!({ "request": request });
    Reply::of(reqwest::Client::new().post(url).json(&body).send().await?).await
}

on_both_databases! {
    async fn an_air_gapped_machine_lives_a_whole_life(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let root = stage.make_root().await?;
        let key = key_of(&stage).await?;
        let mut vault = stage.computer("vault").await?;
        let request = vault.client.offline_request(Some(&key))?;
        vault.restart()?;
        let reply = carry(&stage, &request).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        stage.advance(DAY);
        vault.client.offline_install(reply.text("/data/response"))?;
        assert_eq!(vault.code(), "VALID");
        // Neither side takes the same text twice.
        assert_eq!(carry(&stage, &request).await?.error(), (409, "CONFLICT"));
        assert!(vault.client.offline_install(reply.text("/data/response")).is_err());

        // A renewal, through a rotation of the keys.
        stage.change_keys(&root, &KeyChange::Rotate).await?;
        stage.advance(20 * DAY);
        assert_eq!(vault.code(), "REFRESH_REQUIRED");
        let request = vault.client.offline_request(None)?;
        let answered = stage.issuer()?.app.answer_offline(&request).await?;
        let OfflineAnswer::Response(response) = answered else {
            return Err("no response".into());
        };
        vault.client.offline_install(&response)?;
        vault.restart()?;
        assert_eq!(vault.code(), "VALID");

        // And the seat given back.
        let receipt = vault.client.offline_deactivation()?;
        assert_eq!(vault.code(), "NO_LICENSE");
        assert_eq!(carry(&stage, &receipt).await?.body["data"]["deactivated"], true);
        assert_eq!(carry(&stage, &receipt).await?.error(), (409, "CONFLICT"));
        let desk = stage.computer("desk").await?;
        desk.client.activate(&key).await?;
        assert_eq!(desk.client.machines().await?.len(), 1, "the vault's seat is free");
        Ok(())
    }

    async fn a_renewal_never_activates(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let vault = stage.computer("vault").await?;
        vault.client.activate(&key).await?;
        let desk = stage.computer("desk").await?;
        desk.client.activate(&key).await?;
        let seats = desk.client.machines().await?;
        let other = seats.iter().find(|it| !it.this_machine).ok_or("no other seat")?;
        desk.client.free(&other.id).await?;
        let request = vault.client.offline_request(None)?;
        let reply = carry(&stage, &request).await?;
        let answer = vault.client.offline_install(reply.text("/data/response"))?;
        assert_eq!(answer.code(), Code::Revoked, "a signed refusal");
        Ok(())
    }

    async fn what_is_no_request_says_so(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let vault = stage.computer("vault").await?;
        let request = vault.client.offline_request(Some(&key))?;
        let cut = &request[..request.len() - 5];
        for text in ["", "hello", cut] {
            assert_eq!(carry(&stage, text).await?.error(), (400, "MALFORMED"), "{text}");
        }
        let large = "x".repeat(5000);
        assert_eq!(carry(&stage, &large).await?.error(), (400, "TOO_LARGE"));
        let wrapped = format!("  {}\r\n{}\n", &request[..60], &request[60..]);
        assert_eq!(carry(&stage, &wrapped).await?.status, 200);
        Ok(())
    }

    async fn a_license_file_is_made_for_one_machine(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.make_root().await?;
        key_of(&stage).await?;
        let created = stage.vendor.first("license.created").await?;
        let id = created.text("/data/id").to_owned();
        let app = &stage.issuer()?.app;
        let (_, api_key) = app.create_api_key("files", &[Scope::LicensesWrite], None).await?;
        let url = format!("{}/api/v1/licenses/{id}/checkout", stage.url()?);
        let body = json!({ "fingerprint": "vault", "ttl": 30 * DAY });
        let request = reqwest::Client::new().post(&url).bearer_auth(&*api_key).json(&body);
        let reply = Reply::of(request.send().await?).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let file = reply.text("/data/certificate");
        assert!(LicenseFile::parse(file)?.keyset.is_some());

        let mut vault = stage.computer("vault").await?;
        vault.client.offline_install(file)?;
        vault.restart()?;
        assert_eq!(vault.code(), "VALID");
        stage.advance(30 * DAY - 1);
        assert_eq!(vault.code(), "VALID");
        stage.advance(1);
        assert_eq!(vault.code(), "REFRESH_REQUIRED");
        let other = stage.computer("other").await?;
        let refused = other.client.offline_install(file).unwrap_err();
        assert_eq!(refused.code(), Code::FingerprintMismatch);

        let nobody = reqwest::Client::new().post(&url).json(&body).send().await?;
        assert_eq!(Reply::of(nobody).await?.error(), (401, "UNAUTHORIZED"));
        let none = Checkout { fingerprint: None, ttl: None };
        assert!(app.checkout(&id, &none).await.is_err(), "this policy counts machines");
        let long = Checkout { fingerprint: Some("vault".into()), ttl: Some(401 * DAY) };
        assert!(app.checkout(&id, &long).await.is_err());
        Ok(())
    }
}
