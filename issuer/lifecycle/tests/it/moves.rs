//! What becomes of a license when its item moves to another price or product, is removed,
//! or loses its mapping; and what extensions and one-off invoices sell.

use paidup_lifecycle::{
    Bars, Dispute, DisputeStatus, EndReason, Extension, Fact, Flag, History, Invoice, InvoiceLine,
    InvoiceOrigin, InvoiceStatus, LicenseState, Mapped, Mapping, Object, Period, Pricing, Reason,
    Sale, Settings, Status, SubscriptionStatus, Terms, Timestamp,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::laws::cases;
use crate::story::{DAY, MONTH, START, Story, terms};
use crate::walk::{GROWTH, PRICES, Step, licenses, mapping, policy, steps, told};

fn only(facts: &[Fact], mapping: &Mapping) -> LicenseState {
    let mut all = licenses(facts, mapping);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).2
}

#[test]
fn a_price_mapped_to_nothing_keeps_the_terms_and_follows_stripe() {
    let mut story = Story::bought();
    story.move_to("price_forgotten", Pricing::Licensed);
    let state = only(&story.facts, &mapping());
    assert_eq!(
        (state.policy.as_str(), state.at(story.now).status),
        ("growth_policy", Status::Active)
    );
    assert!(state.flags.contains(&Flag::UnmappedPrice));
    story.renew(false);
    let state = only(&story.facts, &mapping());
    assert_eq!(state.at(story.now).status, Status::Suspended);
    story.pay();
    story.end(EndReason::Requested);
    let state = only(&story.facts, &mapping());
    assert_eq!(
        state.at(story.now).grace_ends_at(),
        Some(story.now.plus(7 * DAY))
    );
}

#[test]
fn a_free_price_mapped_to_nothing_is_a_cancellation() {
    let mut story = Story::bought();
    story.move_to("price_free", Pricing::Free);
    let moved = story.now;
    story.end(EndReason::Requested);
    let state = only(&story.facts, &mapping());
    assert_eq!(state.at(moved).grace_ends_at(), Some(moved.plus(7 * DAY)));
    assert_eq!(state.at(moved.plus(7 * DAY)).status, Status::Revoked);
    let mut mapped = mapping();
    mapped.map_price("price_free", policy("free_policy", "notes"));
    let state = only(&story.facts, &mapped);
    assert_eq!(
        state.policy, "free_policy",
        "a free price that is mapped sells its policy"
    );
}

#[test]
fn a_retired_mapping_serves_what_was_bought_before() {
    let mut story = Story::bought();
    let mut retired = Mapping::default();
    let sale = || Sale::License(terms());
    retired.retire(
        Mapped::Price(GROWTH.to_owned()),
        sale(),
        START.plus(5 * DAY),
    );
    let state = only(&story.facts, &retired);
    assert!(state.flags.contains(&Flag::UnmappedPrice));
    story.end(EndReason::Requested);
    assert!(only(&story.facts, &retired).at(story.now).grace.is_some());
    let mut before = Mapping::default();
    before.retire(Mapped::Price(GROWTH.to_owned()), sale(), START.plus(-DAY));
    story.subscription.started_at = Some(START);
    story.now = story.now.plus(1);
    story.tell_subscription();
    assert!(
        licenses(&story.facts, &before).is_empty(),
        "it was bought after that"
    );
}

#[test]
fn a_mapping_pointed_at_another_product_serves_new_purchases_only() {
    let mut story = Story::bought();
    let mut pointed = Mapping::default();
    pointed.retire(
        Mapped::Price(GROWTH.to_owned()),
        Sale::License(terms()),
        START.plus(DAY),
    );
    pointed.map_price(GROWTH, policy("draw_policy", "draw"));
    story.subscription.started_at = Some(START);
    story.tell_subscription();
    let all = licenses(&story.facts, &pointed);
    assert_eq!(all[0].1, "notes");
    let mut later = Story::bought();
    later.subscription.started_at = Some(START.plus(2 * DAY));
    later.now = later.now.plus(2 * DAY);
    later.tell_subscription();
    assert_eq!(licenses(&later.facts, &pointed)[0].1, "draw");
}

