//! The two places: cut off, edited, copied, put back, gone.

use paidup::{Code, Installation, Status};
use proptest::prelude::*;

use super::world::{DAY, KEY, World, setup};

fn codes(state: Option<&[u8]>, witness: Option<&[u8]>, world: &World) -> Code {
    let mut installation = Installation::load(setup(), state, witness);
    installation.check(world.raw()).code()
}

#[test]
fn a_restart_forgets_nothing() {
    let mut world = World::activated();
    for _ in 0..20 {
        world.pass(DAY / 2).restart();
        assert_eq!(world.code(), Code::Valid);
        if world.time.as_secs() % (3 * DAY) < DAY {
            world.refresh().unwrap();
        }
    }
}

#[test]
fn cut_off_at_any_byte_it_is_never_a_wrong_yes_nor_a_panic() {
    let mut world = World::activated();
    world.issuer.claims.status = Status::Suspended;
    world.refresh().unwrap();
    let state = world.state.clone().unwrap();
    let witness = world.witness.clone().unwrap();
    for end in 0..state.len() {
        let code = codes(state.get(..end), Some(&witness), &world);
        // Without the newline at its end it is still whole.
        let whole = end == state.len() - 1;
        let expected = if whole {
            Code::Suspended
        } else {
            Code::NoLicense
        };
        assert_eq!(code, expected, "{end}");
    }
    for end in 0..witness.len() {
        let code = codes(Some(&state), witness.get(..end), &world);
        assert_eq!(code, Code::Suspended, "{end}");
    }
}

#[test]
fn losing_a_place_is_no_crime() {
    let mut world = World::activated();
    world.pass(DAY).save();
    let (state, witness) = (world.state.clone(), world.witness.clone());
    assert_eq!(codes(state.as_deref(), None, &world), Code::Valid);
    assert_eq!(codes(None, witness.as_deref(), &world), Code::NoLicense);
    // All is gone: the key is typed again.
    world.start_with(None, witness.as_deref());
    assert_eq!(world.activate(KEY).unwrap().code(), Code::Valid);
    world.start_with(None, None);
    assert_eq!(world.activate(KEY).unwrap().code(), Code::Valid);
}

/// Used daily, offline, for ten days after an activation and a refresh.
fn used_for_ten_days() -> World {
    let mut world = World::activated();
    world.issuer.claims.seq += 1;
    world.refresh().unwrap();
    world.online = false;
    for _ in 0..10 {
        assert_eq!(world.pass(DAY).code(), Code::Valid);
    }
    world.save();
    world
}

#[test]
fn a_deleted_witness_changes_no_answer_and_is_written_again() {
    let mut world = used_for_ten_days();
    let (state, witness) = (world.state.clone(), world.witness.clone());
    let witness = witness.unwrap();
    let half = &witness[..witness.len() / 2];
    for witness in [None, Some(half), Some(&witness)] {
        world.start_with(state.as_deref(), witness);
        world.ahead = -3 * DAY;
        assert_eq!(world.code(), Code::ClockRollback);
        // An older license file.
        let older = world.time.minus(11 * DAY);
        let file = world.issuer.file(None, older);
        let raw = world.raw();
        let refused = world.installation.offline_install(&file, raw);
        assert_eq!(refused.unwrap_err().code(), Code::StaleToken);
        world.ahead = 0;
        assert_eq!(world.code(), Code::Valid);
    }
    world.start_with(state.as_deref(), None);
    world.witness = None;
    world.pass(DAY).code();
    world.save();
    assert!(world.witness.is_some());
}

#[test]
fn a_deleted_state_takes_the_license_and_not_what_was_seen() {
    let mut world = used_for_ten_days();
    let witness = world.witness.clone();
    world.start_with(None, witness.as_deref());
    assert_eq!(world.code(), Code::NoLicense);
    let raw = world.raw();
    let older = world.issuer.file(None, world.time.minus(11 * DAY));
    let refused = world.installation.offline_install(&older, raw);
    assert_eq!(refused.unwrap_err().code(), Code::StaleToken);
    let newer = world.issuer.file(None, world.time.minus(DAY));
    let taken = world.installation.offline_install(&newer, raw);
    assert_eq!(taken.unwrap().code(), Code::Valid);
    world.ahead = -3 * DAY;
    assert_eq!(world.code(), Code::ClockRollback);
}

#[test]
fn where_both_places_are_put_back_the_lease_still_ends() {
    let mut world = World::activated();
    world.save();
    let before = (world.state.clone(), world.witness.clone());
    world.issuer.claims.seq += 1;
    world.issuer.claims.status = Status::Revoked;
    world.pass(DAY).refresh().unwrap();
    for witness in [before.1.as_deref(), None] {
        world.start_with(before.0.as_deref(), witness);
        assert_eq!(world.code(), Code::Valid);
    }
    world.online = false;
    world.pass(13 * DAY);
    assert_eq!(world.code(), Code::RefreshRequired);
}

#[test]
fn an_edited_state_has_the_watermark_of_its_witness() {
    let mut world = used_for_ten_days();
    let text = String::from_utf8(world.state.clone().unwrap()).unwrap();
    let edited = text.replace("\"watermark\":", "\"was\":");
    assert_ne!(text, edited);
    let witness = world.witness.clone();
    world.ahead = -3 * DAY;
    world.start_with(Some(edited.as_bytes()), witness.as_deref());
    assert_eq!(world.code(), Code::ClockRollback);
    world.start_with(Some(edited.as_bytes()), None);
    assert_eq!(
        world.code(),
        Code::Valid,
        "it begins again at the token's iat"
    );
    let raw = world.raw();
    assert_eq!(world.installation.poll(raw), paidup::Poll::Ask);
}

