//! The history of a license and what is outstanding around it, as `paidup why` has it.

use paidup_issuer::app::{LookupError, Note, Step, Why};
use paidup_issuer::store::events::EventState;
use paidup_issuer::store::licenses;
use paidup_lifecycle::{GraceReason, Order, Reason, Status, Timestamp};
use paidup_tests::{DAY, Failure, Stage, on_both_databases};
use serde_json::json;

const PLAN: &str = "price_growth_monthly";

async fn why(stage: &Stage) -> Result<Why, Failure> {
    stage.idle().await?;
    let all = licenses::list(&mut *stage.store()?.read().await?).await?;
    let why = stage.issuer()?.app.why(&all[0].id).await?;
    Ok(why.ok_or("there is no license")?)
}

/// The statuses of the steps that changed something.
fn statuses(why: &Why) -> Vec<(Status, Option<Reason>)> {
    let status = |step: &Step| (step.after.status, step.after.reason);
    let mut statuses: Vec<_> = why.history.iter().map(status).collect();
    statuses.dedup();
    statuses
}

/// The types of the events that prompted the step that came to this status.
fn kinds(why: &Why, status: Status) -> Vec<&str> {
    let came_to = |step: &&Step| {
        let before = step.before.as_ref().map(|before| before.status);
        step.after.status == status && before != Some(status)
    };
    let step = why.history.iter().rfind(came_to).unwrap();
    let kind = |event: &'_ paidup_issuer::app::StepEvent| event.kind.clone();
    assert!(step.events.iter().all(|event| kind(event).is_some()));
    let kinds = step.events.iter().filter_map(|event| event.kind.as_deref());
    kinds.collect()
}

