//! What is told of a change, and what an administrator's order makes of a condition.

use paidup_lifecycle::{
    Condition, Grace, GraceReason, Order, Reason, Status, Transition, transitions,
};

use crate::story::{DAY, START};

fn active() -> Condition {
    Condition {
        status: Status::Active,
        reason: None,
        grace: None,
        policy: "growth_policy".to_owned(),
        seats: 1,
        entitlements: std::collections::BTreeSet::new(),
        renews_at: Some(START.plus(DAY)),
        ends_at: None,
        ends_by: None,
        paid_until: Some(START),
    }
}

fn refused(status: Status) -> Condition {
    Condition {
        status,
        reason: Some(Reason::Canceled),
        ..active()
    }
}

fn in_grace(days: i64) -> Condition {
    Condition {
        grace: Some(Grace {
            ends_at: START.plus(days * DAY),
            reason: GraceReason::Canceled,
        }),
        ..active()
    }
}

fn paid(days: i64) -> Condition {
    Condition {
        paid_until: Some(START.plus(days * DAY)),
        ..active()
    }
}

#[test]
fn a_new_license_is_told_of_unless_it_is_over() {
    use Transition::{Created, Suspended};
    assert_eq!(transitions(None, &active()), [Created]);
    assert_eq!(transitions(None, &in_grace(7)), [Created]);
    assert_eq!(
        transitions(None, &refused(Status::Suspended)),
        [Created, Suspended]
    );
    for over in [Status::Expired, Status::Revoked, Status::Banned] {
        assert_eq!(transitions(None, &refused(over)), [], "{over}");
    }
}

#[test]
fn each_change_of_status_is_told_once() {
    use Transition::{Expired, Reinstated, Revoked, Suspended};
    let changes = [
        (active(), refused(Status::Suspended), Suspended),
        (active(), refused(Status::Expired), Expired),
        (active(), refused(Status::Revoked), Revoked),
        (active(), refused(Status::Banned), Revoked),
        (refused(Status::Suspended), active(), Reinstated),
        (refused(Status::Revoked), active(), Reinstated),
        (in_grace(7), refused(Status::Revoked), Revoked),
    ];
    for (before, after, told) in changes {
        assert_eq!(transitions(Some(&before), &after), [told]);
        assert_eq!(transitions(Some(&after), &after), []);
    }
    assert!(active().usable() && in_grace(7).usable());
    assert!(!refused(Status::Suspended).usable());
}

#[test]
fn what_was_bought_and_a_grace_are_updates() {
    let seats = Condition {
        seats: 2,
        ..active()
    };
    let policy = Condition {
        policy: "starter_policy".to_owned(),
        ..active()
    };
    let entitlements = Condition {
        entitlements: ["sso".to_owned()].into(),
        ..active()
    };
    for after in [seats, policy, entitlements, in_grace(7)] {
        assert_eq!(transitions(Some(&active()), &after), [Transition::Updated]);
        assert_eq!(transitions(Some(&after), &active()), [Transition::Updated]);
    }
    assert_eq!(
        transitions(Some(&in_grace(7)), &in_grace(8)),
        [Transition::Updated]
    );
    // A date for display is no news.
    let later = Condition {
        renews_at: None,
        ends_by: Some(START),
        ..active()
    };
    assert_eq!(transitions(Some(&active()), &later), []);
}

#[test]
fn a_known_end_is_an_update_and_its_move_with_a_renewal_is_not() {
    use Transition::{Renewed, Revoked, Suspended, Updated};
    let ends = |days: i64| Condition {
        ends_at: Some(START.plus(days * DAY)),
        renews_at: None,
        ..active()
    };
    assert_eq!(transitions(Some(&active()), &ends(9)), [Updated]);
    assert_eq!(transitions(Some(&ends(9)), &active()), [Updated]);
    assert_eq!(transitions(Some(&ends(9)), &ends(5)), [Updated]);
    assert_eq!(transitions(Some(&ends(9)), &ends(9)), []);
    // The bill and the period come in either order.
    let billed = |paid: i64, condition: Condition| Condition {
        paid_until: Some(START.plus(paid * DAY)),
        ..condition
    };
    let (old, new) = (billed(9, ends(9)), billed(40, ends(40)));
    assert_eq!(transitions(Some(&old), &new), [Renewed]);
    assert_eq!(transitions(Some(&old), &billed(9, ends(40))), []);
    assert_eq!(transitions(Some(&billed(9, ends(40))), &new), [Renewed]);
    assert_eq!(transitions(Some(&old), &billed(40, ends(9))), [Renewed]);
    assert_eq!(transitions(Some(&billed(40, ends(9))), &new), []);
    let refusals = [(Status::Suspended, Suspended), (Status::Revoked, Revoked)];
    for (status, told) in refusals {
        assert_eq!(transitions(Some(&ends(9)), &refused(status)), [told]);
    }
}

#[test]
fn a_new_period_is_told_when_it_is_paid_and_only_while_the_license_serves() {
    assert_eq!(
        transitions(Some(&active()), &paid(30)),
        [Transition::Renewed]
    );
    assert_eq!(
        transitions(Some(&paid(30)), &active()),
        [],
        "it was told before"
    );
    let first = Condition {
        paid_until: None,
        ..active()
    };
    assert_eq!(
        transitions(Some(&first), &paid(30)),
        [],
        "the first period is the purchase"
    );
    let refused_since = Condition {
        paid_until: paid(30).paid_until,
        ..refused(Status::Suspended)
    };
    assert_eq!(
        transitions(Some(&refused(Status::Suspended)), &refused_since),
        []
    );
    let back = [Transition::Reinstated, Transition::Renewed];
    assert_eq!(
        transitions(Some(&refused(Status::Suspended)), &paid(30)),
        back
    );
}

#[test]
fn an_order_takes_away_and_never_gives() {
    let ordered = |status| Condition {
        status,
        reason: Some(Reason::Administrator),
        grace: None,
        renews_at: None,
        ends_at: None,
        ends_by: None,
        ..active()
    };
    let known_end = Condition {
        ends_at: Some(START),
        ends_by: Some(START),
        ..in_grace(7)
    };
    assert_eq!(Order::Suspend.over(known_end), ordered(Status::Suspended));
    assert_eq!(Order::Revoke.over(active()), ordered(Status::Revoked));
    assert_eq!(Order::Ban.over(active()), ordered(Status::Banned));
    for (order, status) in [
        (Order::Suspend, Status::Suspended),
        (Order::Suspend, Status::Revoked),
        (Order::Revoke, Status::Revoked),
    ] {
        assert_eq!(order.over(refused(status)), refused(status), "{order:?}");
    }
    assert_eq!(
        Order::Ban.over(refused(Status::Revoked)).status,
        Status::Banned
    );
    assert_eq!(Order::ALL.map(Order::bars), [false, true, true]);
}
