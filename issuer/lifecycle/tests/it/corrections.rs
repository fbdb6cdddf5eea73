//! Bills that correct a change in the middle of a period, bills for usage, and bills of
//! other things: which of them decide (rule 12).

use paidup_lifecycle::{
    Charge, Dispute, DisputeStatus, EndReason, Flag, Invoice, InvoiceLine, InvoiceStatus, Object,
    Period, Pricing, Reason, Settings, Settlement, Status, SubscriptionStatus, Terms, Timestamp,
};

use crate::rules::{answer, state, state_under};
use crate::story::{DAY, MONTH, START, Story, terms};
use crate::walk::{licenses, mapping};

const ACTIVE: (Status, Option<Reason>) = (Status::Active, None);
const REFUNDED: (Status, Option<Reason>) = (Status::Revoked, Some(Reason::Refunded));
const DISPUTED: (Status, Option<Reason>) = (Status::Suspended, Some(Reason::Disputed));
const UNPAID: (Status, Option<Reason>) = (Status::Suspended, Some(Reason::PaymentFailed));

impl Story {
    /// A bill of the item that corrects a change, made now; its payment has its number.
    fn correction(&mut self, item: &str, status: InvoiceStatus) {
        self.correction_due(item, status, None);
    }

    fn correction_due(&mut self, item: &str, status: InvoiceStatus, due: Option<Timestamp>) {
        let line = InvoiceLine {
            item: Some(item.to_owned()),
            proration: true,
            ..InvoiceLine::new(Period {
                start: self.now,
                end: START.plus(MONTH),
            })
        };
        self.tell(Object::Invoice(Invoice {
            subscription: Some("sub_1".to_owned()),
            total: 1000,
            created: Some(self.now),
            finalized_at: Some(self.now).filter(|_| status != InvoiceStatus::Draft),
            due_date: due,
            attempted: status != InvoiceStatus::Draft,
            off_cycle: true,
            lines: vec![line],
            ..Invoice::new("in_c", status)
        }));
        self.tell(Object::Settlement(Settlement {
            invoice: "in_c".to_owned(),
            payment: "pi_c".to_owned(),
        }));
        self.correction_refunded(0);
    }

    fn correction_refunded(&mut self, amount_refunded: u64) {
        self.now = self.now.plus(60);
        self.tell(Object::Charge(Charge {
            id: "ch_c".to_owned(),
            customer: None,
            payment: Some("pi_c".to_owned()),
            invoice: None,
            amount: 1000,
            amount_refunded,
        }));
    }

    fn correction_disputed(&mut self, status: DisputeStatus) {
        self.now = self.now.plus(60);
        self.tell(Object::Dispute(Dispute {
            id: "dp_c".to_owned(),
            charge: Some("ch_c".to_owned()),
            payment: Some("pi_c".to_owned()),
            status,
            amount: None,
            created: None,
        }));
    }
}

fn with_payment_grace() -> Terms {
    Terms {
        payment_grace: 3 * DAY,
        ..terms()
    }
}

#[test]
fn an_upgrade_that_is_not_paid_suspends() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.correction("si_1", InvoiceStatus::Open);
    let upgraded = START.plus(DAY);
    story.set_status(SubscriptionStatus::PastDue);
    assert_eq!(answer(&story, story.now), UNPAID);
    let graced = state_under(&story, &with_payment_grace(), &Settings::default());
    let grace = graced.at(story.now).grace_ends_at();
    assert_eq!(grace, Some(upgraded.plus(3 * DAY)));

    let mut sent = Story::bought();
    sent.correction_due("si_1", InvoiceStatus::Open, Some(START.plus(9 * DAY)));
    sent.set_status(SubscriptionStatus::PastDue);
    let graced = state_under(&sent, &with_payment_grace(), &Settings::default());
    let grace = graced.at(sent.now).grace_ends_at();
    assert_eq!(grace, Some(START.plus(12 * DAY)), "from its last day");
}

#[test]
fn a_dispute_about_an_upgrade_suspends_until_the_next_regular_bill() {
    let mut undisputed = Story::bought();
    undisputed.now = undisputed.now.plus(DAY);
    undisputed.correction("si_1", InvoiceStatus::Paid);
    assert_eq!(answer(&undisputed, undisputed.now), ACTIVE);
    // The upgrade comes later than the month's bill, or in the same second.
    for days in [0, 1] {
        let disputed = |status| {
            let mut story = Story::bought();
            story.now = story.now.plus(days * DAY);
            story.correction("si_1", InvoiceStatus::Paid);
            story.correction_disputed(status);
            story
        };
        for status in [DisputeStatus::Open, DisputeStatus::Lost] {
            let mut story = disputed(status);
            assert_eq!(answer(&story, story.now), DISPUTED, "{status:?}");
            story.renew(true);
            assert_eq!(answer(&story, story.now), ACTIVE, "{status:?}");
        }
        let won = disputed(DisputeStatus::Won);
        assert_eq!(answer(&won, won.now), ACTIVE);
    }
}

#[test]
fn a_refund_of_an_upgrade_is_flagged_and_no_more() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.correction("si_1", InvoiceStatus::Paid);
    assert!(state(&story).flags.is_empty());
    story.correction_refunded(1000);
    assert_eq!(answer(&story, story.now), ACTIVE);
    assert_eq!(state(&story).flags, [Flag::ProrationRefunded].into());
}

