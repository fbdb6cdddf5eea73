//! Which invoices pay for an item, and what follows where there are none.

use paidup_lifecycle::{
    Checkout, CheckoutMode, CheckoutPayment, EndReason, Fact, History, Invoice, InvoiceLine,
    InvoiceStatus, Item, Object, Period, Phase, Reason, RefundRule, Settings, Status,
    SubscriptionItem, SubscriptionStatus, Timestamp, reduce,
};

use crate::rules::{answer, state, state_under};
use crate::shop::Shop;
use crate::story::{DAY, MONTH, START, Story, terms};

const ACTIVE: (Status, Option<Reason>) = (Status::Active, None);

fn after(days: i64) -> Timestamp {
    START.plus(days * DAY)
}

/// A paid invoice of the subscription with these lines: item, proration, last day.
fn paid(id: &str, total: i64, lines: &[(Option<&str>, bool, i64)]) -> Object {
    let line = |(item, proration, end): &(Option<&str>, bool, i64)| InvoiceLine {
        item: item.map(str::to_owned),
        proration: *proration,
        period: Period {
            start: START,
            end: after(*end),
        },
        ..InvoiceLine::new(Period::default())
    };
    Object::Invoice(Invoice {
        id: id.to_owned(),
        customer: None,
        subscription: Some("sub_1".to_owned()),
        status: InvoiceStatus::Paid,
        total,
        finalized_at: Some(START),
        due_date: None,
        lines: lines.iter().map(line).collect(),
        truncated: false,
        ..Invoice::new("", InvoiceStatus::Draft)
    })
}

fn paid_until(invoices: &[Object]) -> Option<Timestamp> {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    story
        .subscription
        .items
        .push(SubscriptionItem::new("si_2", "price_other"));
    story.tell_subscription();
    invoices.iter().for_each(|it| story.tell(it.clone()));
    state(&story).paid_until
}

#[test]
fn an_invoice_bills_the_items_that_its_lines_name() {
    let ours = paid("in_1", 2900, &[(Some("si_1"), false, 30)]);
    let others = paid("in_2", 2900, &[(Some("si_2"), false, 60)]);
    assert_eq!(paid_until(&[ours.clone(), others]), Some(after(30)));
    let both = paid(
        "in_2",
        5800,
        &[(Some("si_2"), false, 90), (Some("si_1"), false, 60)],
    );
    assert_eq!(paid_until(&[ours.clone(), both]), Some(after(60)));
    let replaced = paid("in_2", 2900, &[(Some("si_0"), false, 60)]);
    assert_eq!(
        paid_until(&[ours.clone(), replaced]),
        Some(after(60)),
        "it took its place"
    );
    let unnamed = paid("in_2", 2900, &[(None, false, 60)]);
    assert_eq!(
        paid_until(&[ours, unnamed]),
        Some(after(60)),
        "it bills them all"
    );
}

#[test]
fn a_correction_pays_for_no_period() {
    let correction = paid("in_2", 500, &[(Some("si_1"), true, 60)]);
    assert_eq!(paid_until(std::slice::from_ref(&correction)), None);
    let ours = paid("in_1", 2900, &[(Some("si_1"), false, 30)]);
    assert_eq!(paid_until(&[ours, correction]), Some(after(30)));
}

/// A trial of a month that ended on that day, with these invoices.
fn trial(ended: i64, invoices: &[Object]) -> Story {
    let mut story = Story::ordered(SubscriptionStatus::Trialing);
    story.subscription.trial_end = Some(after(30));
    story.tell_subscription();
    invoices.iter().for_each(|it| story.tell(it.clone()));
    story.now = after(ended - 1);
    story.end(EndReason::Requested);
    story
}

