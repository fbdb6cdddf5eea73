//! Signing keys come and go, and nobody has to do anything.

use ed25519_dalek::Signer as _;
use paidup::{Algorithm, Code, Installation, Received, Reply, Setup};

use super::world::{DAY, HOUR, KEY, World, YEAR, setup, signing_key};
use crate::fixture::{FINGERPRINT, ISSUER, PRODUCT, public};

#[test]
fn who_was_offline_through_a_whole_rotation_heals_at_the_first_refresh() {
    let mut world = World::activated();
    world.online = false;
    world.pass(30 * DAY);
    world.issuer.lists(&[1, 2], world.time);
    world.issuer.signs_with = 2;
    world.pass(400 * DAY);
    world.issuer.lists(&[2, 3], world.time);
    world.issuer.signs_with = 3;
    world.issuer.lists(&[3], world.time);
    world.pass(DAY);
    world.restart();
    assert_eq!(world.code(), Code::RefreshRequired);
    world.online = true;
    assert!(world.wake());
    assert_eq!(world.code(), Code::Valid);
    world.restart();
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn a_compromised_signing_key_costs_nobody_a_visit() {
    let mut world = World::activated();
    world.pass(DAY);
    world.issuer.revokes(1, world.time);
    world.issuer.lists(&[2], world.time);
    world.issuer.signs_with = 2;
    // The token will not do any more; the license key does, in the same breath.
    assert_eq!(world.refresh().unwrap().code(), Code::Valid);
    world.restart();
    assert_eq!(world.code(), Code::Valid);
    let raw = world.raw();
    let license = world.installation.check(raw);
    let key = public(&signing_key(2)).key_id();
    assert_eq!(license.license().unwrap().key_id(), key);
}

#[test]
fn a_revocation_that_arrives_by_file_makes_the_client_ask_with_its_key() {
    let mut world = World::activated();
    let old = world.issuer.token(None, world.time);
    world.pass(DAY);
    world.issuer.revokes(1, world.time);
    world.issuer.lists(&[2], world.time);
    world.issuer.signs_with = 2;
    // A file with a good keyset and a token of the dead key.
    let file = paidup::LicenseFile {
        token: old,
        keyset: Some(world.issuer.keyset()),
    };
    let text = file.seal("then", &public(&signing_key(1)).key_id(), |_| [0; 64]);
    let raw = world.raw();
    let refused = world.installation.offline_install(&text, raw).unwrap_err();
    assert_eq!(refused.code(), Code::KeyRevoked);
    assert_eq!(world.code(), Code::KeyRevoked, "a root has said so");
    assert!(world.wake());
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn an_older_keyset_is_refused_and_costs_nothing() {
    let mut world = World::activated();
    let older = world.issuer.keyset.clone();
    world.issuer.lists(&[1], world.time);
    world.refresh().unwrap();
    world.pass(DAY);
    // The issuer was restored from a backup: its keyset is an old one.
    world.issuer.keyset = older;
    assert_eq!(world.refresh().unwrap().code(), Code::Valid);
    // It would even list a key that the newer one does not know.
    world.issuer.lists(&[5], world.time);
    world.issuer.keyset.version = 1;
    world.issuer.signs_with = 5;
    assert_eq!(world.refresh().unwrap_err().code(), Code::KeysetRollback);
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn a_lowest_version_is_built_into_the_app() {
    let mut world = World::activated();
    world.save();
    let load = |version: u64, world: &World| {
        let setup = setup().min_version(version);
        Installation::load(setup, world.state.as_deref(), world.witness.as_deref())
    };
    let raw = world.raw();
    assert_eq!(load(1, &world).check(raw).code(), Code::Valid);
    world.installation = load(2, &world);
    assert_eq!(world.code(), Code::UnknownKey);
    assert_eq!(world.refresh().unwrap_err().code(), Code::KeysetRollback);
    world.issuer.lists(&[1], world.time);
    assert_eq!(world.refresh().unwrap().code(), Code::Valid);
}

#[test]
fn a_keyset_that_ran_out_stops_no_app_that_works() {
    let mut world = World::activated();
    world.issuer.lease = 400 * DAY;
    world.refresh().unwrap();
    world.online = false;
    world.pass(399 * DAY);
    world.restart();
    assert_eq!(world.code(), Code::Valid);
    // The vendor forgot to renew it for years, and the app that has it goes on.
    world.online = true;
    world.pass(5 * YEAR);
    assert_eq!(world.refresh().unwrap().code(), Code::Valid);
    // A new installation does not start with it.
    let mut late = World::new();
    late.time = world.time;
    late.issuer.keyset = world.issuer.keyset.clone();
    assert_eq!(late.activate(KEY).unwrap_err().code(), Code::KeyNotValid);
}

#[test]
fn keys_and_time_are_learned_in_one_contact_on_any_clock() {
    for ahead in [-20 * YEAR, -2 * HOUR, 20 * YEAR] {
        let mut world = World::activated();
        world.pass(30 * DAY);
        world.ahead = ahead;
        world.issuer.lists(&[2], world.time);
        world.issuer.signs_with = 2;
        world.restart();
        assert_eq!(world.refresh().unwrap().code(), Code::Valid, "{ahead}");
    }
}

#[test]
fn a_thief_of_a_root_cannot_count_past_the_root_that_replaces_it() {
    let mut world = World::activated();
    world.issuer.keyset.version = (1 << 53) - 2;
    world.refresh().unwrap();
    world.save();
    // The next release pins another root, whose keysets count as they did.
    let spare = ed25519_dalek::SigningKey::from_bytes(&[2; 32]);
    let released = Setup::new(ISSUER, PRODUCT)
        .root(public(&spare))
        .fingerprint(FINGERPRINT);
    let (state, witness) = (world.state.clone(), world.witness.clone());
    let mut installation = Installation::load(released, state.as_deref(), witness.as_deref());
    world.issuer.keyset.version = 3;
    let root = public(&spare).key_id();
    let keyset = world
        .issuer
        .keyset
        .seal(&root, Algorithm::EdDsa, |bytes| {
            spare.sign(bytes).to_bytes()
        })
        .unwrap();
    let nonce = world.nonce();
    let raw = world.raw();
    let request = installation.activate(KEY, nonce).unwrap();
    let (status, body) = world.issuer.reply(&request, world.time);
    let body = body.replace(&world.issuer.keyset(), &keyset);
    let reply = Reply {
        status,
        body: body.as_bytes(),
        retry_after: None,
    };
    let received = installation.receive(request, reply, raw).unwrap();
    let Received::Answer(answer) = received else {
        panic!("no answer");
    };
    assert_eq!(answer.code(), Code::Valid);
}
