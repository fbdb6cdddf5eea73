//! Texts that no database and no terminal should get.

use paidup_issuer::store::events::EventState;
use paidup_tests::{Failure, Reply, Stage, on_both_databases};
use serde_json::{Value, json};

async fn post(stage: &Stage, path: &str, body: &Value) -> Result<Reply, Failure> {
    let url = format!("{}{path}", stage.url()?);
    Reply::of(reqwest::Client::new().post(url).json(body).send().await?).await
}

on_both_databases! {
    async fn control_characters_of_an_app_are_refused_by_field(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let key = created.text("/data/key");
        for field in ["fingerprint", "nonce", "name", "platform"] {
            for text in ["a\u{0}b", "a\u{7}", "\u{1b}[31mred", "a\nb"] {
                let mut body = json!({ "key": key, "fingerprint": "fp", "nonce": "n" });
                body[field] = json!(text);
                let reply = post(&stage, "/api/v1/tokens", &body).await?;
                assert_eq!(reply.status, 400, "{field}: {}", reply.body);
                assert_eq!(reply.text("/details/field"), field);
            }
        }
        let body = json!({ "key": key, "fingerprint": "a\u{0}b" });
        let reply = post(&stage, "/api/v1/licenses/validate-key", &body).await?;
        assert_eq!((reply.status, reply.text("/details/field")), (400, "fingerprint"));
        let url = format!("{}/api/v1/machines/mac_%00", stage.url()?);
        let request = reqwest::Client::new().delete(url);
        let request = request.header("authorization", format!("License {key}"));
        let reply = Reply::of(request.send().await?).await?;
        assert_eq!(reply.status, 400, "{}", reply.body);
        Ok(())
    }

    async fn nul_in_stripes_texts_stops_no_license(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let hook = stage.hook()?;
        let event = json!({
            "id": "evt_nul", "object": "event", "type": "customer.updated", "created": stage.now(),
            "livemode": false, "api_version": "2026-06-24.dahlia",
            "data": { "object": {
                "id": "cus_nul", "object": "customer", "email": "a\u{0}da@example.com",
                "name": "A\u{0}da", "metadata": { "a\u{0}": "b\u{0}" },
            } },
        });
        let body = serde_json::to_vec(&event)?;
        let signature = hook.header(stage.now(), &body);
        let reply = hook.post(body, Some(&signature)).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let settled = stage
            .any_event(|event| event.arrival.id == "evt_nul" && event.state != EventState::Pending)
            .await?;
        assert_eq!(settled.state, EventState::Applied, "{:?}", settled.reason);
        stage.stripe.buy("price_growth_monthly", "bob@example.com").await?;
        stage.vendor.first("license.created").await?;
        Ok(())
    }
}
