//! Seats, from the customer's side: seen, freed, taken over, left behind.

use paidup::{ClientError, Code, MachineClass};
use paidup_tests::{App, Computer, DAY, Failure, Reply, Setting, Stage, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::key_of;

async fn by_key(
    app: &App,
    method: Method,
    path: &str,
    key: &str,
    body: &Value,
) -> Result<Reply, Failure> {
    let url = format!("{}/api/v1/machines{path}", app.issuer);
    let request = reqwest::Client::new()
        .request(method, url)
        .header("authorization", format!("License {key}"))
        .json(body);
    Reply::of(request.send().await?).await
}

/// The id of the seat that a computer has.
async fn seat_of(computer: &Computer) -> Result<String, Failure> {
    let machines = computer.client.machines().await?;
    let this = machines.iter().find(|it| it.this_machine);
    Ok(this.ok_or("it has no seat")?.id.clone())
}

on_both_databases! {
    async fn a_full_license_names_its_machines_and_one_can_be_freed(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut computers = Vec::new();
        for name in ["desk", "laptop", "old"] {
            let computer = stage.computer(name).await?;
            computer.client.activate(&key).await?;
            computers.push(computer);
            stage.advance(1);
        }
        let new = stage.computer("new").await?;
        let full = new.client.activate(&key).await.unwrap_err();
        assert_eq!(full.code(), Code::MachineLimitExceeded);
        let ClientError::MachineLimit { max, current, machines } = &full else {
            return Err("another error".into());
        };
        assert_eq!((*max, *current, machines.len()), (3, 3, 3));
        assert!(full.to_string().contains("old's"), "{full}");

        // Seen and freed from a machine that has a seat.
        let seats = computers[0].client.machines().await?;
        let shown: Vec<_> = seats.iter().map(|it| (it.name.as_deref(), it.this_machine)).collect();
        assert_eq!(shown, [(Some("desk's"), true), (Some("laptop's"), false), (Some("old's"), false)]);
        computers[0].client.free(&seats[2].id).await?;
        new.client.activate(&key).await?;
        assert_eq!(new.code(), "VALID");

        // The old one learns of it at its next contact, signed, and takes no seat by
        // asking.
        assert_eq!(computers[2].code(), "VALID");
        computers[2].client.refresh().await?;
        assert_eq!(computers[2].code(), "REVOKED");
        let answer = computers[2].client.check();
        let reason = answer.license().and_then(|it| it.claims().reason.clone());
        assert_eq!(reason.as_deref(), Some("machine_deactivated"));
        assert_eq!(computers[0].client.machines().await?.len(), 3);
        Ok(())
    }

    async fn a_seat_moves_from_one_machine_to_another(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.max_machines = Some(1);
        let stage = Stage::with(database, setting).await?;
        let key = key_of(&stage).await?;
        let mut old = stage.computer("old").await?;
        let new = stage.computer("new").await?;
        old.client.activate(&key).await?;
        assert!(new.client.activate(&key).await.is_err());
        old.client.deactivate().await?;
        assert_eq!(old.code(), "NO_LICENSE");
        old.restart()?;
        assert_eq!(old.code(), "NO_LICENSE");
        new.client.activate(&key).await?;
        assert_eq!(new.code(), "VALID");
        // A machine may come back.
        new.client.deactivate().await?;
        old.client.activate(&key).await?;
        assert_eq!(old.code(), "VALID");
        Ok(())
    }

    async fn a_key_that_got_about_is_replaced(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let created = stage.vendor.first("license.created").await?;
        let laptop = stage.computer("laptop").await?;
        laptop.client.activate(&key).await?;
        let new = stage.issuer()?.app.reissue_key(created.text("/data/id")).await?;
        assert_ne!(new, key);
        assert_eq!(laptop.code(), "VALID", "until its next contact");
        laptop.client.refresh().await?;
        assert_eq!(laptop.code(), "REVOKED");
        let answer = laptop.client.check();
        let reason = answer.license().and_then(|it| it.claims().reason.clone());
        assert_eq!(reason.as_deref(), Some("key_reissued"));
        let stranger = stage.computer("stranger").await?;
        assert_eq!(stranger.client.activate(&key).await.unwrap_err(), ClientError::NotFound);
        laptop.client.activate(&new).await?;
        assert_eq!(laptop.code(), "VALID");
        assert_eq!(laptop.client.machines().await?.len(), 1, "it has a seat again");
        Ok(())
    }

    async fn a_thief_of_the_key_cannot_lock_out_the_customer(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.max_machines = Some(2);
        let stage = Stage::with(database, setting).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let (id, leaked) = (created.text("/data/id"), created.text("/data/key"));
        // The thief takes both seats, and gives them up, until no more is allowed.
        let mut refused = None;
        for n in 0..40 {
            let thief = stage.computer(&format!("thief-{n}")).await?;
            match thief.client.activate(leaked).await {
                Ok(_) => thief.client.deactivate().await?,
                Err(error) => {
                    refused = Some(error.code());
                    break;
                }
            }
        }
        assert_eq!(refused, Some(Code::RateLimited));
        let app = &stage.issuer()?.app;
        let customer = stage.computer("customer").await?;
        assert_eq!(app.reset_activations(id, "the key has leaked").await?, 30);
        for name in ["one", "two"] {
            stage.computer(name).await?.client.activate(leaked).await?;
        }
        let full = customer.client.activate(leaked).await.unwrap_err();
        assert_eq!(full.code(), Code::MachineLimitExceeded);
        let machines = app.machines_of(id).await?;
        assert_eq!(machines.len(), 2);
        app.free_machine(id, &machines[0].id, "not the customer's").await?;
        assert!(app.free_machine(id, &machines[0].id, "again").await.is_err());

        let key = app.reissue_key(id).await?;
        assert!(app.machines_of(id).await?.is_empty());
        customer.client.activate(&key).await?;
        assert_eq!(customer.code(), "VALID");
        assert_eq!(app.reset_activations(id, "to see the count").await?, 1);
        Ok(())
    }

    async fn a_key_that_is_typed_before_the_payment_gets_its_seat_after_it(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.max_machines = Some(2);
        let stage = Stage::with(database, setting).await?;
        let bought = stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let (id, key) = (created.text("/data/id"), created.text("/data/key"));
        let left = stage.computer("left").await?;
        let kept = stage.computer("kept").await?;
        left.client.activate(key).await?;
        kept.client.activate(key).await?;
        left.client.deactivate().await?;
        stage.stripe.fail_renewal(&bought.subscription).await?;
        stage.vendor.first("license.suspended").await?;

        // It comes back, another one has got a new key, and two are new: all too early.
        let key = stage.issuer()?.app.reissue_key(id).await?;
        let (new, late) = (stage.computer("new").await?, stage.computer("late").await?);
        for computer in [&left, &kept, &new, &late] {
            assert_eq!(computer.client.activate(&key).await?.code(), Code::Suspended);
            computer.client.refresh().await?;
            assert_eq!(computer.code(), "SUSPENDED");
        }
        assert_eq!(kept.client.machines().await?.len(), 0, "the old key's seats are free");

        stage.stripe.pay_latest_invoice(&bought.subscription).await?;
        stage.vendor.first("license.reinstated").await?;
        for computer in [&kept, &left] {
            computer.client.refresh().await?;
            assert_eq!(computer.code(), "VALID");
        }
        // There were two seats, and there still are.
        for computer in [&new, &late] {
            let full = computer.client.refresh().await.unwrap_err();
            assert_eq!(full.code(), Code::MachineLimitExceeded);
            assert_eq!(computer.code(), "SUSPENDED");
        }
        left.client.deactivate().await?;
        new.client.refresh().await?;
        assert_eq!(new.code(), "VALID");
        // Who has once had a seat takes none by asking.
        new.client.free(&seat_of(&kept).await?).await?;
        kept.client.refresh().await?;
        assert_eq!(kept.code(), "REVOKED");
        kept.client.refresh().await?;
        assert_eq!(kept.code(), "REVOKED");
        Ok(())
    }

    async fn a_limit_holds_under_a_hundred_at_once(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut asking = tokio::task::JoinSet::new();
        for n in 0..100 {
            let computer = stage.computer(&format!("machine-{n}")).await?;
            let key = key.clone();
            asking.spawn(async move { computer.client.activate(&key).await.map(drop) });
        }
        let (mut given, mut refused) = (0, 0);
        while let Some(outcome) = asking.join_next().await {
            match outcome? {
                Ok(()) => given += 1,
                Err(error) => {
                    assert_eq!(error.code(), Code::MachineLimitExceeded, "{error}");
                    refused += 1;
                }
            }
        }
        assert_eq!((given, refused), (3, 97));
        Ok(())
    }

    async fn a_browser_that_forgot_gets_its_seat_back(database: Database) -> Outcome {
        let mut setting = Setting::default();
        setting.catalog.max_machines = Some(1);
        let stage = Stage::with(database, setting).await?;
        let key = key_of(&stage).await?;
        let first = stage.computer_of("browser-1", MachineClass::Web).await?;
        first.client.activate(&key).await?;
        // The same browser, which knows neither token nor fingerprint any more.
        let again = stage.computer_of("browser-2", MachineClass::Web).await?;
        stage.advance(7 * DAY);
        assert_eq!(again.client.activate(&key).await.unwrap_err().code(), Code::MachineLimitExceeded);
        stage.advance(7 * DAY);
        again.client.activate(&key).await?;
        assert_eq!(again.code(), "VALID");
        // A desktop's seat stays its own for ever.
        again.client.deactivate().await?;
        let desk = stage.computer("desk").await?;
        desk.client.activate(&key).await?;
        stage.advance(100 * DAY);
        let late = stage.computer_of("browser-3", MachineClass::Web).await?;
        assert!(late.client.activate(&key).await.is_err());
        desk.client.refresh().await?;
        assert_eq!(desk.code(), "VALID");
        Ok(())
    }

    async fn a_container_is_trusted_for_a_day(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        for class in [MachineClass::Container, MachineClass::Ci] {
            let box_ = stage.computer_of(class.as_str(), class).await?;
            let answer = box_.client.activate(&key).await?;
            let ends = answer.license().map(|it| it.lease_ends_at().as_secs());
            assert_eq!(ends, Some(stage.now() + DAY));
            // A refresh does not make it a desktop.
            let answer = box_.client.refresh().await?;
            let ends = answer.license().map(|it| it.lease_ends_at().as_secs());
            assert_eq!(ends, Some(stage.now() + DAY));
        }
        // Their seats become free by themselves.
        stage.advance(DAY);
        for n in 0..3 {
            let next = stage.computer_of(&format!("build-{n}"), MachineClass::Ci).await?;
            next.client.activate(&key).await?;
        }
        Ok(())
    }

    async fn a_key_that_goes_from_hand_to_hand_is_slowed_down(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        for n in 0..30 {
            let computer = stage.computer(&format!("hand-{n}")).await?;
            computer.client.activate(&key).await?;
            computer.client.deactivate().await?;
        }
        let next = stage.computer("hand-31").await?;
        let slowed = next.client.activate(&key).await.unwrap_err();
        assert_eq!(slowed.code(), Code::RateLimited);
        assert!(matches!(slowed, ClientError::RateLimited { after: Some(_), .. }), "{slowed:?}");
        assert!(slowed.to_string().contains("on 2026-10-21 at 14:14 UTC"), "{slowed}");
        let reply = stage.app(Some("hand-31"))?.activate(&key).await?;
        assert_eq!(reply.error(), (429, "RATE_LIMITED"));
        assert!(reply.text("/error").contains("activated 30 times within 30 days"));
        assert!(reply.text("/error").contains("on 2026-10-21 at 14:14 UTC"), "{}", reply.body);
        let details = &reply.body["details"];
        assert_eq!(details["nextAt"], "2026-10-21T14:13:20.000Z");
        assert_eq!(details["retryAfter"], 30 * DAY);
        assert_eq!((&details["current"], &details["max"]), (&json!(30), &json!(30)));
        stage.advance(30 * DAY);
        next.client.activate(&key).await?;
        Ok(())
    }

    async fn the_seats_of_a_license_are_its_key_holders_affair(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        stage.stripe.buy("price_growth_monthly", "bob@example.com").await?;
        let bobs = stage.vendor.nth("license.created", 2).await?.text("/data/key").to_owned();
        let app = stage.app(Some("desk"))?;
        let taken = by_key(&app, Method::POST, "", &key, &json!({ "fingerprint": "desk" })).await?;
        assert_eq!(taken.status, 201);
        let id = taken.text("/data/id").to_owned();
        let beat = format!("/{id}/heartbeat");
        assert_eq!(taken.text("/data/heartbeatStatus"), "NOT_STARTED");
        let alive = by_key(&app, Method::POST, &beat, &key, &json!({})).await?;
        assert_eq!(alive.text("/data/heartbeatStatus"), "ALIVE");

        let path = format!("/{id}");
        for (key, code) in [(bobs.as_str(), (404, "NOT_FOUND")), ("nonsense", (422, "LICENSE_KEY_MALFORMED"))] {
            let stranger = by_key(&app, Method::DELETE, &path, key, &json!({})).await?;
            assert_eq!(stranger.error(), code);
        }
        let nobody = reqwest::get(format!("{}/api/v1/machines", app.issuer)).await?;
        assert_eq!(Reply::of(nobody).await?.error(), (401, "UNAUTHORIZED"));
        assert_eq!(by_key(&app, Method::DELETE, &path, &key, &json!({})).await?.status, 204);
        let again = by_key(&app, Method::DELETE, &path, &key, &json!({})).await?;
        assert_eq!(again.error(), (404, "NOT_FOUND"));
        let list = by_key(&app, Method::GET, "", &key, &json!({})).await?;
        assert_eq!(list.body["data"], json!([]));
        let strange = json!({ "fingerprint": "desk", "class": "toaster" });
        let refused = by_key(&app, Method::POST, "", &key, &strange).await?;
        assert_eq!(refused.error(), (400, "VALIDATION_ERROR"));
        Ok(())
    }
}
