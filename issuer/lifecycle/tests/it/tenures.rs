//! An item that moves to another product has two licenses: which bills are whose.

use paidup_lifecycle::{
    Flag, Invoice, InvoiceLine, InvoiceStatus, LicenseState, Mapping, Object, Period, Pricing,
    Reason, Status,
};

use crate::story::{DAY, MONTH, START, Story};
use crate::walk::{licenses, mapping};

const UNPAID: (Status, Option<Reason>) = (Status::Suspended, Some(Reason::PaymentFailed));

/// The licenses of an item that moved to another product after its second month had begun.
fn moved(story: &mut Story, mapping: &Mapping) -> Vec<LicenseState> {
    story.move_to("price_draw", Pricing::Licensed);
    let all = licenses(&story.facts, mapping);
    all.into_iter().map(|(_, _, state)| state).collect()
}

#[test]
fn each_license_of_an_item_has_the_bills_of_its_time() {
    let mut story = Story::bought();
    story.refund(2900);
    story.renew(true);
    let both = moved(&mut story, &mapping());
    assert_eq!(both[0].flags, [Flag::OldPeriodRefunded].into());
    assert!(both[1].flags.is_empty(), "that month was over by then");
    assert_eq!(
        both[1].paid_until,
        Some(START.plus(2 * MONTH)),
        "the running month was paid before the move"
    );
    story.renew(false);
    let all = licenses(&story.facts, &mapping());
    let now = |place: usize| {
        let condition = all[place].2.at(story.now);
        (condition.status, condition.reason)
    };
    assert_eq!(now(1), UNPAID);
    let old = all[0].2.at(START.plus(MONTH + 2 * DAY));
    assert!(old.grace.is_some(), "a later bill says nothing of it");
}

#[test]
fn a_usage_bill_of_the_moment_of_a_move_is_of_the_new_license() {
    let mut story = Story::bought();
    story.now = START.plus(MONTH);
    let usage = InvoiceLine {
        item: Some("si_1".to_owned()),
        ..InvoiceLine::new(Period {
            start: START,
            end: START.plus(MONTH),
        })
    };
    story.tell(Object::Invoice(Invoice {
        subscription: Some("sub_1".to_owned()),
        total: 700,
        created: Some(story.now),
        finalized_at: Some(story.now),
        attempted: true,
        lines: vec![usage],
        ..Invoice::new("in_usage", InvoiceStatus::Paid)
    }));
    story.now = story.now.plus(-DAY);
    let both = moved(&mut story, &mapping());
    assert_eq!(story.now, START.plus(MONTH));
    let paid: Vec<_> = both.iter().map(|state| state.paid_at).collect();
    // Each bill is of one license, and none is of nobody's.
    assert_eq!(paid, [Some(START), Some(START.plus(MONTH))]);
}
