//! One key for one purchase history: who comes back carries the license on, and what
//! was barred stays barred.

use fake_stripe::DisputeStatus;
use paidup_issuer::store::licenses::{self, LicenseRow};
use paidup_lifecycle::{Order, Status};
use paidup_tests::{DAY, Failure, Stage, on_both_databases};

const PLAN: &str = "price_growth_monthly";

async fn all(stage: &Stage) -> Result<Vec<LicenseRow>, Failure> {
    stage.idle().await?;
    Ok(licenses::list(&mut *stage.store()?.read().await?).await?)
}

on_both_databases! {
    async fn a_new_stripe_customer_of_the_same_address_carries_the_license_on(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let first = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.stripe.cancel(&first.subscription).await?;
        stage.vendor.first("license.updated").await?;
        stage.advance(DAY);
        let second = stage.stripe.buy(PLAN, " ADA@example.com").await?;
        assert_ne!(first.customer, second.customer);
        let lifted = stage.vendor.nth("license.updated", 2).await?;
        assert!(lifted.body["data"]["metadata"].get("graceEndsAt").is_none());
        let licenses = all(&stage).await?;
        assert_eq!(licenses.len(), 1);
        assert_eq!(licenses[0].subscription.as_deref(), Some(second.subscription.as_str()));
        assert_eq!(stage.vendor.told(), ["license.created", "license.updated", "license.updated"]);
        let why = stage.issuer()?.app.why(&licenses[0].id).await?.unwrap();
        assert_eq!(why.followed.len(), 1);
        assert!(why.followed[0].starts_with(&first.subscription));
        Ok(())
    }

    async fn an_end_that_is_told_late_does_no_harm(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let first = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        stage.stripe.hold_deliveries();
        stage.advance(DAY);
        stage.stripe.cancel(&first.subscription).await?;
        let late = stage.stripe.pending();
        stage.advance(10 * DAY);
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        for event in stage.stripe.pending() {
            if !late.contains(&event) {
                stage.stripe.deliver(&event).await?;
            }
        }
        let licenses = all(&stage).await?;
        assert_eq!(licenses.len(), 1, "the first one's end was asked for");
        stage.stripe.release_deliveries();
        stage.stripe.settled().await;
        let licenses = all(&stage).await?;
        assert_eq!(licenses.len(), 1);
        assert!(licenses[0].condition(stage.clock.now()).usable());
        Ok(())
    }

    async fn after_the_revocation_the_same_key_comes_back_to_life(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let first = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        stage.stripe.cancel(&first.subscription).await?;
        stage.vendor.first("license.updated").await?;
        stage.advance(8 * DAY);
        stage.vendor.first("license.revoked").await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        let back = stage.vendor.first("license.reinstated").await?;
        assert_eq!(back.text("/data/id"), created.text("/data/id"));
        assert_eq!(all(&stage).await?.len(), 1);
        Ok(())
    }

    async fn an_item_that_replaces_another_keeps_the_key(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy("price_starter_monthly", "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.stripe.replace_item(&bought.subscription, PLAN).await?;
        let updated = stage.vendor.first("license.updated").await?;
        assert_eq!(updated.text("/data/policy/name"), "growth_policy");
        assert_eq!(all(&stage).await?.len(), 1);
        // It was paid for as the item before: an end has its grace.
        stage.stripe.cancel(&bought.subscription).await?;
        stage.vendor.nth("license.updated", 2).await?;
        let licenses = all(&stage).await?;
        assert!(licenses[0].condition(stage.clock.now()).grace.is_some());
        Ok(())
    }

    async fn what_an_administrator_banned_stays_banned(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        let id = all(&stage).await?[0].id.clone();
        let app = stage.issuer()?.app.clone();
        app.order(&id, Some(Order::Ban)).await?;
        stage.vendor.first("license.revoked").await?;
        stage.stripe.renew(&bought.subscription).await?;
        stage.stripe.cancel(&bought.subscription).await?;
        stage.advance(DAY);
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.nth("license.created", 2).await?;
        let licenses = all(&stage).await?;
        let statuses: Vec<_> = licenses.iter().map(|it| it.condition(stage.clock.now()).status).collect();
        assert_eq!(statuses, [Status::Banned, Status::Active]);
        assert_eq!(licenses[1].state.flags.len(), 1);
        app.order(&id, None).await?;
        let license = &all(&stage).await?[0];
        assert!(license.condition(stage.clock.now()).grace.is_some(), "as its purchase makes it");
        Ok(())
    }

    async fn a_lost_dispute_is_told_and_explained(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        let dispute = stage.stripe.open_dispute(&bought.charge).await?;
        let suspended = stage.vendor.first("license.suspended").await?;
        assert_eq!(suspended.text("/data/reason"), "disputed");
        stage.stripe.close_dispute(&dispute, DisputeStatus::Lost).await?;
        stage.vendor.first("license.revoked").await?;
        let id = all(&stage).await?[0].id.clone();
        let why = stage.issuer()?.app.why(&id).await?.unwrap();
        let of_dispute = why.facts.iter().find(|it| it.object.key().as_str().starts_with("dispute:"));
        let events = stage.stripe.events();
        let told = events.iter().rev().find(|it| it.kind.starts_with("charge.dispute"));
        assert_eq!(of_dispute.unwrap().event, told.map(|it| it.id.clone()));
        assert_eq!(why.next, None);
        assert!(why.facts.iter().all(|it| it.event.is_some()), "{:#?}", why.facts);
        Ok(())
    }

    async fn a_deleted_customer_leaves_nothing_personal(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.stripe.buy(PLAN, "bob@example.com").await?;
        stage.vendor.nth("license.created", 2).await?;
        stage.stripe.delete_customer(&bought.customer).await?;
        stage.vendor.first("license.updated").await?;
        let licenses = all(&stage).await?;
        assert_eq!(licenses.len(), 2);
        let text = held(&stage).await?.to_lowercase();
        assert!(!text.contains("ada@example.com"), "{text}");
        assert!(text.contains("bob@example.com"), "he is somebody else");
        Ok(())
    }
}

/// Everything that the database holds in clear.
async fn held(stage: &Stage) -> Result<String, Failure> {
    let columns = [
        "SELECT body FROM stripe_events",
        "SELECT body FROM facts",
        "SELECT link FROM fact_links",
        "SELECT coalesce(email, '') || coalesce(name, '') FROM customers",
        "SELECT state || coalesce(told, '') FROM licenses",
        "SELECT detail FROM audit",
        "SELECT detail FROM audit_pending",
        "SELECT coalesce(last_error, '') FROM deliveries",
    ];
    let mut db = stage.store()?.read().await?;
    let mut held = String::new();
    for column in columns {
        for text in sqlx::query_scalar::<_, String>(column)
            .fetch_all(&mut *db)
            .await?
        {
            held.push_str(&text);
        }
    }
    Ok(held)
}
