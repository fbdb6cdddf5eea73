//! Wrong clocks: one contact heals each of them, and none gains a day.

use paidup::{Code, Status, UnixTime};
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
fn a_clock_that_once_ran_far_ahead_locks_nobody_out() {
    for ahead in [2 * DAY, 10 * DAY, 30 * DAY, YEAR, 20 * YEAR] {
        for restarts in [false, true] {
            let mut world = World::activated();
            world.online = false;
            world.pass(DAY).code();
            world.ahead = ahead;
            for _ in 0..3 {
                let usable = world.code().usable();
                assert_eq!(usable, ahead < 13 * DAY, "{ahead}");
                world.pass(600);
                if restarts {
                    world.restart();
                }
            }
            world.ahead = 0;
            for hour in 25..14 * 24 {
                assert_eq!(world.code(), Code::Valid, "{ahead}, hour {hour}");
                world.pass(HOUR);
            }
            world.pass(HOUR);
            assert_eq!(world.code(), Code::RefreshRequired, "{ahead}");
        }
    }
}

#[test]
fn a_clock_that_was_beyond_the_lease_for_days_locks_nobody_out() {
    let mut world = World::activated();
    world.online = false;
    world.ahead = YEAR;
    for _ in 0..10 {
        assert_eq!(world.pass(8 * HOUR).code(), Code::RefreshRequired);
        world.restart();
    }
    world.ahead = 0;
    assert_eq!(world.code(), Code::Valid);
}

#[test]
fn what_was_used_of_a_lease_is_not_used_again() {
    // Rarely opened, and then for two hours or twice: the watermark follows.
    for closed in [2 * DAY, 5 * DAY, 11 * DAY] {
        let mut world = World::activated();
        world.online = false;
        assert_eq!(world.pass(closed).code(), Code::Valid);
        world.restart();
        assert_eq!(world.pass(2 * HOUR).code(), Code::Valid);
        world.restart();
        for back in [4 * HOUR, closed] {
            world.ahead = -back;
            assert_eq!(world.code(), Code::ClockRollback, "{closed} {back}");
        }
        world.ahead = 0;
        assert_eq!(world.code(), Code::Valid, "{closed}");
    }
    // Turned back a little within the hour, it does not start over.
    let mut world = World::activated();
    world.online = false;
    world.pass(5 * DAY).code();
    for _ in 0..4 {
        world.ahead -= 1200;
        world.pass(3000).code();
    }
    world.ahead = -DAY;
    assert_eq!(world.code(), Code::ClockRollback);
}

#[test]
fn a_lease_that_is_over_stays_over_for_those_who_open_the_app_daily() {
    for gap in [HOUR, 8 * HOUR, DAY] {
        let mut world = World::activated();
        world.online = false;
        while world.code().usable() {
            world.pass(gap).restart();
        }
        assert_eq!(world.code(), Code::RefreshRequired);
        for back in [2 * HOUR, DAY, 7 * DAY, 13 * DAY] {
            world.ahead = -back;
            assert!(!world.code().usable(), "{gap} {back}");
        }
    }
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
    /// Whatever the clock does, no answer is a yes on a clock beyond the lease, or behind
    /// what was used of it, be it in steps of a day at most or for an hour at a stretch.
    #[test]
    fn no_clock_makes_a_lease_longer(
        steps in prop::collection::vec(
            (0_i64..3 * DAY, -YEAR..YEAR, any::<bool>(), any::<bool>()),
            1..40,
        ),
    ) {
        /// What is lost of the watermark where the app ends before it is written down.
        const UNSAVED: i64 = 900;

        let mut world = World::activated();
        let lease_ends = world.time.plus(14 * DAY);
        world.online = false;
        let mut used = world.raw();
        let mut stretch: Option<UnixTime> = None;
        for (pass, ahead, jumps, restarts) in steps {
            // As often without a gap of days as with one.
            world.pass(if restarts { pass / 20 } else { pass });
            if jumps {
                world.ahead = ahead;
                stretch = None;
            }
            if restarts {
                world.restart();
            }
            let raw = world.raw();
            if !world.code().usable() {
                stretch = None;
                continue;
            }
            prop_assert!(raw >= used.minus(HOUR + UNSAVED));
            prop_assert!(raw < lease_ends);
            if raw <= used.plus(DAY) || stretch.is_some_and(|since| raw >= since.plus(HOUR)) {
                used = used.max(raw);
                stretch = None;
            } else {
                stretch = stretch.or(Some(raw));
            }
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
