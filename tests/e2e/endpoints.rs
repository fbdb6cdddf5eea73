//! A pending webhook follows its endpoint to another address, and waits while it has no endpoint.

use paidup_issuer::store::webhook_endpoints::{self, Waiting};
use paidup_tests::{DAY, Failure, Reply, Stage, Vendor, on_both_databases};

const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
const OTHER_SECRET: &str = "another secret of the vendor";

fn webhook(url: &str, secret: &str, more: &str) -> String {
    format!("[[webhooks]]\nurl = \"{url}\"\nsecret = \"{secret}\"\n{more}\n")
}

/// Something is bought while the vendor's app refuses every webhook.
async fn undelivered(stage: &Stage) -> Result<(), Failure> {
    stage.vendor.answer(&[500; 20]);
    stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    while stage.vendor.received().is_empty() {
        tokio::time::sleep(PAUSE).await;
    }
    stage.idle().await
}

/// The deliveries that wait, once they are as many.
async fn waiting(stage: &Stage, count: usize) -> Result<Vec<Waiting>, Failure> {
    let found = async {
        loop {
            let mut db = stage.store()?.read().await?;
            let waiting = webhook_endpoints::waiting(&mut db).await?;
            drop(db);
            if waiting.len() == count {
                return Ok::<_, Failure>(waiting);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), found).await?
}

on_both_databases! {
    async fn a_pending_webhook_follows_a_corrected_address(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        undelivered(&stage).await?;
        let corrected = Vendor::open().await?;
        stage.change_webhooks(&webhook(corrected.url(), stage.vendor_secret(), "")).await?;
        // At once, and not when the next attempt would have been due.
        let got = corrected.first("license.created").await?;
        let refused = stage.vendor.received();
        assert_eq!(got.header("webhook-id"), refused[0].header("webhook-id"));
        assert_eq!(got.raw, refused[0].raw);
        waiting(&stage, 0).await?;
        Ok(())
    }

    async fn a_correction_is_found_after_a_restart(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        undelivered(&stage).await?;
        stage.switch_off().await?;
        let corrected = Vendor::open().await?;
        let config = std::fs::read_to_string(stage.config())?;
        std::fs::write(stage.config(), config.replace(stage.vendor.url(), corrected.url()))?;
        stage.switch_on().await?;
        corrected.first("license.created").await?;
        Ok(())
    }

    async fn several_endpoints_are_told_apart_by_secret_or_name(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (bystander, corrected) = (Vendor::open().await?, Vendor::open().await?);
        let (own, named) = (stage.vendor_secret(), "name = \"shop\"");
        stage.change_webhooks(&webhook(stage.vendor.url(), own, "")).await?;
        undelivered(&stage).await?;
        let by_secret = [
            webhook(bystander.url(), OTHER_SECRET, ""),
            webhook(corrected.url(), own, named),
        ];
        stage.change_webhooks(&by_secret.concat()).await?;
        corrected.first("license.created").await?;

        // Now it has a name, by which it is found although its secret is another too.
        corrected.answer(&[500]);
        stage.stripe.buy("price_growth_monthly", "bob@example.com").await?;
        bystander.first("license.created").await?;
        while corrected.received().len() < 2 {
            tokio::time::sleep(PAUSE).await;
        }
        let third = Vendor::open().await?;
        let by_name = [
            webhook(bystander.url(), own, "name = \"bystander\""),
            webhook(third.url(), "yet another secret of the vendor", named),
        ];
        stage.change_webhooks(&by_name.concat()).await?;
        let got = third.first("license.created").await?;
        assert_eq!(got.text("/data/userEmail"), "bob@example.com");
        Ok(())
    }

    async fn a_webhook_without_endpoint_waits_until_it_is_back(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        undelivered(&stage).await?;
        stage.change_webhooks("").await?;
        let lost = waiting(&stage, 1).await?;
        assert_eq!((lost[0].url.as_str(), lost[0].count), (stage.vendor.url(), 1));
        let ready = Reply::of(reqwest::get(format!("{}/readyz", stage.url()?)).await?).await?;
        assert_eq!(ready.body["webhooksWaiting"], 1);
        let warning = ready.body["warnings"][0].as_str().unwrap_or_default();
        assert!(warning.contains(stage.vendor.url()), "{warning}");

        // Longer than all attempts take.
        stage.advance(20 * DAY);
        tokio::time::sleep(PAUSE * 60).await;
        let asked = stage.vendor.received().len();
        waiting(&stage, 1).await?;
        stage.vendor.answer(&[]);
        stage.change_webhooks(&webhook(stage.vendor.url(), OTHER_SECRET, "")).await?;
        while stage.vendor.received().len() == asked {
            tokio::time::sleep(PAUSE).await;
        }
        waiting(&stage, 0).await?;
        Ok(())
    }

    async fn after_thirty_days_it_is_given_up(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        undelivered(&stage).await?;
        stage.change_webhooks("").await?;
        waiting(&stage, 1).await?;
        stage.advance(30 * DAY + 1);
        waiting(&stage, 0).await?;
        let asked = stage.vendor.received().len();
        stage.change_webhooks(&webhook(stage.vendor.url(), OTHER_SECRET, "")).await?;
        tokio::time::sleep(PAUSE * 60).await;
        assert_eq!(stage.vendor.received().len(), asked);
        Ok(())
    }

    async fn an_endpoint_is_not_sent_what_it_was_promised_itself(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let other = Vendor::open().await?;
        let own = webhook(stage.vendor.url(), stage.vendor_secret(), "");
        let second = webhook(other.url(), stage.vendor_secret(), "");
        stage.change_webhooks(&format!("{own}{second}")).await?;
        undelivered(&stage).await?;
        other.first("license.created").await?;
        stage.change_webhooks(&second).await?;
        let lost = waiting(&stage, 1).await?;
        assert_eq!(lost[0].url, stage.vendor.url());
        Ok(())
    }

    async fn an_endpoint_is_not_sent_what_it_does_not_want(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        undelivered(&stage).await?;
        let other = Vendor::open().await?;
        let narrow = webhook(other.url(), stage.vendor_secret(), "events = [\"license.revoked\"]");
        stage.change_webhooks(&narrow).await?;
        waiting(&stage, 1).await?;
        assert!(other.received().is_empty());
        Ok(())
    }
}