#[test]
fn an_item_of_another_product_is_another_license() {
    let mut story = Story::bought();
    story.move_to("price_draw", Pricing::Licensed);
    let moved = story.now;
    let all = licenses(&story.facts, &mapping());
    let seen = |now: Timestamp| -> Vec<(&str, Status, bool)> {
        let see = all.iter().map(|(_, product, state)| {
            let condition = state.at(now);
            (
                product.as_str(),
                condition.status,
                condition.grace.is_some(),
            )
        });
        see.collect()
    };
    let expected = [
        ("notes", Status::Active, true),
        ("draw", Status::Active, false),
    ];
    assert_eq!(seen(moved), expected);
    let over = [
        ("notes", Status::Revoked, false),
        ("draw", Status::Active, false),
    ];
    assert_eq!(seen(moved.plus(7 * DAY)), over);
    // An upgrade within the product is no move.
    let mut upgraded = Story::bought();
    upgraded.move_to("price_pro", Pricing::Licensed);
    assert_eq!(only(&upgraded.facts, &mapping()).policy, "pro_policy");
}

#[test]
fn moving_back_continues_the_license() {
    let mut story = Story::bought();
    story.move_to("price_draw", Pricing::Licensed);
    let before = story.subscription.item_set().unwrap();
    story.move_to(GROWTH, Pricing::Licensed);
    story.tell_change(before);
    let all = licenses(&story.facts, &mapping());
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].0, ["si_1", "si_1"], "one license, two turns");
    assert!(all[0].2.at(story.now).grace.is_none());
    assert_eq!(
        all[1].2.at(story.now).grace_ends_at(),
        Some(story.now.plus(7 * DAY))
    );
}

#[test]
fn an_item_that_is_removed_has_its_grace_and_one_that_joins_is_active() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.add_item("si_2", "price_draw", 4);
    // The bill that carries it is not paid yet.
    story.extra_bill("in_9", InvoiceStatus::Open);
    let joined = licenses(&story.facts, &mapping());
    assert_eq!(
        (joined[1].2.at(story.now).status, joined[1].2.seats),
        (Status::Active, 4)
    );
    let mut unbilled = story.clone();
    unbilled.remove_item("si_2");
    let all = licenses(&unbilled.facts, &mapping());
    assert_eq!(
        all[1].2.at(unbilled.now).status,
        Status::Revoked,
        "nothing was ever paid for it"
    );
    story.bill_item("si_2");
    story.remove_item("si_2");
    let all = licenses(&story.facts, &mapping());
    assert!(
        all[0].2.at(story.now).grace.is_none(),
        "the other item is not concerned"
    );
    let removed = all[1].2.at(story.now);
    assert_eq!(
        (removed.grace_ends_at(), removed.seats),
        (Some(story.now.plus(7 * DAY)), 4)
    );
    assert_eq!(all[1].2.left_at, Some(story.now));
}

#[test]
fn an_item_that_replaces_another_continues_its_license_and_its_bills() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.subscription.items.clear();
    story.add_item("si_0", "price_pro", 1);
    let all = licenses(&story.facts, &mapping());
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0, ["si_1", "si_0"]);
    story.refund(2900);
    let refunded = only(&story.facts, &mapping()).at(story.now);
    assert_eq!(
        refunded.reason,
        Some(Reason::Refunded),
        "it was paid as the other item"
    );
}

#[test]
fn extra_bills_decide_nothing() {
    let mut story = Story::bought();
    story.extra_bill("in_9", InvoiceStatus::Open);
    story.set_status(SubscriptionStatus::PastDue);
    assert_eq!(
        only(&story.facts, &mapping()).at(story.now).status,
        Status::Active
    );
    story.end(EndReason::Requested);
    assert!(only(&story.facts, &mapping()).at(story.now).grace.is_some());
    let mut refunded = Story::bought();
    refunded.extra_bill("in_9", InvoiceStatus::Paid);
    refunded.refund(2900);
    let condition = only(&refunded.facts, &mapping()).at(refunded.now);
    assert_eq!(
        condition.reason,
        Some(Reason::Refunded),
        "the month's own bill went back"
    );
}

#[test]
fn a_bill_that_is_not_due_leaves_good_standing() {
    let mut story = Story::bought();
    story.renew(true);
    story.now = story.now.plus(60);
    story.bill(InvoiceStatus::Open, 2900);
    for fact in &mut story.facts {
        if let Object::Invoice(invoice) = &mut fact.object
            && invoice.status == InvoiceStatus::Open
        {
            invoice.due_date = Some(START.plus(3 * MONTH));
        }
    }
    story.set_status(SubscriptionStatus::Active);
    story.end(EndReason::Requested);
    assert!(only(&story.facts, &mapping()).at(story.now).grace.is_some());
}

