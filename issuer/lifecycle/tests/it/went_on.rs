//! A dispute about an earlier purchase whose license has been carried on since (rule 6).

use paidup_lifecycle::{
    DisputeStatus, Invoice, InvoiceStatus, LicenseState, Object, Reason, Settlement, Status,
    Timestamp,
};

use crate::book::{after, license_of};
use crate::shop::Shop;
use crate::story::Story;
use crate::walk::{GROWTH, licenses, mapping};

/// A subscription that ended on day 5, its buyer's next one from day 6 on, and a dispute
/// about the first that was opened then.
fn disputed(opened: Option<Timestamp>, status: DisputeStatus) -> Vec<(Vec<String>, LicenseState)> {
    let mut shop = Shop::default();
    shop.customer("cus_1", "ada@example.com");
    shop.subscription(1, "cus_1", after(0), Some(after(5)));
    shop.subscription(2, "cus_1", after(6), None);
    shop.dispute(1, after(9), status);
    for fact in &mut shop.facts {
        if let Object::Dispute(dispute) = &mut fact.object {
            dispute.created = opened;
        }
    }
    let all = licenses(&shop.facts, &mapping()).into_iter();
    all.map(|(items, _, state)| (items, state)).collect()
}

fn count(opened: Option<Timestamp>, status: DisputeStatus) -> usize {
    disputed(opened, status).len()
}

#[test]
fn a_dispute_that_is_opened_after_a_license_went_on_splits_nothing() {
    for status in [DisputeStatus::Open, DisputeStatus::Lost] {
        let all = disputed(Some(after(9)), status);
        let seen: Vec<_> = all
            .iter()
            .map(|(items, state)| (items.join(" "), state.at(after(9)).status))
            .collect();
        assert_eq!(seen, [("si_1 si_2".to_owned(), Status::Active)]);
        assert_eq!(count(Some(after(6).plus(1)), status), 1);
        assert_eq!(count(Some(after(6)), status), 2, "it was open by then");
        assert_eq!(count(Some(after(5)), status), 2);
        assert_eq!(count(Some(after(2)), status), 2);
        assert_eq!(count(None, status), 2, "nobody knows since when");
    }
}

#[test]
fn a_dispute_that_takes_nothing_splits_nothing_whenever_it_was_opened() {
    for status in [
        DisputeStatus::Won,
        DisputeStatus::Inquiry,
        DisputeStatus::Dropped,
    ] {
        assert_eq!(count(Some(after(2)), status), 1, "{status:?}");
    }
}

#[test]
fn what_still_runs_and_is_disputed_is_not_carried_on() {
    let mut shop = Shop::default();
    shop.customer("cus_1", "ada@example.com");
    shop.subscription(1, "cus_1", after(0), None);
    shop.subscription(2, "cus_1", after(6), None);
    shop.dispute(1, after(9), DisputeStatus::Lost);
    assert_eq!(licenses(&shop.facts, &mapping()).len(), 2);
}

#[test]
fn an_item_that_moved_and_came_back_has_one_license_though_its_month_is_disputed() {
    let mut story = Story::bought();
    story.moves("price_draw", 5);
    story.moves(GROWTH, 6);
    story.dispute(1, DisputeStatus::Open);
    let opened = story.now;
    for fact in &mut story.facts {
        if let Object::Dispute(dispute) = &mut fact.object {
            dispute.created = Some(opened);
        }
    }
    let all = licenses(&story.facts, &mapping());
    assert_eq!(all.len(), 2, "{all:?}");
    let state = license_of(&story, "notes", &mapping());
    let condition = state.map(|state| state.at(story.now));
    let seen = condition.map(|condition| (condition.status, condition.reason));
    assert_eq!(seen, Some((Status::Suspended, Some(Reason::Disputed))));
}

#[test]
fn the_first_of_several_disputes_counts() {
    let told = |days: [i64; 2]| {
        let mut shop = Shop::default();
        shop.customer("cus_1", "ada@example.com");
        shop.subscription(1, "cus_1", after(0), Some(after(5)));
        shop.subscription(2, "cus_1", after(6), None);
        // The month of the first was paid by two payments.
        let settlement = Settlement {
            invoice: "in_1".to_owned(),
            payment: "pi_3".to_owned(),
        };
        shop.facts.push(paidup_lifecycle::Fact::event(
            after(0),
            Object::Settlement(settlement),
        ));
        shop.dispute(1, after(9), DisputeStatus::Lost);
        shop.dispute(3, after(9), DisputeStatus::Lost);
        let opened = days.into_iter().map(after);
        let disputes = shop
            .facts
            .iter_mut()
            .filter_map(|fact| match &mut fact.object {
                Object::Dispute(dispute) => Some(dispute),
                _ => None,
            });
        for (dispute, at) in disputes.zip(opened) {
            dispute.created = Some(at);
        }
        licenses(&shop.facts, &mapping()).len()
    };
    assert_eq!(told([9, 8]), 1);
    assert_eq!(told([9, 3]), 2);
    assert_eq!(told([3, 9]), 2);
}

#[test]
fn a_dispute_about_another_month_of_the_first_counts_too() {
    let mut shop = Shop::default();
    shop.customer("cus_1", "ada@example.com");
    shop.subscription(1, "cus_1", after(0), Some(after(5)));
    shop.subscription(2, "cus_1", after(6), None);
    let open = Invoice {
        subscription: Some("sub_1".to_owned()),
        ..Invoice::new("in_5", InvoiceStatus::Open)
    };
    shop.facts.push(paidup_lifecycle::Fact::event(
        after(0),
        Object::Invoice(open),
    ));
    assert_eq!(licenses(&shop.facts, &mapping()).len(), 1);
}
