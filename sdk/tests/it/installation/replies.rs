//! What a reply may change, and what nothing that is not signed may.

use paidup::{ClientError, Code, Event, Grace, GraceReason, NetworkError, Status};

use super::world::{DAY, HOUR, KEY, World, problem};
use crate::fixture::ISSUED_AT;

const OTHER_KEY: &str = "NOTES-000G4-0R40M-30E20-9185G-R38WM";

#[test]
fn an_activation_unlocks() {
    let mut world = World::new();
    assert_eq!(world.code(), Code::NoLicense);
    let answer = world
        .activate(" n0tes mpjtb–9d5mp jtb9d 5mpjt b9d7z ")
        .unwrap();
    assert!(answer.allows("export") && !answer.allows("teleport"));
    assert_eq!(world.code(), Code::Valid);
    assert_eq!(
        world.installation.events(),
        [Event::Unlocked {
            lease_ends_at: ISSUED_AT.plus(14 * DAY)
        }]
    );
}

#[test]
fn a_mistyped_key_is_found_without_a_request() {
    let mut world = World::new();
    world.online = false;
    for typed in [
        "",
        "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Y",
        "hello",
        "NOTES-\0",
    ] {
        let error = world.activate(typed).unwrap_err();
        assert!(matches!(error, ClientError::Key(_)), "{typed:?}: {error}");
        assert_eq!(error.code(), Code::LicenseKeyMalformed);
    }
    let error = world.activate(KEY).unwrap_err();
    assert_eq!(error.code(), Code::Network, "this one is a key");
}

