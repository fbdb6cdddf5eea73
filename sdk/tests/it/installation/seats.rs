//! Seats: seeing them, freeing them, and giving one's own back.

use paidup::{ClientError, Code, Event, Method, Poll, Received, Reply, Status};

use super::world::{KEY, World, problem};
use crate::fixture::FINGERPRINT;

fn list() -> String {
    serde_json::json!({ "data": [
        { "id": "mac_1", "name": "This one", "fingerprint": FINGERPRINT, "updatedAt": "2026" },
        { "id": "mac_2", "fingerprint": "other", "platform": "linux" },
    ]})
    .to_string()
}

fn receive(
    world: &mut World,
    request: paidup::Request,
    status: u16,
    body: &str,
) -> Result<Received, ClientError> {
    let reply = Reply {
        status,
        body: body.as_bytes(),
        retry_after: None,
    };
    let raw = world.raw();
    world.installation.receive(request, reply, raw)
}

#[test]
fn the_seats_are_listed_with_ones_own_marked() {
    let mut world = World::activated();
    let request = world.installation.machines().unwrap();
    assert_eq!(request.method, Method::Get);
    assert_eq!(request.path, "/api/v1/machines");
    assert_eq!(
        **request.authorization.as_ref().unwrap(),
        format!("License {KEY}")
    );
    let Received::Machines(machines) = receive(&mut world, request, 200, &list()).unwrap() else {
        panic!("no list");
    };
    let shown: Vec<_> = machines
        .iter()
        .map(|it| (it.id.as_str(), it.this_machine))
        .collect();
    assert_eq!(shown, [("mac_1", true), ("mac_2", false)]);
}

#[test]
fn freeing_another_seat_keeps_this_one() {
    let mut world = World::activated();
    let request = world.installation.free("mac_2").unwrap();
    assert_eq!(
        (request.method, request.path.as_str()),
        (Method::Delete, "/api/v1/machines/mac_2")
    );
    receive(&mut world, request, 204, "").unwrap();
    assert_eq!(world.code(), Code::Valid);
    for id in ["", "../licenses", "mac_1?x", "mac 1", &"m".repeat(65)] {
        assert_eq!(
            world.installation.free(id).unwrap_err(),
            ClientError::NoMachine
        );
    }
}

#[test]
fn a_seat_that_is_not_there_is_not_said_to_be_free() {
    let mut world = World::activated();
    let request = world.installation.free("mac_9").unwrap();
    let (status, body) = problem(404, "NOT_FOUND");
    let error = receive(&mut world, request, status, &body).unwrap_err();
    assert_eq!(error, ClientError::NoMachine);
}

#[test]
fn a_seat_that_is_given_back_takes_its_token_along() {
    let mut world = World::activated();
    world.save();
    let kept = world.state.clone();
    assert!(world.installation.knows_its_seat());
    let request = world.installation.deactivate().unwrap();
    assert_eq!(request.path, "/api/v1/machines/mac_1");
    // No network: nothing happens.
    let (status, body) = problem(503, "STORE_UNAVAILABLE");
    assert!(receive(&mut world, request, status, &body).is_err());
    assert_eq!(world.code(), Code::Valid);

    let request = world.installation.deactivate().unwrap();
    receive(&mut world, request, 204, "").unwrap();
    assert_eq!(world.code(), Code::NoLicense);
    world.restart();
    assert_eq!(world.code(), Code::NoLicense);
    // The file from before is of no use while the witness stands.
    let witness = world.witness.clone();
    world.start_with(kept.as_deref(), witness.as_deref());
    assert_eq!(world.code(), Code::StaleToken);
    // And the key still is.
    assert_eq!(world.activate(KEY).unwrap().code(), Code::Valid);
}

#[test]
fn a_seat_whose_id_is_not_known_is_looked_up() {
    let mut world = World::new();
    let nonce = world.nonce();
    let request = world.installation.activate(KEY, nonce).unwrap();
    let (status, body) = world.issuer.reply(&request, world.time);
    let body = body.replace("mac_1", "no id!");
    world.deliver(request, status, &body).unwrap();
    assert!(!world.installation.knows_its_seat());
    let request = world.installation.deactivate().unwrap();
    assert_eq!(request.path, "/api/v1/machines");
    receive(&mut world, request, 200, &list()).unwrap();
    let request = world.installation.deactivate().unwrap();
    assert_eq!(request.path, "/api/v1/machines/mac_1");
    // Somebody else has freed it in the meantime.
    let (status, body) = problem(404, "NOT_FOUND");
    receive(&mut world, request, status, &body).unwrap();
    assert_eq!(world.code(), Code::NoLicense);
}

#[test]
fn without_a_license_there_is_nothing_to_free() {
    let mut world = World::new();
    assert_eq!(
        world.installation.machines().unwrap_err(),
        ClientError::NoLicense
    );
    assert_eq!(
        world.installation.deactivate().unwrap_err(),
        ClientError::NoLicense
    );
    let nonce = world.nonce();
    let raw = world.raw();
    let refused = world.installation.refresh(nonce, raw).unwrap_err();
    assert_eq!(refused.code(), Code::NoLicense);
}