#[test]
fn an_end_that_nobody_saw_is_inferred_from_the_bills() {
    let mut story = Story::bought();
    story.renew(false);
    story.end(EndReason::PaymentFailed);
    // All that a late import shows: the subscription as it ended, and its invoices.
    story
        .facts
        .retain(|fact| !matches!(fact.object, Object::Course(_)));
    let state = only(&story.facts, &mapping());
    assert_eq!(state.at(story.now).status, Status::Suspended);
    assert!(state.flags.contains(&Flag::StandingInferred));
    story.settle_last(InvoiceStatus::Paid);
    let paid = only(&story.facts, &mapping());
    assert!(
        paid.at(story.now).grace.is_some(),
        "it was paid after the end"
    );
}

#[test]
fn the_payment_grace_counts_from_the_first_unpaid_bill() {
    let mut mapping = Mapping::default();
    mapping.map_price(
        GROWTH,
        Terms {
            payment_grace: 7 * DAY,
            ..terms()
        },
    );
    let mut story = Story::bought();
    story.renew(false);
    let first = story.now;
    let grace = only(&story.facts, &mapping).at(story.now).grace_ends_at();
    assert_eq!(grace, Some(first.plus(7 * DAY)));
    story.renew(false);
    let condition = only(&story.facts, &mapping).at(story.now);
    assert_eq!(condition.status, Status::Suspended, "no second grace");
    // Past due is known before the bill is: the grace runs since the end of what was paid.
    let mut early = Story::bought();
    early.now = early.now.plus(MONTH);
    early.set_status(SubscriptionStatus::PastDue);
    assert!(only(&early.facts, &mapping).at(early.now).grace.is_some());
}

#[test]
fn a_refund_of_a_part_counts_by_its_share_of_the_bill() {
    let mut story = Story::bought();
    for fact in &mut story.facts {
        match &mut fact.object {
            Object::Invoice(invoice) => invoice.amount_paid = Some(2900),
            Object::Charge(charge) => charge.amount = 2000,
            _ => {}
        }
    }
    let refunded = |amount_refunded| {
        let mut facts = story.facts.clone();
        for fact in &mut facts {
            if let Object::Charge(charge) = &mut fact.object {
                charge.amount_refunded = amount_refunded;
            }
        }
        facts
    };
    let status = |facts: &[Fact]| only(facts, &mapping()).at(START).status;
    assert_eq!(
        status(&refunded(2000)),
        Status::Active,
        "nine of 29 are still paid"
    );
    let lost = |amount| {
        let mut facts = refunded(2000);
        facts.push(Fact::event(
            START,
            Object::Dispute(Dispute {
                id: "dp_2".to_owned(),
                charge: None,
                payment: Some("pi_1".to_owned()),
                status: DisputeStatus::Lost,
                amount: Some(amount),
                created: None,
            }),
        ));
        facts.push(Fact::event(
            START,
            Object::Settlement(paidup_lifecycle::Settlement {
                invoice: "in_1".to_owned(),
                payment: "pi_2".to_owned(),
            }),
        ));
        for fact in &mut facts {
            if let Object::Dispute(dispute) = &mut fact.object {
                dispute.payment = Some("pi_2".to_owned());
            }
        }
        facts
    };
    assert_eq!(status(&lost(100)), Status::Active);
    let all = only(&lost(900), &mapping()).at(START);
    assert_eq!(
        (all.status, all.reason),
        (Status::Revoked, Some(Reason::Disputed))
    );
}

#[test]
fn an_extension_adds_seats_and_takes_only_its_own_back() {
    let mut mapping = mapping();
    mapping.map(
        Mapped::Price("price_seats".to_owned()),
        Sale::Extension(Extension {
            policy: "growth_policy".to_owned(),
            product: "notes".to_owned(),
            seats: true,
            entitlements: ["sso".to_owned()].into(),
        }),
    );
    let mut story = Story::bought();
    story.add_item("si_2", "price_seats", 4);
    let state = only(&story.facts, &mapping);
    assert_eq!(state.seats, 5);
    assert!(state.at(START).entitlements.contains("sso"));
    let mut ended = Story::bought();
    ended.add_item("si_2", "price_seats", 4);
    ended.bill_item("si_2");
    ended.end(EndReason::Requested);
    assert_eq!(only(&ended.facts, &mapping).seats, 5, "it shares the grace");
    story.remove_item("si_2");
    let state = only(&story.facts, &mapping);
    assert_eq!((state.seats, state.entitlements.len()), (1, 0));

    let mut alone = Story::bought();
    alone.subscription.items.clear();
    alone.add_item("si_2", "price_seats", 4);
    alone
        .facts
        .retain(|fact| !matches!(fact.object, Object::ItemSet(_)));
    let history: History = alone.facts.iter().cloned().collect();
    let mut bought = history.bought(&mapping);
    let lineages = bought.lineages(&history, &Settings::default(), &Bars::new());
    assert!(lineages.is_empty());
    assert_eq!(bought.unmapped[0].extends.as_deref(), Some("growth_policy"));
}

