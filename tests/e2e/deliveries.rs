//! Outgoing webhooks: signed twice over, and repeated until they are taken.

use hmac::{Hmac, KeyInit, Mac};
use paidup_tests::{Stage, on_both_databases};
use sha2::Sha256;

const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

on_both_databases! {
    async fn both_signatures_hold_and_a_changed_body_breaks_them(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let got = stage.vendor.first("license.created").await?;

        // Standard Webhooks, checked by its own reference library.
        let standard = standardwebhooks::Webhook::new(stage.vendor_secret())?;
        let signed = |body: &str| {
            standard.sign(got.header("webhook-id"), stage.now(), body.as_bytes())
        };
        assert_eq!(got.header("webhook-signature"), signed(&got.raw)?);
        let changed = got.raw.replace("growth_policy", "golden_policy");
        assert_ne!(got.header("webhook-signature"), signed(&changed)?);
        assert_eq!(got.header("webhook-id"), got.text("/id"));
        assert_eq!(got.header("webhook-timestamp"), stage.now().to_string());

        // The guide's: hexadecimal HMAC over time and body.
        let mut mac = Hmac::<Sha256>::new_from_slice(stage.vendor_secret().as_bytes())?;
        mac.update(format!("{}.{}", got.header("x-licentric-timestamp"), got.raw).as_bytes());
        let tag: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(got.header("x-licentric-signature"), tag);
        Ok(())
    }

    async fn what_the_vendor_refuses_comes_again_under_the_same_id(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.vendor.answer(&[500, 404]);
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        while stage.vendor.received().is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        stage.idle().await?;
        assert!(stage.vendor.told().is_empty());
        // A refusal is noted a moment after it was given, and only then the pause begins.
        while stage.vendor.told().is_empty() {
            stage.advance(60);
            tokio::time::sleep(PAUSE).await;
        }
        let got = stage.vendor.first("license.created").await?;
        let all = stage.vendor.received();
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|it| it.header("webhook-id") == got.header("webhook-id")));
        assert!(all.iter().all(|it| it.raw == got.raw));
        // Signed anew each time.
        assert_ne!(all[0].header("webhook-signature"), got.header("webhook-signature"));
        Ok(())
    }

    async fn a_promise_survives_a_restart(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        stage.vendor.answer(&[503]);
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        stage.idle().await?;
        while stage.vendor.received().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stage.switch_off().await?;
        stage.advance(60);
        stage.switch_on().await?;
        stage.vendor.first("license.created").await?;
        Ok(())
    }

    async fn a_target_that_is_gone_is_asked_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.vendor.answer(&[410]);
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        stage.idle().await?;
        while stage.vendor.received().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        for _ in 0..3 {
            stage.advance(100_000);
            tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        }
        assert_eq!(stage.vendor.received().len(), 1);
        Ok(())
    }
}
