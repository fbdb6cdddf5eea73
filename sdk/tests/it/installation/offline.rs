//! Machines that no network reaches.

use paidup::{
    ClientError, Code, OfflineAction, OfflineRequest, OfflineRequestError, Status, Sunset, UnixTime,
};
use proptest::prelude::*;

use super::world::{DAY, HOUR, KEY, World, YEAR};
use crate::fixture::{FINGERPRINT, PRODUCT};

fn request(world: &mut World) -> OfflineRequest {
    let nonce = world.nonce();
    let text = world.installation.offline_activation(KEY, nonce).unwrap();
    OfflineRequest::parse(&text).unwrap()
}

#[test]
fn an_activation_by_hand() {
    let mut world = World::new();
    world.online = false;
    let request = request(&mut world);
    assert_eq!(request.action, OfflineAction::Activate);
    assert_eq!(request.product, PRODUCT);
    assert_eq!(request.key, KEY);
    assert_eq!(request.fingerprint.as_deref(), Some(FINGERPRINT));
    // The app is closed while its user is under way.
    world.restart();
    let response = world.issuer.file(Some(&request.nonce), world.time);
    world.pass(3 * HOUR);
    let raw = world.raw();
    let answer = world.installation.offline_install(&response, raw).unwrap();
    assert_eq!(answer.code(), Code::Valid);
    // Once.
    let again = world
        .installation
        .offline_install(&response, raw)
        .unwrap_err();
    assert_eq!(again, ClientError::OtherRequest);
    world.restart();
    assert_eq!(world.code(), Code::Valid);
    // And the key is known, should there be a network one day.
    world.online = true;
    assert_eq!(world.refresh().unwrap().code(), Code::Valid);
}

#[test]
fn an_activation_by_hand_that_came_too_early_is_asked_for_again() {
    let mut world = World::new();
    let request = request(&mut world);
    world.issuer.claims.status = Status::Suspended;
    let response = world.issuer.file(Some(&request.nonce), world.time);
    let raw = world.raw();
    let answer = world.installation.offline_install(&response, raw).unwrap();
    assert_eq!(answer.code(), Code::Suspended);
    let nonce = world.nonce();
    let text = world.installation.offline_renewal(nonce).unwrap();
    let request = OfflineRequest::parse(&text).unwrap();
    assert_eq!(request.action, OfflineAction::Activate);
    assert_eq!(request.key, KEY);
}

#[test]
fn a_renewal_by_hand_and_a_receipt() {
    let mut world = World::activated();
    world.online = false;
    world.pass(20 * DAY);
    assert_eq!(world.code(), Code::RefreshRequired);
    let nonce = world.nonce();
    let text = world.installation.offline_renewal(nonce).unwrap();
    let request = OfflineRequest::parse(&text).unwrap();
    assert_eq!(request.action, OfflineAction::Renew);
    let response = world.issuer.file(Some(&request.nonce), world.time);
    let raw = world.raw();
    world.installation.offline_install(&response, raw).unwrap();
    assert_eq!(world.code(), Code::Valid);

    world.save();
    let before = world.state.clone();
    let nonce = world.nonce();
    let receipt = world.installation.offline_deactivation(nonce).unwrap();
    let receipt = OfflineRequest::parse(&receipt).unwrap();
    assert_eq!(receipt.action, OfflineAction::Deactivate);
    assert_eq!(world.code(), Code::NoLicense);
    world.save();
    let witness = world.witness.clone();
    world.start_with(before.as_deref(), witness.as_deref());
    assert!(!world.code().usable());
}

#[test]
fn only_the_response_to_the_latest_request_is_taken() {
    let mut world = World::new();
    let first = request(&mut world);
    let second = request(&mut world);
    let raw = world.raw();
    for nonce in [first.nonce.as_str(), "another"] {
        let response = world.issuer.file(Some(nonce), world.time);
        let refused = world
            .installation
            .offline_install(&response, raw)
            .unwrap_err();
        assert_eq!(refused, ClientError::OtherRequest);
        assert!(refused.next_step().contains("new offline request"));
    }
    let response = world.issuer.file(Some(&second.nonce), world.time);
    assert!(world.installation.offline_install(&response, raw).is_ok());
}

#[test]
fn a_response_heals_a_wrong_clock_and_leaves_a_right_one() {
    for ahead in [-20 * YEAR, 20 * YEAR] {
        let mut world = World::new();
        world.ahead = ahead;
        let request = request(&mut world);
        let response = world.issuer.file(Some(&request.nonce), world.time);
        let raw = world.raw();
        let answer = world.installation.offline_install(&response, raw).unwrap();
        assert_eq!(answer.code(), Code::Valid, "{ahead}");
    }
    let mut world = World::new();
    let request = request(&mut world);
    let response = world.issuer.file(Some(&request.nonce), world.time);
    world.pass(5 * DAY);
    let raw = world.raw();
    world.installation.offline_install(&response, raw).unwrap();
    world.pass(9 * DAY);
    assert_eq!(
        world.code(),
        Code::RefreshRequired,
        "five days were spent on the way"
    );
}

