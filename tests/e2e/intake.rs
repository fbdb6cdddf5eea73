//! `POST /webhooks/stripe`: what is taken in, and what is not.

use paidup_issuer::store::events::EventState;
use paidup_tests::{Hook, Outcome, Setting, Stage, event, on_both_databases};
use serde_json::{Value, json};

const PLAN: &str = "price_growth_monthly";

fn anything(id: &str) -> Value {
    event(
        id,
        "balance.available",
        1_790_000_000,
        &json!({ "object": "balance" }),
    )
}

on_both_databases! {
    async fn a_signed_event_is_stored_and_a_duplicate_has_no_effect(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let hook = stage.hook()?;
        let first = hook.send(&anything("evt_1"), stage.now()).await?;
        assert_eq!((first.status, &first.body["duplicate"]), (200, &json!(false)));
        for _ in 0..1000 {
            let again = hook.send(&anything("evt_1"), stage.now()).await?;
            assert_eq!((again.status, &again.body["duplicate"]), (200, &json!(true)));
        }
        stage.event("evt_1", EventState::Ignored).await?;
        assert_eq!(stage.events().await?.len(), 1);
        Ok(())
    }

    async fn nothing_unsigned_is_stored(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (hook, now) = (stage.hook()?, stage.now());
        let body = anything("evt_1").to_string().into_bytes();
        let v1 = |secret: &str, t: i64| hook.signature(secret, t, &body);
        let good = v1(stage.stripe_secret(), now);
        let refused = [
            ("no header", None),
            ("empty", Some(String::new())),
            ("another secret", Some(format!("t={now},v1={}", v1("whsec_other", now)))),
            ("another time than was signed", Some(format!("t={},v1={good}", now + 1))),
            ("too old", Some(hook.header(now - 301, &body))),
            ("from the future", Some(hook.header(now + 301, &body))),
            ("another scheme", Some(format!("t={now},v0={good}"))),
            ("no time", Some(format!("v1={good}"))),
            ("two times", Some(format!("t={now},t={now},v1={good}"))),
            ("time that is no number", Some(format!("t=now,v1={good}"))),
            ("cut short", Some(format!("t={now},v1={}", &good[..63]))),
            ("words", Some("please".to_owned())),
        ];
        for (what, header) in refused {
            let reply = hook.post(body.clone(), header.as_deref()).await?;
            assert_eq!(reply.error(), (400, "SIGNATURE_INVALID"), "{what}");
        }
        let mut changed = body.clone();
        changed.push(b' ');
        let reply = hook.post(changed, Some(&format!("t={now},v1={good}"))).await?;
        assert_eq!(reply.error(), (400, "SIGNATURE_INVALID"));
        assert!(stage.events().await?.is_empty());
        Ok(())
    }

    async fn what_is_signed_but_no_event_is_refused_and_not_stored(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let hook = stage.hook()?;
        let mut no_id = anything("evt_1");
        no_id["id"] = json!(7);
        let mut no_object = anything("evt_1");
        no_object["data"] = json!({});
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let bodies: [Vec<u8>; 9] = [
            Vec::new(),
            b"{".to_vec(),
            b"null".to_vec(),
            b"[]".to_vec(),
            b"{\"id\": \"evt_1\"}".to_vec(),
            b"\xff\xfe".to_vec(),
            deep.into_bytes(),
            no_id.to_string().into_bytes(),
            no_object.to_string().into_bytes(),
        ];
        for body in bodies {
            let header = hook.header(stage.now(), &body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let reply = hook.post(body, Some(&header)).await?;
            assert_eq!(reply.error(), (400, "MALFORMED"), "{shown}");
        }
        assert!(stage.events().await?.is_empty());
        Ok(())
    }

    async fn one_byte_over_the_limit_is_too_large(database: Database) -> Outcome {
        const LIMIT: usize = 1024 * 1024;
        let stage = Stage::set(database).await?;
        let hook = stage.hook()?;
        let padded = |length: usize| {
            let bare = event("evt_1", "balance.available", 1, &json!({ "padding": "" }));
            let padding = "x".repeat(length - bare.to_string().len());
            event("evt_1", "balance.available", 1, &json!({ "padding": padding })).to_string()
        };
        for (length, expected) in [(LIMIT + 1, 413), (LIMIT, 200)] {
            let body = padded(length).into_bytes();
            assert_eq!(body.len(), length);
            let header = hook.header(stage.now(), &body);
            let reply = hook.post(body, Some(&header)).await?;
            assert_eq!(reply.status, expected);
            if expected == 413 {
                assert_eq!(reply.error(), (413, "PAYLOAD_TOO_LARGE"));
                assert!(stage.events().await?.is_empty());
            }
        }
        Ok(())
    }

    async fn an_unknown_type_is_stored_and_does_nothing(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let unheard = event("evt_1", "subscription_of.the_future", 1, &json!({ "id": "x_1" }));
        assert_eq!(stage.hook()?.send(&unheard, stage.now()).await?.status, 200);
        let stored = stage.event("evt_1", EventState::Ignored).await?;
        assert_eq!(stored.arrival.kind, "subscription_of.the_future");
        Ok(())
    }

    async fn an_event_of_the_other_mode_is_set_aside(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let mut live = anything("evt_1");
        live["livemode"] = json!(true);
        assert_eq!(stage.hook()?.send(&live, stage.now()).await?.status, 200);
        let stored = stage.event("evt_1", EventState::SetAside).await?;
        assert_eq!(stored.reason.as_deref(), Some("an event of the other mode"));
        Ok(())
    }

    async fn an_event_of_another_account_is_set_aside(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        let sold = stage.stripe.events();
        let ended = sold.iter().find(|it| it.kind == "customer.subscription.created");
        let ended = ended.ok_or("nothing was sold")?;
        let mut foreign = stage.stripe.event_body(&ended.id, fake_stripe::API_VERSION)?;
        foreign["id"] = json!("evt_foreign");
        foreign["account"] = json!("acct_foreign");
        foreign["data"]["object"]["status"] = json!("canceled");
        assert_eq!(stage.hook()?.send(&foreign, stage.now()).await?.status, 200);
        let stored = stage.event("evt_foreign", EventState::SetAside).await?;
        assert_eq!(stored.reason.as_deref(), Some("an event of another account"));
        stage.idle().await?;
        assert_eq!(stage.vendor.told(), ["license.created"]);
        Ok(())
    }

    async fn a_thin_event_is_a_hint_to_ask(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let bought = stage.stripe.buy(PLAN, "ada@example.com").await?;
        stage.vendor.first("license.created").await?;
        stage.stripe.hold_deliveries();
        stage.stripe.cancel(&bought.subscription).await?;
        let thin = |id: &str, kind: &str, url: &str| {
            let object = url.rsplit('/').next().unwrap_or_default();
            json!({
                "id": id,
                "object": "v2.core.event",
                "type": kind,
                "livemode": false,
                "created": "2026-09-21T14:13:20.000Z",
                "related_object": { "id": object, "type": "anything", "url": url },
                "context": null,
            })
        };
        let ended = format!("/v1/subscriptions/{}", bought.subscription);
        let ended = thin("evt_thin", "v1.customer.subscription.deleted", &ended);
        assert_eq!(stage.hook()?.send(&ended, stage.now()).await?.status, 200);
        stage.vendor.first("license.updated").await?;
        let stored = stage.event("evt_thin", EventState::Applied).await?;
        assert_eq!(stored.arrival.kind, "customer.subscription.deleted");
        let other = thin("evt_other", "v1.billing.meter.no_meter_found", "/v1/billing/meters/m_1");
        assert_eq!(stage.hook()?.send(&other, stage.now()).await?.status, 200);
        stage.event("evt_other", EventState::Ignored).await?;
        let mut nothing = other;
        nothing["related_object"] = json!(null);
        assert_eq!(stage.hook()?.send(&nothing, stage.now()).await?.error(), (400, "MALFORMED"));
        Ok(())
    }

    async fn a_poison_event_is_quarantined_and_stops_nobody(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let hook = stage.hook()?;
        let poison = json!({ "object": "subscription", "id": "sub_1", "status": 7 });
        let poison = event("evt_1", "customer.subscription.updated", 1, &poison);
        assert_eq!(hook.send(&poison, stage.now()).await?.status, 200);
        assert_eq!(hook.send(&anything("evt_2"), stage.now()).await?.status, 200);
        let stored = stage.event("evt_1", EventState::Quarantined).await?;
        assert!(stored.reason.is_some_and(|it| it.contains("status")));
        stage.event("evt_2", EventState::Ignored).await?;
        Ok(())
    }
}

#[tokio::test]
async fn any_of_several_signatures_under_any_of_several_secrets_will_do() -> Outcome {
    let setting = |secrets: &str| {
        let mut setting = Setting::default();
        setting
            .environment
            .push(("STRIPE_WEBHOOK_SECRET", secrets.to_owned()));
        setting
    };
    let stage = Stage::with(
        paidup_tests::Database::Sqlite,
        setting("whsec_new,whsec_old"),
    )
    .await?;
    let (hook, now): (Hook, i64) = (stage.hook()?, stage.now());
    for (n, secret) in ["whsec_new", "whsec_old"].into_iter().enumerate() {
        let body = anything(&format!("evt_{n}")).to_string().into_bytes();
        let wrong = hook.signature("whsec_other", now, &body);
        let right = hook.signature(secret, now, &body);
        let header = format!("t={now},v1={wrong},v0=abc,v1={right}");
        assert_eq!(hook.post(body, Some(&header)).await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn five_minutes_either_way_are_within_the_tolerance() -> Outcome {
    let stage = Stage::set(paidup_tests::Database::Sqlite).await?;
    let hook = stage.hook()?;
    for (id, t) in [("evt_1", stage.now() - 300), ("evt_2", stage.now() + 300)] {
        assert_eq!(hook.send(&anything(id), t).await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn without_a_secret_nothing_can_be_checked_and_stripe_is_told_to_come_back() -> Outcome {
    let mut setting = Setting::default();
    setting
        .environment
        .push(("STRIPE_WEBHOOK_SECRET", String::new()));
    let stage = Stage::with(paidup_tests::Database::Sqlite, setting).await?;
    let reply = stage.hook()?.send(&anything("evt_1"), stage.now()).await?;
    assert_eq!(reply.error(), (503, "WEBHOOK_SECRET_MISSING"));
    assert!(reply.text("/error").contains("STRIPE_WEBHOOK_SECRET"));
    Ok(())
}
