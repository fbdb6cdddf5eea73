//! Wrong clocks: one contact heals each of them, and none gains a day.

use paidup::{Code, Status};
use proptest::prelude::*;

use super::world::{DAY, HOUR, KEY, World, YEAR};

#[test]
fn an_activation_works_on_any_clock() {
    for ahead in [
        -30 * YEAR,
        -YEAR,
        -2 * HOUR,
        -400,
        400,
        2 * HOUR,
        YEAR,
        30 * YEAR,
    ] {
        let mut world = World::new();
        world.ahead = ahead;
        assert_eq!(world.activate(KEY).unwrap().code(), Code::Valid, "{ahead}");
        for _ in 0..13 {
            world.pass(DAY);
            assert_eq!(world.code(), Code::Valid, "{ahead}");
        }
        world.restart();
        assert_eq!(world.code(), Code::Valid, "{ahead}");
        world.online = false;
        world.pass(DAY);
        // A clock that is a little behind is believed for as long.
        let behind = if (-DAY..0).contains(&ahead) {
            -ahead
        } else {
            0
        };
        world.pass(behind);
        assert_eq!(world.code(), Code::RefreshRequired, "{ahead}");
    }
}

#[test]
fn one_contact_heals_a_clock_that_went_wrong() {
    for ahead in [-30 * YEAR, -3 * HOUR, 15 * DAY, 3 * YEAR, 30 * YEAR] {
        let mut world = World::activated();
        world.pass(2 * DAY);
        assert_eq!(world.code(), Code::Valid);
        world.ahead = ahead;
        let alone = world.code();
        assert!(!alone.usable() || ahead.abs() < DAY, "{ahead}: {alone}");
        assert_eq!(world.refresh().unwrap().code(), Code::Valid, "{ahead}");
        world.pass(5 * DAY);
        assert_eq!(world.code(), Code::Valid, "{ahead}");
        // Its owner sets it right.
        world.ahead = 0;
        assert_eq!(world.code(), Code::Valid, "{ahead}");
    }
}

#[test]
fn a_clock_that_is_set_right_costs_nobody_a_day() {
    for ahead in [-13 * DAY, -5 * DAY, -2 * HOUR, 2 * HOUR, 5 * DAY, 13 * DAY] {
        let mut world = World::new();
        world.ahead = ahead;
        world.activate(KEY).unwrap();
        world.ahead = 0;
        world.online = false;
        for hour in 0..14 * 24 {
            assert_eq!(world.code(), Code::Valid, "{ahead}, hour {hour}");
            world.pass(HOUR);
        }
        // Nor does anybody who opens the app gain more than the hour by which a clock may
        // lie behind, and the one since it was opened last.
        world.pass(2 * HOUR);
        assert_eq!(world.code(), Code::RefreshRequired, "{ahead}");
    }
}

#[test]
fn a_dead_battery_is_told_as_what_it_is() {
    let mut world = World::activated();
    world.pass(3 * DAY);
    world.online = false;
    assert_eq!(world.code(), Code::Valid);
    world.ahead = 1 - world.time.as_secs();
    world.restart();
    assert_eq!(world.code(), Code::ClockRollback);
    world.ahead = 0;
    assert_eq!(
        world.code(),
        Code::Valid,
        "set right, it works without contact"
    );
}

#[test]
fn setting_the_clock_back_gains_nothing() {
    let mut world = World::activated();
    world.online = false;
    for _ in 0..14 {
        world.pass(DAY - 1).code();
    }
    world.pass(14);
    assert_eq!(world.code(), Code::RefreshRequired);
    world.restart();
    for back in [2 * HOUR, DAY, 13 * DAY, YEAR] {
        world.ahead = -back;
        assert!(!world.code().usable(), "{back}");
    }
    world.ahead = -7 * DAY;
    assert_eq!(world.code(), Code::ClockRollback);
}

#[test]
fn a_clock_that_once_ran_far_ahead_does_not_lock_out_for_years() {
    let mut world = World::activated();
    world.pass(DAY);
    world.ahead = 20 * YEAR;
    assert_eq!(world.code(), Code::RefreshRequired);
    world.restart();
    world.ahead = 0;
    assert_eq!(world.code(), Code::ClockRollback);
    assert!(world.wake(), "a contact is due at once");
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn a_correction_that_fits_no_more_does_not_lock_out() {
    let mut world = World::new();
    world.ahead = 3 * HOUR;
    world.activate(KEY).unwrap();
    // Set right; the token in hand fits the clock, and later it does not.
    world.ahead = 0;
    world.pass(14 * DAY - 60);
    assert_eq!(world.code(), Code::Valid);
    world.online = false;
    // What it was wrong by is the most that can be gained.
    world.pass(3 * HOUR + 120);
    assert_eq!(world.code(), Code::RefreshRequired);
}

#[test]
fn a_refusal_stays_one_on_a_wrong_clock() {
    for ahead in [-YEAR, 0, YEAR] {
        let mut world = World::activated();
        world.pass(DAY);
        world.ahead = ahead;
        world.issuer.claims.status = Status::Revoked;
        assert_eq!(world.refresh().unwrap().code(), Code::Revoked);
        for _ in 0..5 {
            world.pass(3 * DAY);
            assert_eq!(world.code(), Code::Revoked, "{ahead}");
        }
    }
}

#[test]
fn a_clock_that_stays_wrong_never_jumps() {
    for ahead in [-13 * DAY, -3 * DAY, -2 * HOUR, 2 * HOUR, 3 * DAY, 13 * DAY] {
        let mut world = World::new();
        world.ahead = ahead;
        world.activate(KEY).unwrap();
        let ends = world.time.plus(14 * DAY);
        world.online = false;
        while world.time < ends.minus(HOUR) {
            assert_eq!(world.code(), Code::Valid, "{ahead} {}", world.time);
            world.pass(HOUR);
        }
        // A little behind, the clock is believed within the tolerance.
        world.pass(4 * HOUR).restart();
        assert_eq!(world.code(), Code::RefreshRequired, "{ahead}");
    }
}

proptest! {
    /// Whatever the clock does, no answer is a yes after the lease by true time has
    /// been over for longer than the tolerance, unless the clock was turned back
    /// behind what was seen, which is told.
    #[test]
    fn no_clock_makes_a_lease_longer(
        steps in prop::collection::vec((0_i64..3 * DAY, -YEAR..YEAR, any::<bool>()), 1..40),
    ) {
        let mut world = World::activated();
        let lease_ends = world.time.plus(14 * DAY);
        world.online = false;
        let mut latest = world.raw();
        for (pass, ahead, jumps) in steps {
            world.pass(pass);
            if jumps {
                world.ahead = ahead;
            }
            let raw = world.raw();
            let code = world.code();
            if code.usable() {
                // What a clock has shown once, it may not take back by an hour.
                prop_assert!(raw >= latest.min(lease_ends).minus(HOUR));
                prop_assert!(raw < lease_ends);
            }
            latest = latest.max(raw);
        }
    }

    /// A contact heals every clock.
    #[test]
    fn a_contact_heals_every_clock(
        steps in prop::collection::vec((0_i64..20 * DAY, -40 * YEAR..40 * YEAR), 1..20),
    ) {
        let mut world = World::activated();
        for (pass, ahead) in steps {
            world.pass(pass);
            world.ahead = ahead;
            world.code();
            prop_assert_eq!(world.refresh().unwrap().code(), Code::Valid);
            world.pass(DAY);
            prop_assert_eq!(world.code(), Code::Valid);
            world.restart();
            prop_assert_eq!(world.code(), Code::Valid);
        }
    }
}