on_both_databases! {
    async fn each_step_has_its_moment_by_stripe_and_by_us(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        stage.advance(30 * DAY);
        stage.stripe.hold_deliveries();
        stage.stripe.fail_renewal(&bought.subscription).await?;
        let failed_at = Timestamp(stage.now());
        stage.advance(7200);
        stage.stripe.release_deliveries();
        stage.vendor.first("license.suspended").await?;
        let recorded_at = Timestamp(stage.now());
        stage.idle().await?;
        stage.advance(DAY);
        stage.stripe.pay_latest_invoice(&bought.subscription).await?;
        stage.vendor.first("license.reinstated").await?;

        let why = why(&stage).await?;
        let failed = (Status::Suspended, Some(Reason::PaymentFailed));
        assert_eq!(statuses(&why), [(Status::Active, None), failed, (Status::Active, None)]);
        let suspended = why.history.iter().find(|step| step.after.status == Status::Suspended);
        let suspended = suspended.unwrap();
        assert_eq!((suspended.at, suspended.recorded_at), (failed_at, recorded_at));
        assert_eq!(suspended.actor, "stripe");
        for kind in kinds(&why, Status::Suspended) {
            let of_the_failure = kind.starts_with("invoice.") || kind.starts_with("customer.subscription.");
            assert!(of_the_failure, "{kind}");
        }
        assert_eq!(why.since, Timestamp(stage.now()));
        Ok(())
    }

    async fn time_and_an_administrator_are_named_and_need_no_event(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let app = stage.issuer()?.app.clone();
        app.order(created.text("/data/id"), Some(Order::Suspend)).await?;
        app.order(created.text("/data/id"), None).await?;
        stage.idle().await?;
        stage.stripe.cancel(&bought.subscription).await?;
        stage.vendor.first("license.updated").await?;
        let over = Timestamp(stage.now() + 7 * DAY);
        stage.advance(8 * DAY);
        stage.vendor.first("license.revoked").await?;
        let why = why(&stage).await?;
        assert_eq!(statuses(&why), [
            (Status::Active, None),
            (Status::Suspended, Some(Reason::Administrator)),
            (Status::Active, None),
            (Status::Revoked, Some(Reason::Canceled)),
        ]);
        let ordered = why.history.iter().find(|step| step.actor == "administrator").unwrap();
        assert_eq!(ordered.after.order, Some(Order::Suspend));
        let grace = why.history.iter().find(|step| step.after.grace_ends_at.is_some()).unwrap();
        assert_eq!(grace.after.grace_reason, Some(GraceReason::Canceled));
        assert_eq!(grace.after.grace_ends_at, Some(over));
        let last = why.history.last().unwrap();
        assert_eq!((last.actor.as_str(), last.at), ("time", over));
        assert!(last.events.is_empty());
        Ok(())
    }

    async fn another_purchase_of_the_customer_prompts_nothing_here(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let first = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.idle().await?;
        let starter = "price_starter_monthly";
        let second = stage.stripe.subscribe(&first.customer, starter, fake_stripe::Outcome::Succeeds).await?;
        stage.vendor.nth("license.created", 2).await?;
        stage.idle().await?;
        // Both change in one batch.
        stage.stripe.hold_deliveries();
        stage.advance(60);
        stage.stripe.pause(&second).await?;
        let paused = stage.stripe.pending();
        stage.stripe.refund(&first.charge, None).await?;
        stage.stripe.release_deliveries();
        stage.vendor.first("license.revoked").await?;
        stage.vendor.first("license.suspended").await?;
        stage.idle().await?;
        let app = &stage.issuer()?.app;
        let found = app.look_up(&first.subscription).await?;
        let why = app.why(&found[0].license.id).await?.unwrap();
        let revoked = why.history.last().unwrap();
        assert_eq!(revoked.after.reason, Some(Reason::Refunded));
        assert!(!revoked.events.is_empty());
        for event in &revoked.events {
            assert!(!paused.contains(&event.id), "{revoked:?}");
        }
        Ok(())
    }

    async fn a_removed_item_and_an_unmapped_price_are_named(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let product = stage.stripe.create_product("Something else")?;
        let interval = Some(fake_stripe::Interval::Month);
        stage.stripe.create_price(&product, "price_else", 100, interval)?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        stage.idle().await?;
        let came = stage.stripe.replace_item(&bought.subscription, "price_else").await?;
        let updated = stage.vendor.first("license.updated").await?;
        assert!(updated.text("/data/metadata/graceEndsAt").starts_with("20"));
        let app = &stage.issuer()?.app;
        let event = stage.any_event(|event| event.state == EventState::Parked).await?;
        let why = app.why(updated.text("/data/id")).await?.unwrap();
        let item = format!("{}/{}", bought.subscription, created.text("/data/stripe/item"));
        assert!(why.notes.contains(&Note::ItemRemoved { item }), "{:?}", why.notes);
        let unmapped = Note::PriceUnmapped {
            item: format!("{}/{came}", bought.subscription),
            price: "price_else".to_owned(),
        };
        assert!(why.notes.contains(&unmapped), "{:?}", why.notes);
        let waits = |note: &Note| matches!(note, Note::EventWaits { event: id, .. } if *id == event.arrival.id);
        assert!(why.notes.iter().any(waits), "{:?}", why.notes);
        assert!(why.history.last().unwrap().after.removed);
        Ok(())
    }

    async fn a_bills_due_date_is_named(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.stripe.fail_renewal(&bought.subscription).await?;
        stage.vendor.first("license.suspended").await?;
        stage.idle().await?;
        let events = stage.stripe.events();
        let failed = events.iter().rfind(|event| event.kind == "invoice.payment_failed").unwrap();
        let mut body = stage.stripe.event_body(&failed.id, "2026-10-28.endive")?;
        stage.advance(60);
        body["id"] = json!("evt_due");
        body["created"] = json!(stage.now());
        body["data"]["object"]["due_date"] = json!(stage.now() + 14 * DAY);
        stage.hook()?.send(&body, stage.now()).await?;
        stage.event("evt_due", EventState::Applied).await?;
        let why = why(&stage).await?;
        let due = why.notes.iter().find_map(|note| match note {
            Note::BillOpen { due_at, .. } => *due_at,
            _ => None,
        });
        assert_eq!(due, Some(Timestamp(stage.now() + 14 * DAY)), "{:?}", why.notes);
        Ok(())
    }

    async fn a_license_that_was_carried_on_is_found_by_either_purchase(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let first = stage.stripe.buy(PLAN, "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        stage.stripe.cancel(&first.subscription).await?;
        stage.vendor.first("license.updated").await?;
        stage.advance(8 * DAY);
        stage.vendor.first("license.revoked").await?;
        let second = stage.stripe.buy(PLAN, "Ada@example.com ").await?;
        stage.vendor.first("license.reinstated").await?;
        let app = &stage.issuer()?.app;
        let id = created.text("/data/id");
        for sought in [
            &first.subscription, &first.customer, &second.subscription, &second.customer,
            "ada@EXAMPLE.com", &first.session,
        ] {
            let matches = app.look_up(sought).await?;
            let found: Vec<_> = matches.iter().map(|found| found.license.id.as_str()).collect();
            assert_eq!(found, [id], "{sought}");
        }
        Ok(())
    }

    async fn what_is_not_paid_for_is_told_from_what_is_not_known(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let customer = stage.stripe.create_customer("eve@example.com").await?;
        let declined = fake_stripe::Outcome::Fails;
        let open = stage.stripe.subscribe(&customer, PLAN, declined).await?;
        stage.idle().await?;
        let app = &stage.issuer()?.app;
        let unpaid = app.look_up(&open).await.unwrap_err();
        assert!(matches!(unpaid, LookupError::Unpaid(_)), "{unpaid}");
        let unknown = app.look_up("sub_unknown").await.unwrap_err();
        assert!(matches!(unknown, LookupError::Unknown(_)), "{unknown}");
        Ok(())
    }
}