#[test]
fn a_grace_belongs_to_what_was_paid() {
    let graced = |story: &Story| state(story).at(story.now).grace.is_some();
    assert!(
        !graced(&trial(30, &[])),
        "without invoices: ended with the trial"
    );
    assert!(!graced(&trial(29, &[])));
    assert!(graced(&trial(31, &[])), "it outlived the trial");
    let mut ended = Story::ordered(SubscriptionStatus::Active);
    ended.end(EndReason::Requested);
    assert!(graced(&ended), "there was no trial");
    let zero = paid("in_1", 0, &[(Some("si_1"), false, 30)]);
    assert!(
        !graced(&trial(31, std::slice::from_ref(&zero))),
        "a trial's zero invoice"
    );
    let correction = paid("in_2", 500, &[(Some("si_1"), true, 20)]);
    assert!(
        graced(&trial(25, &[zero, correction])),
        "something was paid in the trial"
    );
    let unlisted = paid("in_1", 2900, &[]);
    assert!(
        graced(&trial(25, &[unlisted])),
        "its lines are not known, and it was paid"
    );
}

#[test]
fn a_trial_ends_when_nothing_follows_it() {
    let dates = |change: fn(&mut Story)| {
        let mut story = Story::ordered(SubscriptionStatus::Trialing);
        story.subscription.trial_end = Some(after(14));
        change(&mut story);
        story.tell_subscription();
        let condition = state(&story).at(START);
        assert_eq!(condition.ends_at, condition.ends_by, "a trial has no grace");
        (condition.renews_at, condition.ends_at)
    };
    assert_eq!(dates(|_| {}), (Some(after(14)), None));
    assert_eq!(
        dates(|story| story.subscription.cancel_at = Some(after(3))),
        (None, Some(after(3)))
    );
    assert_eq!(
        dates(|story| story.subscription.cancel_at_period_end = true),
        (None, Some(after(14)))
    );
    assert_eq!(
        dates(|story| story.subscription.trial_ends_without_payment = true),
        (None, Some(after(14)))
    );
    assert_eq!(
        dates(|story| {
            story.subscription.cancel_at = Some(after(90));
            story.subscription.trial_ends_without_payment = true;
        }),
        (None, Some(after(14))),
        "the first of two ends"
    );
}

#[test]
fn an_active_subscription_waits_for_its_own_first_payment() {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    story.tell_subscription();
    assert_eq!(
        answer(&story, START),
        ACTIVE,
        "nothing says that it was not paid"
    );
    story.tell_checkout(CheckoutPayment::Unpaid);
    assert_eq!(state(&story).phase, Phase::Pending);

    let mut others = Story::ordered(SubscriptionStatus::Active);
    others.tell_subscription();
    others.tell(Object::Checkout(Checkout {
        id: "cs_2".to_owned(),
        created: Some(START),
        mode: CheckoutMode::Subscription,
        payment_status: CheckoutPayment::Unpaid,
        customer: None,
        email: None,
        name: None,
        subscription: Some("sub_2".to_owned()),
        payment: None,
        invoice: None,
        reference: None,
        metadata: std::collections::BTreeMap::new(),
    }));
    assert_eq!(answer(&others, START), ACTIVE);

    let mut invoiced = Story::ordered(SubscriptionStatus::Active);
    invoiced.subscription.invoiced = true;
    invoiced.tell_subscription();
    invoiced.bill(InvoiceStatus::Open, 2900);
    assert_eq!(answer(&invoiced, START), ACTIVE, "it is paid by hand");

    let mut paid = Story::bought();
    paid.facts
        .retain(|it| !matches!(it.object, Object::Checkout(_)));
    paid.tell_checkout(CheckoutPayment::Unpaid);
    assert_eq!(answer(&paid, START), ACTIVE, "the invoice was paid");
}

#[test]
fn an_end_is_unpaid_if_it_came_of_it_or_left_a_bill() {
    let suspended = (Status::Suspended, Some(Reason::PaymentFailed));
    let mut open = Story::bought();
    open.renew(false);
    open.end(EndReason::Requested);
    assert_eq!(answer(&open, open.now), suspended);
    let mut withdrawn = Story::bought();
    withdrawn.now = withdrawn.now.plus(MONTH);
    withdrawn.bill(InvoiceStatus::Void, 2900);
    withdrawn.end(EndReason::PaymentFailed);
    assert_eq!(answer(&withdrawn, withdrawn.now), suspended);
}

