//! When it asks: in time, seldom, not in step with others, and at once when it may
//! matter.

use paidup::{Code, Event, Nonce, Poll, Reply, Status};

use super::world::{DAY, HOUR, World, problem};

fn wait(world: &mut World) -> i64 {
    let raw = world.raw();
    match world.installation.poll(raw) {
        Poll::Wait { seconds } => i64::try_from(seconds).unwrap(),
        Poll::Ask => 0,
        _ => i64::MAX,
    }
}

#[test]
fn a_year_of_a_license_that_is_paid_for() {
    let mut world = World::new();
    world.issuer.refresh_after = Some(DAY);
    world.activate(super::world::KEY).unwrap();
    let mut asked = 0;
    let end = world.time.plus(365 * DAY);
    while world.time < end {
        // Out of reach for eleven days of every thirty.
        let day = world.time.as_secs() / DAY % 30;
        world.online = day >= 11;
        assert_eq!(world.code(), Code::Valid, "{day}");
        asked += u32::from(world.wake());
        let pause = wait(&mut world).max(1);
        world.pass(pause);
    }
    // Daily, and hourly while the issuer was away.
    assert!((240..5000).contains(&asked), "{asked}");
}

#[test]
fn a_license_in_use_asks_about_the_middle_of_its_lease_and_never_in_step() {
    let mut waits = std::collections::BTreeSet::new();
    for n in 0..40_u8 {
        let mut world = World::activated();
        let raw = world.raw();
        let nonce = Nonce::from_entropy(&[n.wrapping_mul(37); 16]);
        let request = world.installation.refresh(nonce, raw).unwrap();
        let (status, body) = world.issuer.reply(&request, world.time);
        world.deliver(request, status, &body).unwrap();
        let wait = wait(&mut world);
        assert!((7 * DAY..7 * DAY + HOUR).contains(&wait), "{wait}");
        waits.insert(wait);
    }
    assert!(waits.len() > 30, "{waits:?}");
}

#[test]
fn failures_are_spaced_out_and_end_with_the_first_success() {
    let mut world = World::activated();
    world.pass(8 * DAY);
    world.online = false;
    let mut pauses = Vec::new();
    for _ in 0..10 {
        assert!(world.wake());
        let pause = wait(&mut world);
        assert!((60..=4500).contains(&pause), "{pause}");
        pauses.push(pause);
        world.pass(pause);
    }
    assert!(pauses.is_sorted_by(|a, b| *a < *b + 900), "{pauses:?}");
    assert!(pauses.last() > Some(&3000), "{pauses:?}");
    world.online = true;
    assert!(world.wake());
    assert!(wait(&mut world) > 6 * DAY);
}

#[test]
fn an_issuer_may_ask_for_patience_but_not_for_ever() {
    for (asked_for, at_least, at_most) in [(7200, 7200, 9000), (u64::MAX, 86_400, 108_000)] {
        let mut world = World::activated();
        world.pass(8 * DAY);
        let nonce = world.nonce();
        let raw = world.raw();
        let request = world.installation.refresh(nonce, raw).unwrap();
        let reply = Reply {
            status: 429,
            body: b"",
            retry_after: Some(asked_for),
        };
        let error = world.installation.receive(request, reply, raw).unwrap_err();
        assert_eq!(error.code(), Code::RateLimited);
        let wait = wait(&mut world);
        assert!((at_least..=at_most).contains(&wait), "{wait}");
    }
}

#[test]
fn a_locked_client_asks_at_its_start_and_hourly() {
    let mut world = World::activated();
    world.issuer.claims.status = Status::Suspended;
    world.refresh().unwrap();
    let pause = wait(&mut world);
    assert!((HOUR..=HOUR + HOUR / 4).contains(&pause), "{pause}");
    world.pass(60).restart();
    assert_eq!(wait(&mut world), 0, "at its start");
    // One that can be used does not.
    world.issuer.claims.status = Status::Active;
    world.refresh().unwrap();
    world.restart();
    assert!(wait(&mut world) > 6 * DAY);
}

#[test]
fn a_clock_that_is_set_back_does_not_silence_it() {
    let mut world = World::activated();
    world.issuer.claims.status = Status::Suspended;
    world.refresh().unwrap();
    world.ahead = -400 * DAY;
    assert_eq!(wait(&mut world), 0);
}

#[test]
fn it_wakes_when_time_alone_changes_the_answer() {
    let mut world = World::activated();
    let ends_at = world.time.plus(2 * HOUR);
    world.issuer.claims.grace = Some(paidup::Grace {
        ends_at,
        reason: paidup::GraceReason::PaymentFailed,
    });
    world.refresh().unwrap();
    world.online = false;
    let mut seen = Vec::new();
    while world.time < ends_at.plus(60) {
        seen.extend(world.installation.events());
        world.wake();
        let pause = wait(&mut world).max(1);
        world.pass(pause);
    }
    seen.extend(world.installation.events());
    assert!(
        seen.contains(&paidup::Event::Suspended { reason: None }),
        "{seen:?}"
    );
}

#[test]
fn nobody_silences_a_locked_client() {
    let page = b"<html>Back soon</html>";
    let ours = problem(503, "STORE_UNAVAILABLE").1;
    let replies: [(u16, &[u8]); 3] = [(503, page), (503, ours.as_bytes()), (429, b"")];
    for (status, body) in replies {
        let mut world = World::activated();
        world.issuer.claims.status = Status::Suspended;
        world.refresh().unwrap();
        world.pass(2 * HOUR);
        let nonce = world.nonce();
        let raw = world.raw();
        let request = world.installation.refresh(nonce, raw).unwrap();
        let reply = Reply {
            status,
            body,
            retry_after: Some(86_400),
        };
        world.installation.receive(request, reply, raw).unwrap_err();
        let wait = wait(&mut world);
        assert!(wait <= HOUR + HOUR / 4, "{status}: {wait}");
    }
}

#[test]
fn a_failing_issuer_is_told_of_once() {
    let mut world = World::activated();
    world.pass(8 * DAY);
    world.online = false;
    let mut told = Vec::new();
    for _ in 0..5 {
        assert!(world.wake());
        told.extend(world.installation.events());
        let pause = wait(&mut world);
        world.pass(pause);
    }
    let failing = |it: &&Event| matches!(it, Event::RefreshFailing { .. });
    assert_eq!(told.iter().filter(failing).count(), 1, "{told:?}");
    world.online = true;
    assert!(world.wake());
    let recovered = world.installation.events();
    assert!(
        recovered.contains(&Event::RefreshRecovered),
        "{recovered:?}"
    );
    let renewed = |it: &Event| matches!(it, Event::Renewed { .. });
    assert!(recovered.iter().any(renewed), "{recovered:?}");
}