#[test]
fn what_is_not_signed_changes_nothing() {
    let portal = "<html>Please log in to the hotel's network</html>";
    let meets: Vec<(u16, String)> = vec![
        (200, portal.into()),
        (302, String::new()),
        (404, portal.into()),
        problem(404, "NOT_FOUND"),
        problem(403, "LICENSE_REVOKED"),
        problem(409, "LICENSE_SUSPENDED"),
        problem(410, "GONE"),
        problem(429, "RATE_LIMITED"),
        problem(500, "STORE_UNAVAILABLE"),
        (502, String::new()),
        (200, "{}".into()),
        (200, r#"{"data":{}}"#.into()),
        (200, r#"{"data":{"token":"a.b.c","keyset":"a.b.c"}}"#.into()),
        (200, r#"{"data":{"token":1}}"#.into()),
        (200, "x".repeat(100_000)),
    ];
    let mut world = World::activated();
    world.pass(DAY);
    for (status, body) in meets {
        let error = world.refresh_meets(status, &body);
        assert!(!error.code().usable(), "{error}");
        assert_eq!(world.code(), Code::Valid, "{status} {body:.40}");
    }
    // It stays so to the end of the lease, and then it is no revocation either.
    world.pass(13 * DAY - 1);
    assert_eq!(world.code(), Code::Valid);
    world.pass(1);
    assert_eq!(world.code(), Code::RefreshRequired);
}

#[test]
fn a_signed_refusal_takes_effect_at_once_and_a_payment_unlocks() {
    let mut world = World::activated();
    world.pass(DAY);
    world.issuer.claims.status = Status::Suspended;
    world.issuer.claims.reason = Some("payment_failed".into());
    world.installation.events();
    assert_eq!(world.refresh().unwrap().code(), Code::Suspended);
    assert_eq!(world.code(), Code::Suspended);
    assert_eq!(
        world.installation.events(),
        [Event::Suspended {
            reason: Some("payment_failed".into())
        }]
    );
    // Its own end, a minute later, must not make it milder.
    world.pass(HOUR);
    assert_eq!(world.code(), Code::Suspended);

    world.issuer.claims.status = Status::Active;
    world.issuer.claims.reason = None;
    let mut asked = 0;
    for _ in 0..80 {
        asked += u32::from(world.wake());
        world.pass(60);
    }
    assert_eq!(asked, 1, "hourly");
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn an_old_reply_played_back_is_not_believed() {
    let mut world = World::activated();
    let nonce = world.nonce();
    let raw = world.raw();
    let request = world.installation.refresh(nonce, raw).unwrap();
    let (status, recorded) = world.issuer.reply(&request, world.time);
    world.deliver(request, status, &recorded).unwrap();

    world.pass(DAY);
    world.issuer.claims.status = Status::Revoked;
    let error = world.refresh_meets(status, &recorded);
    assert_eq!(error, ClientError::OtherRequest);
    assert_eq!(world.refresh().unwrap().code(), Code::Revoked);
    let error = world.refresh_meets(status, &recorded);
    assert_eq!(error, ClientError::OtherRequest);
    assert_eq!(world.code(), Code::Revoked);
}

#[test]
fn a_grace_is_told_and_ends_by_itself() {
    let mut world = World::activated();
    world.pass(DAY);
    let ends_at = world.time.plus(7 * DAY);
    let reason = GraceReason::Canceled;
    world.issuer.claims.grace = Some(Grace { ends_at, reason });
    world.installation.events();
    assert_eq!(world.refresh().unwrap().code(), Code::Grace);
    let events = world.installation.events();
    assert_eq!(
        events.first(),
        Some(&Event::GraceStarted { ends_at, reason })
    );
    world.online = false;
    world.pass(7 * DAY - 1);
    assert_eq!(world.code(), Code::Grace);
    world.pass(1);
    assert_eq!(world.code(), Code::Revoked);
    assert_eq!(
        world.installation.events(),
        [Event::Revoked { reason: None }]
    );
}

#[test]
fn a_dead_key_does_not_take_the_place_of_a_living_license() {
    let mut world = World::activated();
    world.issuer.claims.sub = "lic_another".into();
    world.issuer.claims.status = Status::Revoked;
    let error = world.activate(OTHER_KEY).unwrap_err();
    assert_eq!(error.code(), Code::Revoked);
    assert_eq!(world.code(), Code::Valid);
    // A living one does.
    world.issuer.claims.status = Status::Active;
    world.activate(OTHER_KEY).unwrap();
    let raw = world.raw();
    let answer = world.installation.check(raw);
    assert_eq!(answer.license().unwrap().id(), "lic_another");
}

#[test]
fn a_locked_license_is_stored_when_it_is_all_there_is() {
    let mut world = World::new();
    world.issuer.claims.status = Status::Suspended;
    assert_eq!(world.activate(KEY).unwrap().code(), Code::Suspended);
    world.restart();
    assert_eq!(world.code(), Code::Suspended);
    world.issuer.claims.status = Status::Active;
    assert!(world.wake(), "it asks at its start");
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn tokens_for_somebody_else_are_refused_by_name() {
    type Change = fn(&mut paidup::Claims);
    let cases: &[(Change, Code)] = &[
        (|it| it.test = true, Code::EnvironmentMismatch),
        (|it| it.aud = "other".into(), Code::ProductMismatch),
        (
            |it| it.iss = "https://other.example".into(),
            Code::IssuerMismatch,
        ),
        (
            |it| it.fingerprint = Some("other".into()),
            Code::FingerprintMismatch,
        ),
    ];
    for (change, code) in cases {
        let mut world = World::new();
        change(&mut world.issuer.claims);
        let error = world.activate(KEY).unwrap_err();
        assert_eq!(error.code(), *code);
        assert!(!error.next_step().is_empty());
        assert_eq!(world.code(), Code::NoLicense);
    }
    let mut world = World::new();
    world.issuer.claims.test = true;
    let error = world.activate(KEY).unwrap_err();
    assert!(error.next_step().contains("test build"));
}

#[test]
fn what_the_issuer_says_to_an_activation_reaches_its_user() {
    let mut world = World::new();
    let mut meets = |status: u16, body: &str| {
        let nonce = world.nonce();
        let request = world.installation.activate(KEY, nonce).unwrap();
        world.deliver(request, status, body).unwrap_err()
    };
    let (status, body) = problem(404, "NOT_FOUND");
    assert_eq!(meets(status, &body), ClientError::NotFound);
    // A proxy's is not the issuer's.
    assert_eq!(
        meets(404, "not found"),
        ClientError::Network(NetworkError::NotTheIssuer { status: 404 })
    );
    let (status, body) = problem(422, "FINGERPRINT_REQUIRED");
    assert_eq!(meets(status, &body), ClientError::FingerprintRequired);
    let full = r#"{"error":"full","code":"MACHINE_LIMIT_EXCEEDED","status":422,"details":
        {"max":2,"current":2,"machines":[{"id":"mac_1","name":"Old laptop"},{"id":"mac_2"}]}}"#;
    let error = meets(422, full);
    assert_eq!(error.code(), Code::MachineLimitExceeded);
    let sentence = error.to_string();
    assert_eq!(
        sentence,
        "every seat of the license is taken (2 of 2): Old laptop, mac_2"
    );
    assert_eq!(meets(429, "").code(), Code::RateLimited);
}

#[test]
fn a_failing_network_is_told_with_its_beginning_and_its_end() {
    let mut world = World::activated();
    world.pass(2 * DAY);
    world.online = false;
    world.installation.events();
    assert!(world.refresh().is_err());
    let since = world.time;
    world.pass(HOUR);
    assert!(world.refresh().is_err());
    let failing = Event::RefreshFailing {
        since,
        code: Code::Network,
    };
    assert_eq!(world.installation.events(), std::slice::from_ref(&failing));
    assert_eq!(world.installation.failing_since(), Some(since));
    world.online = true;
    world.refresh().unwrap();
    let events = world.installation.events();
    assert!(events.contains(&Event::RefreshRecovered), "{events:?}");
    assert_eq!(world.installation.failing_since(), None);
}
