//! What adds to another license of the same subscription (rule 18).

use paidup_lifecycle::{
    Bars, Charge, EndReason, Extension, Flag, History, Invoice, InvoiceLine, InvoiceStatus,
    LicenseState, Mapped, Mapping, Object, Period, Pricing, Sale, Settings, Settlement, Status,
};
use proptest::prelude::*;

use crate::laws::cases;
use crate::story::{DAY, MONTH, START, Story};
use crate::walk::{GROWTH, SEATS, Step, licenses, mapping as licensed, steps, told};

fn mapping() -> Mapping {
    let mut mapping = licensed();
    for (price, policy, seats) in [
        (SEATS, "growth_policy", true),
        ("price_sso", "growth_policy", false),
        ("price_pro_seats", "pro_policy", true),
    ] {
        let extension = Extension {
            policy: policy.to_owned(),
            product: "notes".to_owned(),
            seats,
            entitlements: [price.to_owned()].into(),
        };
        mapping.map(Mapped::Price(price.to_owned()), Sale::Extension(extension));
    }
    mapping
}

/// The licenses, each by its last item.
fn seen(story: &Story) -> Vec<(String, LicenseState)> {
    let all = licenses(&story.facts, &mapping()).into_iter();
    all.map(|(mut items, _, state)| (items.pop().unwrap_or_default(), state))
        .collect()
}

fn seats(story: &Story) -> Vec<u64> {
    seen(story).iter().map(|(_, state)| state.seats).collect()
}

/// What extends a license that there is not: the item, and the policy.
fn homeless(story: &Story) -> Vec<(String, Option<String>)> {
    let history: History = story.facts.iter().cloned().collect();
    let mapping = mapping();
    let mut bought = history.bought(&mapping);
    let _ = bought.lineages(&history, &Settings::default(), &Bars::new());
    let unmapped = bought.unmapped.into_iter();
    unmapped.map(|sold| (sold.item.id, sold.extends)).collect()
}

#[test]
fn an_extension_adds_what_it_says_and_no_more() {
    let mut story = Story::bought();
    story.add_item("si_2", "price_sso", 4);
    let all = seen(&story);
    assert_eq!(all.len(), 1);
    for (_, state) in &all {
        assert_eq!(state.seats, 1, "its quantity adds no seats");
        assert!(state.entitlements.contains("price_sso"));
        assert!(state.flags.is_empty());
    }
    assert!(homeless(&story).is_empty());
}

#[test]
fn an_extension_belongs_to_a_license_of_its_policy_and_its_subscription() {
    let mut story = Story::bought();
    story.add_item("si_2", "price_pro_seats", 4);
    assert_eq!(seats(&story), [1]);
    let expected = ("si_2".to_owned(), Some("pro_policy".to_owned()));
    assert_eq!(homeless(&story), [expected]);
    // Another subscription of the same customer has a license of that policy.
    let mut other = Story::bought();
    other.move_to("price_pro", Pricing::Licensed);
    for fact in other.facts.drain(..) {
        let mut fact = fact;
        match &mut fact.object {
            Object::Subscription(subscription) => subscription.id = "sub_2".to_owned(),
            Object::ItemSet(set) => set.subscription = "sub_2".to_owned(),
            _ => continue,
        }
        story.facts.push(fact);
    }
    assert!(seats(&story).iter().all(|seats| *seats == 1));
    assert_eq!(homeless(&story).len(), 1);
    // A license that has left the subscription cannot be extended, and what has left
    // extends nothing.
    let mut left = Story::bought();
    left.add_item("si_2", SEATS, 4);
    left.add_item("si_3", "price_draw", 1);
    left.remove_item("si_1");
    let all = seen(&left);
    let first = all.iter().find(|(item, _)| item == "si_1");
    assert_eq!(first.map(|(_, state)| state.seats), Some(1));
    assert_eq!(homeless(&left).len(), 1);
    left.remove_item("si_2");
    assert!(homeless(&left).is_empty());
}

#[test]
fn of_several_licenses_the_one_with_the_lowest_item_is_extended_and_flagged() {
    let mut story = Story::bought();
    story.now = story.now.plus(DAY);
    story.add_item("si_0", GROWTH, 2);
    story.add_item("si_2", SEATS, 4);
    for (item, state) in seen(&story) {
        let extended = item == "si_0";
        let ambiguous = state.flags.contains(&Flag::ExtensionAmbiguous);
        assert_eq!(ambiguous, extended, "{item}");
        assert_eq!(state.seats, if extended { 6 } else { 1 }, "{item}");
    }
}

#[test]
fn an_extension_that_is_refunded_takes_back_its_own() {
    let mut story = Story::bought();
    story.add_item("si_2", SEATS, 4);
    let line = InvoiceLine {
        item: Some("si_2".to_owned()),
        ..InvoiceLine::new(Period {
            start: START,
            end: START.plus(MONTH),
        })
    };
    story.tell(Object::Invoice(Invoice {
        subscription: Some("sub_1".to_owned()),
        total: 400,
        created: Some(START),
        finalized_at: Some(START),
        lines: vec![line],
        ..Invoice::new("in_seats", InvoiceStatus::Paid)
    }));
    story.tell(Object::Settlement(Settlement {
        invoice: "in_seats".to_owned(),
        payment: "pi_seats".to_owned(),
    }));
    assert_eq!(seats(&story), [5]);
    story.now = story.now.plus(DAY);
    story.tell(Object::Charge(Charge {
        id: "ch_seats".to_owned(),
        customer: None,
        payment: Some("pi_seats".to_owned()),
        invoice: None,
        amount: 400,
        amount_refunded: 400,
    }));
    for (_, state) in seen(&story) {
        assert_eq!((state.seats, state.entitlements.len()), (1, 0));
        assert_eq!(state.at(story.now).status, Status::Active);
    }
}

#[test]
fn an_extension_that_is_paid_extends_a_license_that_is_not() {
    let mut story = Story::bought();
    story.add_item("si_2", SEATS, 4);
    // The license's own bill is refunded; that of the seats is not.
    story.refund(2900);
    for (_, state) in seen(&story) {
        assert_eq!(state.seats, 5);
        assert_eq!(state.at(story.now).status, Status::Revoked);
    }
}

#[test]
fn an_extension_that_was_removed_does_not_come_back_with_the_end() {
    let mut story = Story::bought();
    story.add_item("si_2", SEATS, 4);
    story.remove_item("si_2");
    assert_eq!(seats(&story), [1]);
    story.end(EndReason::Requested);
    for (_, state) in seen(&story) {
        assert!(state.at(story.now).grace.is_some());
        assert_eq!((state.seats, state.entitlements.len()), (1, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    /// Whatever joined and left before, a license that can be used has its own seats and
    /// those of the extensions that are sold now.
    #[test]
    fn seats_are_those_that_are_sold_now(steps in steps()) {
        let kept = |step: &Step| !matches!(step, Step::Refund(_));
        let story = told(&steps.into_iter().filter(kept).collect::<Vec<_>>());
        let items = &story.subscription.items;
        let more: u64 = items.iter().filter(|item| item.price == SEATS).map(|item| item.quantity).sum();
        for (item, state) in seen(&story) {
            let sold = items.iter().find(|sold| sold.id == item && sold.price != SEATS);
            let own = sold.map(|sold| sold.quantity);
            if let Some(own) = own
                && state.left_at.is_none()
                && state.at(story.now).usable()
                // In a grace, what was never paid has no part.
                && state.at(story.now).grace.is_none()
            {
                let extended = state.policy == "growth_policy";
                prop_assert_eq!(state.seats, if extended { own + more } else { own });
            }
        }
    }
}