#[test]
fn no_payment_grace_is_none_at_all() {
    let mut story = Story::bought();
    story.renew(false);
    let expected = Phase::Unpaid {
        reason: Reason::PaymentFailed,
        grace_ends_at: None,
    };
    assert_eq!(state(&story).phase, expected);
}

#[test]
fn what_is_over_stays_over_whatever_is_told_later() {
    for status in [
        SubscriptionStatus::Canceled,
        SubscriptionStatus::IncompleteExpired,
    ] {
        let mut story = Story::bought();
        story.subscription.ended_at = Some(story.now);
        story.set_status(status);
        let ended = state(&story);
        story.set_status(SubscriptionStatus::Active);
        assert_eq!(state(&story), ended, "{status:?}");
    }
}

#[test]
fn with_any_refund_counting_one_must_have_been_made() {
    let any = Settings {
        refund: RefundRule::Any,
        ..Settings::default()
    };
    let mut story = Story::bought();
    story.renew(true);
    assert_eq!(
        state_under(&story, &terms(), &any).at(story.now).status,
        Status::Active
    );
    story.refund(2900);
    let refunded = state(&story);
    assert_eq!(refunded.at(story.now).reason, Some(Reason::Refunded));
    assert!(
        refunded.flags.is_empty(),
        "the current period is no old one"
    );
}

#[test]
fn a_refund_that_failed_says_nothing_of_those_that_are_not_known() {
    let mut story = Story::bought();
    story.refund(2900);
    story.refund_object("re_1", 1000, true);
    assert_eq!(
        answer(&story, story.now),
        (Status::Revoked, Some(Reason::Refunded))
    );
}

#[test]
fn a_single_purchase_in_all_its_states() {
    let decide = |shop: &Shop, line: &str| {
        let item = Item::of_checkout("cs_1", line);
        reduce(&shop.history(), &item, &terms(), &Settings::default())
    };
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    for it in &mut shop.facts {
        if let Object::CheckoutLines(it) = &mut it.object {
            let mut second = it.lines.clone();
            second
                .iter_mut()
                .for_each(|it| (it.id, it.quantity) = ("li_2".to_owned(), 5));
            it.lines.extend(second);
        }
    }
    assert_eq!(
        (decide(&shop, "li_1").seats, decide(&shop, "li_2").seats),
        (1, 5)
    );
    assert_eq!(decide(&shop, "li_1").at(START).status, Status::Active);
    let mut disputed = shop.clone();
    disputed.dispute(1, after(1), paidup_lifecycle::DisputeStatus::Open);
    let condition = decide(&disputed, "li_1").at(after(1));
    assert_eq!(
        (condition.status, condition.reason),
        (Status::Suspended, Some(Reason::Disputed))
    );
    for it in &mut shop.facts {
        if let Object::Checkout(it) = &mut it.object {
            it.payment_status = CheckoutPayment::Unpaid;
        }
    }
    assert_eq!(decide(&shop, "li_1").phase, Phase::Pending);
    assert!(History::default().checkout("cs_1").is_none());
}

#[test]
fn a_bill_on_its_own_in_all_its_states() {
    let line = |id: &str, quantity| InvoiceLine {
        id: Some(id.to_owned()),
        quantity,
        ..InvoiceLine::new(Period::default())
    };
    let decide = |status, id: &str| {
        let invoice = Invoice {
            created: Some(START),
            lines: vec![line("il_1", 2), line("il_2", 7)],
            ..Invoice::new("in_1", status)
        };
        let history: History = [Fact::event(START, Object::Invoice(invoice))]
            .into_iter()
            .collect();
        let item = Item::of_invoice("in_1", id);
        reduce(&history, &item, &terms(), &Settings::default())
    };
    let paid = InvoiceStatus::Paid;
    assert_eq!(
        (decide(paid, "il_1").seats, decide(paid, "il_2").seats),
        (2, 7)
    );
    assert_eq!(decide(paid, "il_1").at(START).status, Status::Active);
    for status in [InvoiceStatus::Open, InvoiceStatus::Void] {
        assert_eq!(decide(status, "il_1").phase, Phase::Pending);
    }
}

