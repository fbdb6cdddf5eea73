//! Which arrears an item shares, since when it is in arrears, and what it was ever paid for
//! (rules 3, 12, 14 and 15).

use paidup_lifecycle::{InvoiceStatus, Mapping, Status, SubscriptionStatus};

use crate::book::{
    GOOD, OVER, Standing, UNPAID, after, correction, extra, grace, license_of, month, patient,
    standing, standing_under,
};
use crate::story::Story;
use crate::walk::mapping;

use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
use SubscriptionStatus::{Active, PastDue};

/// An item of another product joins on day 32; the renewal of the first has failed.
fn joins_in_arrears() -> Story {
    let mut story = Story::bought();
    story.tell_bill(month("in_2", &["si_1"], 30, Open));
    story.stands(30, PastDue);
    story.now = after(32);
    story.add_item("si_2", "price_draw", 1);
    story
}

#[test]
fn what_joins_in_arrears_shares_them() {
    let mut story = joins_in_arrears();
    assert_eq!(standing(&story, "draw"), Some(UNPAID));
    let graced = grace(&story, "draw", &patient());
    assert_eq!(graced, None, "nothing was ever paid for it");
    assert_eq!(grace(&story, "notes", &patient()), Some(after(37)));
    story.ends(33);
    assert_eq!(standing(&story, "notes"), Some(UNPAID));
    assert_eq!(standing(&story, "draw"), Some(OVER));
    // Once it has been paid itself, the arrears of another item are not its own.
    let mut paid = joins_in_arrears();
    paid.tell_bill(month("in_3", &["si_2"], 32, Paid));
    assert_eq!(standing(&paid, "draw"), Some(GOOD));
    assert_eq!(standing(&paid, "notes"), Some(UNPAID));
    let mut given_up = Story::bought();
    given_up.tell_bill(month("in_2", &["si_1"], 30, Uncollectible));
    given_up.stands(30, PastDue);
    given_up.add_item("si_2", "price_draw", 1);
    assert_eq!(standing(&given_up, "draw"), Some(UNPAID));
}

#[test]
fn what_joins_does_not_share_an_extra_bill() {
    let mut story = Story::bought();
    story.tell_bill(extra("in_9", 30, Open));
    story.stands(30, PastDue);
    story.add_item("si_2", "price_draw", 1);
    assert_eq!(standing(&story, "draw"), Some(GOOD));
    story.tell_bill(month("in_2", &["si_2"], 31, Open));
    assert_eq!(standing(&story, "draw"), Some(UNPAID), "that is its own");
}

#[test]
fn what_joined_and_was_never_paid_has_no_grace() {
    let removed = |bill: Option<InvoiceStatus>| {
        let mut story = Story::bought();
        story.now = after(5);
        story.add_item("si_2", "price_draw", 1);
        if let Some(status) = bill {
            story.tell_bill(correction("in_2", "si_2", 5, status));
        }
        story.leaves("si_2", 8);
        standing(&story, "draw")
    };
    assert_eq!(removed(None), Some(OVER));
    assert_eq!(removed(Some(Open)), Some(OVER));
    assert_eq!(removed(Some(Paid)), Some(GOOD));
}

#[test]
fn what_was_paid_under_another_product_counts() {
    let mut story = Story::bought();
    story.moves("price_draw", 31);
    story.ends(40);
    assert_eq!(standing(&story, "draw"), Some(GOOD));
    assert_eq!(grace(&story, "draw", &mapping()), Some(after(47)));
    // A bill that was never paid does not count.
    let mut unpaid = Story::ordered(Active);
    unpaid.subscription.invoiced = true;
    unpaid.tell_bill(month("in_1", &["si_1"], 0, Open));
    unpaid.tell_subscription();
    unpaid.moves("price_draw", 31);
    unpaid.ends(40);
    assert_eq!(standing(&unpaid, "draw"), Some(OVER));
}

/// Since when the license of a product is in its payment grace: the end of that, less a week.
fn since(story: &mut Story, product: &str, mapping: &Mapping) -> Option<i64> {
    let now = story.now;
    let state = license_of(story, product, mapping)?;
    let mut days = (-30..120).filter(|day| {
        let ends_at = state.at(after(*day)).grace_ends_at();
        ends_at == Some(after(day + 1))
    });
    let ends = days.next_back().map(|day| day + 1 - 7);
    story.now = now;
    ends
}

/// The first day of the run of unpaid bills, where those bills were made.
fn run(bills: &[(&str, i64, InvoiceStatus)]) -> Option<i64> {
    let mut story = Story::bought();
    for (n, (kind, day, status)) in bills.iter().enumerate() {
        let id = format!("in_r{n}");
        story.tell_bill(match *kind {
            "month" => month(&id, &["si_1"], *day, *status),
            "correction" => correction(&id, "si_1", *day, *status),
            _ => extra(&id, *day, *status),
        });
    }
    story.stands(0, PastDue);
    since(&mut story, "notes", &patient())
}