#[test]
fn a_paid_invoice_without_a_subscription_is_a_purchase() {
    let line = |price: &str| InvoiceLine {
        id: Some(format!("il_{price}")),
        price: Some(price.to_owned()),
        ..InvoiceLine::new(Period::default())
    };
    let invoice = |status| {
        let invoice = Invoice {
            total: 2900,
            created: Some(START),
            lines: vec![line(GROWTH), line("price_draw")],
            ..Invoice::new("in_1", status)
        };
        Fact::event(START, Object::Invoice(invoice))
    };
    let origin = |checkout: Option<&str>| {
        let origin = InvoiceOrigin {
            invoice: "in_1".to_owned(),
            checkout: checkout.map(str::to_owned),
        };
        Fact::fetched(START, 1, Object::InvoiceOrigin(origin))
    };
    let paid = invoice(InvoiceStatus::Paid);
    let count = |facts: &[Fact]| licenses(facts, &mapping()).len();
    assert_eq!(
        count(std::slice::from_ref(&paid)),
        0,
        "a checkout may have made it"
    );
    assert_eq!(count(&[paid.clone(), origin(None)]), 2);
    assert_eq!(count(&[paid, origin(Some("cs_1"))]), 0);
    assert_eq!(count(&[invoice(InvoiceStatus::Open), origin(None)]), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    #[test]
    fn moves_in_any_order_and_under_any_catalog_give_the_same_licenses(
        steps in steps(),
        order in prop::collection::vec(any::<Index>(), 0..64),
        retired in prop::collection::vec((0_usize..3, 0_i64..90), 0..3),
    ) {
        let story = told(&steps);
        let mut mapping = mapping();
        for (place, day) in retired {
            let what = Mapped::Price(PRICES[place].0.to_owned());
            mapping.retire(what, Sale::License(policy("old_policy", "old")), START.plus(day * DAY));
        }
        let mut shuffled = story.facts.clone();
        for (n, index) in order.iter().enumerate() {
            let other = index.index(shuffled.len());
            let n = n % shuffled.len();
            shuffled.swap(n, other);
        }
        prop_assert_eq!(licenses(&story.facts, &mapping), licenses(&shuffled, &mapping));
    }

    /// Each item of a mapped price in a subscription in good standing has one license, of
    /// the right product and with its seats; whatever else is usable is in a grace.
    #[test]
    fn who_pays_has_a_license_and_nobody_else(steps in steps()) {
        let goes_on = |step: &Step| !matches!(step, Step::Refund(_) | Step::End);
        let mut story = told(&steps.into_iter().filter(goes_on).collect::<Vec<_>>());
        if story.subscription.status != SubscriptionStatus::Active {
            story.pay();
            story.set_status(SubscriptionStatus::Active);
        }
        let mapping = mapping();
        let mut owed = Vec::new();
        let mut open = Vec::new();
        for item in &story.subscription.items {
            match mapping.sale(&item.price, None, item.pricing, None) {
                Some(sale) => {
                    let product = sale.product().to_owned();
                    owed.push((item.id.clone(), product, sale.policy().to_owned(), item.quantity));
                }
                // It keeps the terms that it had, if it had any.
                None if item.pricing == Pricing::Licensed => open.push(item.id.clone()),
                None => {}
            }
        }
        let mut held = Vec::new();
        for (items, product, state) in licenses(&story.facts, &mapping) {
            let condition = state.at(story.now);
            let item = items.last().cloned().unwrap_or_default();
            if condition.usable() && condition.grace.is_none() && !open.contains(&item) {
                held.push((item, product, condition.policy, condition.seats));
            }
        }
        owed.sort();
        held.sort();
        prop_assert_eq!(owed, held);
    }

    #[test]
    fn no_license_outlives_its_subscription(steps in steps()) {
        let mut story = told(&steps);
        if story.subscription.ended_at.is_none() {
            story.end(EndReason::Requested);
        }
        let over = story.now.plus(8 * DAY);
        for (items, _, state) in licenses(&story.facts, &mapping()) {
            prop_assert!(!state.at(over).usable(), "{items:?} {state:?}");
        }
    }
}