#[test]
fn a_bill_on_its_own_that_is_not_paid_sells_nothing_and_shows_nothing() {
    let mapping = paidup_lifecycle::Mapping::default();
    let shown = |status| {
        let line = InvoiceLine {
            id: Some("il_1".to_owned()),
            price: Some("price_forgotten".to_owned()),
            ..InvoiceLine::new(Period::default())
        };
        let invoice = Invoice {
            lines: vec![line],
            ..Invoice::new("in_1", status)
        };
        let origin = paidup_lifecycle::InvoiceOrigin {
            invoice: "in_1".to_owned(),
            checkout: None,
        };
        let objects = [Object::Invoice(invoice), Object::InvoiceOrigin(origin)];
        let facts = objects.map(|object| Fact::event(START, object));
        let history: History = facts.into_iter().collect();
        history.bought(&mapping).unmapped.len()
    };
    assert_eq!(shown(InvoiceStatus::Paid), 1, "it is parked and shown");
    assert_eq!(shown(InvoiceStatus::Open), 0);
}

#[test]
fn what_never_began_is_not_carried_on() {
    let mut shop = Shop::default();
    shop.subscription(2, "cus_1", after(2), None);
    let mut lapsed =
        paidup_lifecycle::Subscription::new("sub_1", SubscriptionStatus::IncompleteExpired);
    lapsed.customer = Some("cus_1".to_owned());
    lapsed.started_at = Some(START);
    lapsed.ended_at = Some(after(1));
    lapsed
        .items
        .push(SubscriptionItem::new("si_1", "price_growth_monthly"));
    shop.facts
        .push(Fact::event(after(1), Object::Subscription(lapsed)));
    let mut mapping = paidup_lifecycle::Mapping::default();
    mapping.map_price("price_growth_monthly", terms());
    let history = shop.history();
    let bars = paidup_lifecycle::Bars::new();
    let lineages = history
        .bought(&mapping)
        .lineages(&history, &Settings::default(), &bars);
    assert_eq!(lineages.len(), 2);
}

#[test]
fn a_grace_brings_back_nothing_that_was_suspended_by_the_end() {
    let revoked = |story: &Story, reason| {
        let over = story.now.plus(7 * DAY);
        assert_eq!(
            answer(story, over.plus(-1)),
            (Status::Suspended, Some(reason))
        );
        assert_eq!(answer(story, over), (Status::Revoked, Some(reason)));
    };
    let mut paused = Story::bought();
    paused.set_status(SubscriptionStatus::Paused);
    paused.end(EndReason::Requested);
    revoked(&paused, Reason::Paused);
    let mut resumed = Story::bought();
    resumed.set_status(SubscriptionStatus::Paused);
    resumed.set_status(SubscriptionStatus::Active);
    resumed.end(EndReason::Requested);
    assert_eq!(answer(&resumed, resumed.now), ACTIVE, "in its grace");

    for status in [SubscriptionStatus::PastDue, SubscriptionStatus::Unpaid] {
        let mut withdrawn = Story::bought();
        withdrawn.renew(false);
        withdrawn.set_status(status);
        withdrawn.end(EndReason::Requested);
        withdrawn.settle_last(InvoiceStatus::Void);
        revoked(&withdrawn, Reason::PaymentFailed);
        let mut paid = Story::bought();
        paid.renew(false);
        paid.set_status(status);
        paid.end(EndReason::Requested);
        paid.settle_last(InvoiceStatus::Paid);
        assert_eq!(answer(&paid, paid.now), ACTIVE, "the money came after all");
    }
    let mut withdrawn_before = Story::bought();
    withdrawn_before.renew(false);
    withdrawn_before.settle_last(InvoiceStatus::Void);
    withdrawn_before.set_status(SubscriptionStatus::Active);
    withdrawn_before.end(EndReason::Requested);
    assert_eq!(answer(&withdrawn_before, withdrawn_before.now), ACTIVE);
}
