//! A purchase becomes a license, once.

use fake_stripe::{Checkout, Event};
use paidup_issuer::store::licenses;
use paidup_tests::{Stage, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn a_checkout_becomes_a_license_and_the_vendor_hears_of_it(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let purchase = stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;

        assert_eq!(created.text("/data/status"), "active");
        assert_eq!(created.text("/data/policy/name"), "growth_policy");
        assert_eq!(created.text("/data/email"), "ada@example.com");
        assert_eq!(created.text("/data/customer/stripeCustomer"), purchase.customer);
        assert_eq!(created.text("/data/stripe/subscription"), purchase.subscription);
        assert_eq!(
            created.body["data"]["entitlements"],
            json!(["api_access", "export", "premium_analytics"])
        );
        let key = created.text("/data/key");
        assert!(key.starts_with("NOTES-"), "{key}");
        assert!(created.text("/data/renewsAt") > created.text("/createdAt"));

        stage.idle().await?;
        let rows = licenses::list(&mut *stage.store()?.read().await?).await?;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].id, created.text("/data/id"));
        assert_eq!(stage.issuer()?.app.license_key(&rows[0])?, key);
        Ok(())
    }

    async fn the_session_is_named_although_its_event_comes_last(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        let offer = Checkout::subscription("price_growth_monthly")
            .email("ada@example.com")
            .client_reference_id("user-4711")
            .metadata("campaign", "autumn")
            .subscription_metadata("seat_owner", "Ada");
        let session = stage.stripe.checkout(offer)?;
        stage.stripe.complete_checkout(&session).await?;
        let is_last = |event: &&Event| event.kind == "checkout.session.completed";
        let events = stage.stripe.events();
        let (last, first): (Vec<&Event>, Vec<&Event>) = events.iter().partition(is_last);
        assert_eq!(last.len(), 1);
        for event in first {
            stage.stripe.deliver(&event.id).await?;
        }
        let created = stage.vendor.first("license.created").await?;
        let purchase = json!({
            "session": created.text("/data/stripe/session"),
            "sessionMetadata": created.body["data"]["stripe"]["sessionMetadata"],
            "subscriptionMetadata": created.body["data"]["stripe"]["subscriptionMetadata"],
            "clientReferenceId": created.text("/data/clientReferenceId"),
        });
        let expected = json!({
            "session": session,
            "sessionMetadata": { "campaign": "autumn" },
            "subscriptionMetadata": { "seat_owner": "Ada" },
            "clientReferenceId": "user-4711",
        });
        assert_eq!(purchase, expected);
        stage.stripe.deliver(&last[0].id).await?;
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created"]);
        let rows = licenses::list(&mut *stage.store()?.read().await?).await?;
        assert_eq!(rows[0].origin.session.as_ref(), Some(&session));
        Ok(())
    }

    async fn two_customers_get_two_licenses_and_two_keys(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        stage.stripe.buy("price_starter_monthly", "bob@example.com").await?;
        let second = stage.vendor.nth("license.created", 2).await?;
        stage.idle().await?;
        assert_eq!(second.text("/data/policy/name"), "starter_policy");
        let rows = licenses::list(&mut *stage.store()?.read().await?).await?;
        assert_eq!(rows.len(), 2);
        assert_ne!(rows[0].key_hash, rows[1].key_hash);
        assert_ne!(rows[0].customer_id, rows[1].customer_id);
        Ok(())
    }

    async fn every_event_three_times_over_is_still_one_license(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let events = stage.stripe.pending();
        for event in events.iter().rev().chain(&events).chain(&events) {
            for delivery in stage.stripe.deliver(event).await? {
                assert_eq!(delivery.status, Some(200));
            }
        }
        stage.idle().await?;
        stage.vendor.first("license.created").await?;
        let rows = licenses::list(&mut *stage.store()?.read().await?).await?;
        assert_eq!(rows.len(), 1);
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }

    async fn a_lost_event_is_made_up_for_by_the_others(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.hold_deliveries();
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let arrives = ["checkout.session.completed", "customer.subscription.created", "invoice.paid"];
        for event in stage.stripe.events() {
            // One event alone, whichever it is: the rest is asked for.
            if event.kind == arrives[0] {
                stage.stripe.deliver(&event.id).await?;
            }
        }
        let created = stage.vendor.first("license.created").await?;
        assert_eq!(created.text("/data/status"), "active");
        assert_eq!(created.text("/data/email"), "ada@example.com");
        Ok(())
    }

    async fn the_license_outlives_a_restart(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let mut app = stage.app(Some("machine-1"))?;
        app.activate(created.text("/data/key")).await?;
        let key = stage.issuer()?.app.signing_key();
        stage.switch_off().await?;
        assert_eq!(app.look(stage.now()), ("VALID", true));

        stage.switch_on().await?;
        assert_eq!(stage.issuer()?.app.signing_key(), key);
        assert_eq!(app.refresh().await?.status, 200);
        assert_eq!(app.look(stage.now()), ("VALID", true));
        Ok(())
    }
}