#[test]
fn putting_back_an_older_state_shows_while_the_witness_stands() {
    let mut world = World::activated();
    world.save();
    let before = world.state.clone();
    world.pass(DAY);
    world.issuer.claims.seq += 1;
    world.issuer.claims.status = Status::Revoked;
    world.refresh().unwrap();
    assert_eq!(world.code(), Code::Revoked);
    let witness = world.witness.clone();
    world.start_with(before.as_deref(), witness.as_deref());
    assert_eq!(world.code(), Code::StaleToken);
    let explained = world.installation.explain(world.raw());
    assert_eq!(explained.code, Code::StaleToken);
    assert!(world.wake(), "and asks at once");
    assert_eq!(world.code(), Code::Revoked);
    // Both put back: until the next contact, as the documentation says.
    world.start_with(before.as_deref(), None);
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn an_issuer_restored_from_a_backup_locks_nobody_out() {
    let mut world = World::activated();
    world.issuer.claims.seq += 5;
    world.pass(DAY).refresh().unwrap();
    // The backup does not know of the last changes.
    world.issuer.claims.seq -= 5;
    assert_eq!(world.pass(DAY).refresh().unwrap().code(), Code::Valid);
    world.restart();
    assert_eq!(world.code(), Code::Valid);
    // Even where the second place could not be written since.
    let stale = world.witness.clone();
    world.pass(DAY).refresh().unwrap();
    let state = world.state.clone();
    world.start_with(state.as_deref(), stale.as_deref());
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn what_was_edited_is_believed_for_its_signatures_alone() {
    let mut world = World::activated();
    world.pass(DAY).save();
    let text = String::from_utf8(world.state.clone().unwrap()).unwrap();
    let later = format!("\"watermark\":{}", world.time.plus(5).as_secs());
    let now = world.time.as_secs() - DAY;
    let edited = text.replace(&format!("\"watermark\":{now}"), &later);
    assert_ne!(text, edited);
    world.start_with(Some(edited.as_bytes()), None);
    assert_eq!(world.code(), Code::Valid);
    assert!(world.wake(), "a refresh is due at once");

    // Editing an entitlement into the token breaks its signature.
    let forged = text.replacen("\"token\":\"ey", "\"token\":\"fy", 1);
    world.start_with(Some(forged.as_bytes()), None);
    assert!(!world.code().usable());
}

#[test]
fn a_file_of_another_machine_says_so_and_asks_nobody() {
    let mut world = World::activated();
    world.save();
    let copied = paidup::Setup::new(crate::fixture::ISSUER, crate::fixture::PRODUCT)
        .root(crate::fixture::public(&super::world::root()))
        .fingerprint("sha256:another-machine");
    let state = world.state.as_deref();
    let mut there = Installation::load(copied, state, world.witness.as_deref());
    let raw = world.raw();
    assert_eq!(there.check(raw).code(), Code::FingerprintMismatch);
    assert_eq!(there.poll(raw), paidup::Poll::Idle);
    let explained = there.explain(raw);
    assert_eq!(explained.code, Code::FingerprintMismatch);
}

#[test]
fn the_key_shows_itself_nowhere_but_in_its_place() {
    let mut world = World::activated();
    world.save();
    let state = String::from_utf8(world.state.clone().unwrap()).unwrap();
    assert!(state.contains(KEY));
    let witness = String::from_utf8(world.witness.clone().unwrap()).unwrap();
    assert!(!witness.contains(KEY));
    let nonce = world.nonce();
    let request = world.installation.activate(KEY, nonce).unwrap();
    world.installation.not_saved();
    let shown = format!("{:?} {request:?}", world.installation);
    assert!(!shown.contains(KEY) && !shown.contains("MPJTB"), "{shown}");
}

#[test]
fn another_process_of_the_app_may_have_been_in_contact() {
    let mut world = World::activated();
    world.save();
    let mut other = Installation::load(setup(), world.state.as_deref(), world.witness.as_deref());
    world.pass(DAY);
    world.issuer.claims.status = Status::Suspended;
    world.refresh().unwrap();
    let raw = world.raw();
    assert_eq!(other.check(raw).code(), Code::Valid);
    other.reload(world.state.as_deref(), world.witness.as_deref());
    assert_eq!(other.check(raw).code(), Code::Suspended);
    // And an older one changes nothing.
    world.installation.reload(None, None);
    assert_eq!(world.code(), Code::Suspended);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_say_yes(
        state in prop::collection::vec(any::<u8>(), 0..500),
        witness in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        let world = World::new();
        prop_assert_eq!(codes(Some(&state), Some(&witness), &world), Code::NoLicense);
    }

    #[test]
    fn no_changed_byte_makes_a_locked_one_say_yes(at in 0_usize..4000, to in any::<u8>()) {
        let mut world = World::activated();
        world.issuer.claims.status = Status::Revoked;
        world.refresh().unwrap();
        let mut state = world.state.clone().unwrap();
        let at = at % state.len();
        state[at] = to;
        prop_assert!(!codes(Some(&state), world.witness.as_deref(), &world).usable());
    }
}