#[test]
fn a_file_that_the_vendor_exported() {
    let mut world = World::new();
    let file = world.issuer.file(None, world.time);
    let raw = world.raw();
    let answer = world.installation.offline_install(&file, raw).unwrap();
    assert_eq!(answer.code(), Code::Valid);
    world.restart();
    assert_eq!(world.code(), Code::Valid);
    // An older one does not take the place of a newer one.
    world.pass(DAY);
    world.issuer.claims.seq += 1;
    let newer = world.issuer.file(None, world.time);
    let raw = world.raw();
    world.installation.offline_install(&newer, raw).unwrap();
    let stale = world.installation.offline_install(&file, raw).unwrap_err();
    assert_eq!(stale.code(), Code::StaleToken);
    // One for another machine says so.
    world.issuer.claims.fingerprint = Some("another".into());
    let other = world.issuer.file(None, world.time);
    let refused = world.installation.offline_install(&other, raw).unwrap_err();
    assert_eq!(refused.code(), Code::FingerprintMismatch);
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn what_was_bought_outlives_the_server() {
    let mut world = World::activated();
    world.pass(DAY);
    world.issuer.keyset.sunset.push(Sunset {
        aud: PRODUCT.into(),
        issued_before: world.time.plus(DAY),
    });
    world.issuer.lists(&[1], world.time);
    world.refresh().unwrap();
    // The last contact ever.
    world.online = false;
    for _ in 0..50 {
        world.pass(YEAR).restart();
        assert_eq!(world.code(), Code::Valid);
    }
    // One who missed it does not profit.
    let mut late = World::activated();
    late.online = false;
    late.pass(15 * DAY);
    assert_eq!(late.code(), Code::RefreshRequired);
}

#[test]
fn a_request_survives_its_way_and_its_damages_are_found() {
    let mut world = World::new();
    let nonce = world.nonce();
    let text = world.installation.offline_activation(KEY, nonce).unwrap();
    assert!(text.len() < 500, "it fits into a QR code: {}", text.len());
    let wrapped: String = text
        .as_bytes()
        .chunks(40)
        .fold(String::new(), |mut text, line| {
            text.push_str(std::str::from_utf8(line).unwrap());
            text.push_str("\r\n  ");
            text
        });
    assert_eq!(
        OfflineRequest::parse(&wrapped),
        OfflineRequest::parse(&text)
    );
    for end in 0..text.len() {
        assert!(OfflineRequest::parse(&text[..end]).is_err(), "{end}");
    }
    let no = |text: &str| OfflineRequest::parse(text).unwrap_err();
    assert_eq!(no("hello"), OfflineRequestError::NoRequest);
    assert_eq!(no(&"x".repeat(5000)), OfflineRequestError::TooLarge);
    let (prefix, body) = text.split_once('.').unwrap();
    let mistyped = format!("{prefix}.{}", body.replacen('n', "m", 1));
    assert_eq!(no(&mistyped), OfflineRequestError::Damaged);
    let shown = format!("{:?}", OfflineRequest::parse(&text).unwrap());
    assert!(!shown.contains(KEY), "{shown}");
}

#[test]
fn an_old_file_of_another_license_does_not_take_the_place_of_one_that_works() {
    let mut other = World::new();
    other.issuer.claims.sub = "lic_trial".into();
    let old = other.issuer.file(None, other.time);
    let mut world = World::activated();
    world.pass(16 * DAY).refresh().unwrap();
    let raw = world.raw();
    let error = world.installation.offline_install(&old, raw).unwrap_err();
    assert_eq!(
        error,
        ClientError::Unusable {
            code: Code::RefreshRequired
        }
    );
    assert_eq!(world.code(), Code::Valid);
    assert!(world.refresh().is_ok(), "its key is still known");
    // One that works may.
    let fresh = other.issuer.file(None, world.time);
    let raw = world.raw();
    let answer = world.installation.offline_install(&fresh, raw).unwrap();
    assert_eq!(answer.license().map(paidup::License::id), Some("lic_trial"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), now in any::<i64>()) {
        let _ = OfflineRequest::parse(&text);
        let _ = OfflineRequest::parse(&format!("PAIDUP-REQUEST-1.{text}"));
        let mut world = World::new();
        let refused = world.installation.offline_install(&text, UnixTime::from_secs(now));
        prop_assert!(refused.is_err());
    }
}