#[test]
fn a_key_that_finds_every_seat_taken_can_free_one() {
    let mut world = World::new();
    let full = serde_json::json!({
        "error": "every seat is taken",
        "code": "MACHINE_LIMIT_EXCEEDED",
        "details": { "max": 1, "current": 1, "machines": [{ "id": "mac_9", "name": "Old one" }] },
    });
    let nonce = world.nonce();
    let request = world.installation.activate(KEY, nonce).unwrap();
    let error = receive(&mut world, request, 422, &full.to_string()).unwrap_err();
    assert_eq!(error.code(), Code::MachineLimitExceeded);

    let shows_key = |it: &paidup::Request| {
        let authorization = it.authorization.as_ref().unwrap();
        assert_eq!(**authorization, format!("License {KEY}"));
    };
    shows_key(&world.installation.machines().unwrap());
    let request = world.installation.free("mac_9").unwrap();
    assert_eq!(request.path, "/api/v1/machines/mac_9");
    shows_key(&request);
    receive(&mut world, request, 204, "").unwrap();
    assert_eq!(world.activate(KEY).unwrap().code(), Code::Valid);
    // From now on the license's own key speaks for it.
    shows_key(&world.installation.free("mac_9").unwrap());
}

/// The key is typed while the license cannot be used: it is refused, and without a seat.
fn typed_while(status: Status, reason: &str) -> World {
    let mut world = World::new();
    world.issuer.claims.status = status;
    world.issuer.claims.reason = Some(reason.into());
    let nonce = world.nonce();
    let request = world.installation.activate(KEY, nonce).unwrap();
    let (status, body) = world.issuer.reply(&request, world.time);
    let body = body.replace(r#""machine":{"id":"mac_1"},"#, "");
    assert!(!world.deliver(request, status, &body).unwrap().usable());
    world
}

#[test]
fn a_key_that_was_typed_too_early_gets_its_seat_with_the_payment() {
    for status in [Status::Suspended, Status::Revoked] {
        let mut world = typed_while(status, "payment_failed");
        world.restart();
        world.issuer.claims.status = Status::Active;
        world.issuer.claims.reason = None;
        assert_eq!(world.installation.poll(world.raw()), Poll::Ask);
        let (nonce, raw) = (world.nonce(), world.raw());
        let request = world.installation.refresh(nonce, raw).unwrap();
        assert_eq!(request.path, "/api/v1/tokens");
        let (status, body) = world.issuer.reply(&request, world.time);
        let answer = world.deliver(request, status, &body).unwrap();
        assert_eq!(answer.code(), Code::Valid);
        // From now on it is refreshed like any other.
        let (nonce, raw) = (world.nonce(), world.raw());
        let request = world.installation.refresh(nonce, raw).unwrap();
        assert_eq!(request.path, "/api/v1/tokens/refresh");
    }
}

#[test]
fn where_no_seat_is_left_then_it_is_told_and_one_can_be_freed() {
    let mut world = typed_while(Status::Suspended, "payment_failed");
    let full = serde_json::json!({
        "error": "every seat is taken",
        "code": "MACHINE_LIMIT_EXCEEDED",
        "details": { "max": 1, "current": 1, "machines": [{ "id": "mac_9" }] },
    });
    let error = world.refresh_meets(422, &full.to_string());
    assert_eq!(error.code(), Code::MachineLimitExceeded);
    let told = world.installation.events();
    let failing = |it: &Event| matches!(it, Event::RefreshFailing { code, .. } if *code == Code::MachineLimitExceeded);
    assert!(told.iter().any(failing), "{told:?}");
    assert_eq!(world.code(), Code::Suspended);
    let request = world.installation.free("mac_9").unwrap();
    receive(&mut world, request, 204, "").unwrap();
}

#[test]
fn a_seat_that_was_freed_is_not_taken_again_by_itself() {
    for reason in ["machine_deactivated", "key_reissued"] {
        let mut world = typed_while(Status::Revoked, reason);
        let (nonce, raw) = (world.nonce(), world.raw());
        let request = world.installation.refresh(nonce, raw).unwrap();
        assert_eq!(request.path, "/api/v1/tokens/refresh", "{reason}");
    }
}

#[test]
fn each_seat_is_freed_with_the_key_that_named_it() {
    let mut world = World::activated();
    let other = paidup::LicenseKey::from_entropy("NOTES", &[9; 15]).unwrap();
    let other = other.expose();
    let full = serde_json::json!({
        "error": "every seat is taken",
        "code": "MACHINE_LIMIT_EXCEEDED",
        "details": { "max": 1, "current": 1, "machines": [{ "id": "mac_9" }] },
    });
    let nonce = world.nonce();
    let request = world.installation.activate(other, nonce).unwrap();
    receive(&mut world, request, 422, &full.to_string()).unwrap_err();
    let key_for = |id: &str| {
        let request = world.installation.free(id).unwrap();
        request.authorization.as_ref().unwrap().as_str().to_owned()
    };
    assert_eq!(key_for("mac_9"), format!("License {other}"));
    assert_eq!(key_for("mac_2"), format!("License {KEY}"));
    assert_eq!(world.code(), Code::Valid);
}