#[test]
fn where_corrections_are_all_that_was_paid_they_are_the_bill() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.add_item("si_2", "price_draw", 1);
    story.correction("si_2", InvoiceStatus::Paid);
    let joined = |story: &Story| licenses(&story.facts, &mapping())[1].2.clone();
    assert_eq!(joined(&story).at(story.now).status, Status::Active);
    assert_eq!(joined(&story).paid_until, None, "it covers no whole period");
    story.correction_refunded(1000);
    let refunded = joined(&story);
    let condition = refunded.at(story.now);
    assert_eq!((condition.status, condition.reason), REFUNDED);
    assert!(refunded.flags.is_empty(), "that is no mere correction");
    let first = &licenses(&story.facts, &mapping())[0].2;
    assert_eq!(first.at(story.now).status, Status::Active);
}

#[test]
fn a_correction_that_failed_before_an_unseen_end_means_no_grace() {
    let ended = |status| {
        let mut story = Story::ordered(SubscriptionStatus::Active);
        story.correction("si_1", InvoiceStatus::Paid);
        let paid = story.facts.clone();
        story.facts.clear();
        story.now = story.now.plus(DAY);
        story.correction("si_1", status);
        for fact in &mut story.facts {
            if let Object::Invoice(invoice) = &mut fact.object {
                invoice.id = "in_d".to_owned();
            }
        }
        story.facts.extend(paid);
        story.end(EndReason::Requested);
        answer(&story, story.now)
    };
    assert_eq!(ended(InvoiceStatus::Open), UNPAID);
    assert_eq!(
        ended(InvoiceStatus::Draft),
        ACTIVE,
        "nobody was asked to pay"
    );
}

#[test]
fn when_the_running_period_was_paid_is_known() {
    let mut story = Story::bought();
    assert_eq!(state(&story).paid_at, Some(START));
    story.renew(false);
    assert_eq!(state(&story).paid_at, Some(START));
    story.pay();
    let paid = story.now;
    story.now = story.now.plus(DAY);
    story.correction("si_1", InvoiceStatus::Paid);
    assert_eq!(state(&story).paid_at, Some(paid), "not with the correction");
    // Facts of old do not say when an invoice was paid.
    for fact in &mut story.facts {
        if let Object::Invoice(invoice) = &mut fact.object {
            invoice.paid_at = None;
        }
    }
    assert_eq!(state(&story).paid_at, Some(START.plus(MONTH)));
    let nothing = Story::ordered(SubscriptionStatus::Active);
    assert_eq!(state(&nothing).paid_at, None);
}

#[test]
fn a_withdrawn_bill_does_not_break_the_run_of_unpaid_ones() {
    for between in [InvoiceStatus::Void, InvoiceStatus::Draft] {
        let mut story = Story::bought();
        story.renew(false);
        let first = story.now.plus(DAY);
        story.change_last_bill(|invoice| invoice.due_date = Some(first));
        story.renew(false);
        story.settle_last(between);
        if between == InvoiceStatus::Draft {
            // No later state of it is known.
            story.facts.retain(|fact| match &fact.object {
                Object::Invoice(invoice) => {
                    invoice.id != "in_3" || invoice.status == InvoiceStatus::Draft
                }
                _ => true,
            });
        }
        story.renew(false);
        let graced = state_under(&story, &with_payment_grace(), &Settings::default());
        let expected = paidup_lifecycle::Phase::Unpaid {
            reason: Reason::PaymentFailed,
            grace_ends_at: Some(first.plus(3 * DAY)),
        };
        assert_eq!(graced.phase, expected, "{between:?}");
    }
    let mut paid_between = Story::bought();
    paid_between.renew(false);
    paid_between.renew(true);
    paid_between.renew(false);
    let graced = state_under(&paid_between, &with_payment_grace(), &Settings::default());
    let grace = graced.at(paid_between.now).grace_ends_at();
    assert_eq!(grace, Some(paid_between.now.plus(3 * DAY)));
}

#[test]
fn a_bill_for_usage_pays_for_the_period_that_is_over() {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    if let Some(item) = story.subscription.items.first_mut() {
        item.pricing = Pricing::Metered;
        // The bill that was made now is for the month that ended now.
        item.period_end = Some(START);
    }
    story.bill(InvoiceStatus::Paid, 2900);
    if let Some(item) = story.subscription.items.first_mut() {
        item.period_end = Some(START.plus(MONTH));
    }
    story.tell_subscription();
    assert_eq!(answer(&story, story.now), ACTIVE);
    story.refund(2900);
    assert_eq!(answer(&story, story.now), REFUNDED);
}

#[test]
fn a_manual_bill_without_a_price_is_an_extra_one() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.tell(Object::Invoice(Invoice {
        subscription: Some("sub_1".to_owned()),
        total: 500,
        created: Some(story.now),
        finalized_at: Some(story.now),
        attempted: true,
        off_cycle: true,
        lines: vec![InvoiceLine::new(Period {
            start: START,
            end: START.plus(2 * MONTH),
        })],
        ..Invoice::new("in_extra", InvoiceStatus::Open)
    }));
    story.set_status(SubscriptionStatus::PastDue);
    assert_eq!(answer(&story, story.now), ACTIVE);
}