#[test]
fn the_payment_grace_counts_from_the_first_of_the_run_of_unpaid_bills() {
    let month = |day, status| ("month", day, status);
    let correction = |day, status| ("correction", day, status);
    assert_eq!(run(&[month(30, Open)]), Some(30));
    assert_eq!(run(&[month(30, Open), month(60, Open)]), Some(30));
    assert_eq!(run(&[month(30, Uncollectible), month(60, Open)]), Some(30));
    assert_eq!(run(&[correction(5, Open), correction(11, Open)]), Some(5));
    assert_eq!(run(&[correction(20, Open), month(30, Open)]), Some(20));
    assert_eq!(run(&[month(30, Open), correction(35, Open)]), Some(30));
    // A month that is paid ends the run, and a correction that is paid does not.
    let broken = [month(30, Open), month(60, Paid), month(90, Open)];
    assert_eq!(run(&broken), Some(90));
    let corrected = [month(30, Open), correction(40, Paid), month(60, Open)];
    assert_eq!(run(&corrected), Some(30));
    let last = [month(30, Open), correction(40, Paid)];
    assert_eq!(run(&last), Some(30));
    // A bill that asks for nothing is not part of the run.
    let withdrawn = [month(30, Void), month(60, Open)];
    assert_eq!(run(&withdrawn), Some(60));
    let drafted = [month(30, Open), month(60, Draft)];
    assert_eq!(run(&drafted), Some(30));
    assert_eq!(run(&[("extra", 20, Open), month(30, Open)]), Some(30));
    assert_eq!(run(&[]), Some(30), "since the end of what was paid");
}

#[test]
fn a_run_of_unpaid_bills_goes_on_when_the_item_is_replaced() {
    let mut story = Story::bought();
    story.tell_bill(month("in_2", &["si_1"], 30, Open));
    story.stands(30, PastDue);
    story.tell_bill(month("in_3", &["si_1"], 58, Open));
    story.now = after(59);
    let before = story.subscription.item_set();
    story.subscription.items.clear();
    story.add_item("si_2", "price_pro", 1);
    before
        .into_iter()
        .for_each(|before| story.tell_change(before));
    assert_eq!(since(&mut story, "notes", &patient()), Some(30));
    let state = license_of(&story, "notes", &mapping());
    let seen: Option<(String, Standing)> = state.map(|state| {
        let condition = state.at(story.now);
        (state.policy, (condition.status, condition.reason))
    });
    assert_eq!(seen, Some(("pro_policy".to_owned(), UNPAID)));
    // It was paid once, so that it is suspended until its grace is over.
    story.ends(60);
    assert_eq!(standing(&story, "notes"), Some(UNPAID));
    story.now = after(67);
    let over = standing(&story, "notes");
    assert_eq!(over.map(|(status, _)| status), Some(Status::Revoked));
}

#[test]
fn a_run_of_unpaid_bills_goes_with_an_item_that_moves() {
    let mut story = Story::bought();
    story.tell_bill(month("in_2", &["si_1"], 30, Open));
    story.stands(30, PastDue);
    story.moves("price_draw", 33);
    assert_eq!(since(&mut story, "draw", &patient()), Some(30));
    assert_eq!(since(&mut story, "notes", &patient()), Some(30));
    story.moves("price_growth_monthly", 34);
    story.ends(35);
    for product in ["notes", "draw"] {
        let seen = standing_under(&story, product, &patient());
        assert_eq!(seen, Some(GOOD), "{product}: within the payment grace");
        assert_eq!(grace(&story, product, &patient()), Some(after(37)));
    }
    // A month that it owed long ago, and that was over when it moved.
    let mut old = Story::bought();
    old.tell_bill(month("in_2", &["si_1"], 30, Open));
    old.stands(30, PastDue);
    old.moves("price_draw", 65);
    assert_eq!(since(&mut old, "draw", &patient()), Some(30));
}

#[test]
fn an_end_within_the_payment_grace_is_revoked_when_that_is_over() {
    let ended = |day: i64| {
        let mut story = Story::bought();
        story.tell_bill(month("in_2", &["si_1"], 30, Open));
        story.stands(30, PastDue);
        story.ends(day);
        let state = license_of(&story, "notes", &patient());
        let status = |at| state.as_ref().map(|state| state.at(after(at)).status);
        let days = (day..60).find(|at| status(*at) == Some(Status::Revoked));
        (status(day), days)
    };
    assert_eq!(ended(32), (Some(Status::Active), Some(37)));
    assert_eq!(ended(36), (Some(Status::Active), Some(37)));
    // After it, what was suspended is so until the grace of the end is over.
    assert_eq!(ended(37), (Some(Status::Suspended), Some(44)));
    assert_eq!(ended(40), (Some(Status::Suspended), Some(47)));
}

#[test]
fn a_product_that_an_item_returns_to_has_the_months_that_it_had() {
    let mut story = Story::bought();
    story.moves("price_draw", 31);
    let mut usage = month("in_at", &["si_1"], 31, Paid);
    let mut between = month("in_in", &["si_1"], 31, Paid);
    for (bill, end, made) in [(&mut usage, 31, 31), (&mut between, 32, 31)] {
        bill.created = Some(after(made).plus(if end == 32 { 60 } else { 0 }));
        for line in &mut bill.lines {
            line.period.start = after(1);
            line.period.end = after(end);
        }
    }
    story.tell_bill(usage);
    story.tell_bill(between);
    story.moves("price_growth_monthly", 33);
    let paid_until = |product| license_of(&story, product, &mapping())?.paid_until;
    assert_eq!(paid_until("notes"), Some(after(30)));
    assert_eq!(paid_until("draw"), Some(after(32)));
}
