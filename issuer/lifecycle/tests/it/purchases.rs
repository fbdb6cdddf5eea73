//! What is a purchase of its own, on which terms, and what it replaces.

use paidup_lifecycle::{
    Bars, History, Invoice, InvoiceLine, InvoiceStatus, Item, Mapped, Mapping, Object, Period,
    Pricing, Purchase, PurchaseKey, Resubscribe, Sale, Settings, SubscriptionItem,
    SubscriptionStatus, Timestamp,
};

use crate::story::{DAY, MONTH, START, Story, terms};
use crate::walk::{GROWTH, licenses, mapping, policy};

fn after(days: i64) -> Timestamp {
    START.plus(days * DAY)
}

/// An invoice of the subscription that bills an item at that price in that month.
fn billed(n: i64, item: &str, price: &str) -> Object {
    let line = InvoiceLine {
        item: Some(item.to_owned()),
        price: Some(price.to_owned()),
        ..InvoiceLine::new(Period {
            start: START.plus(n * MONTH),
            end: START.plus((n + 1) * MONTH),
        })
    };
    Object::Invoice(Invoice {
        subscription: Some("sub_1".to_owned()),
        total: 2900,
        created: Some(START),
        lines: vec![line],
        ..Invoice::new(&format!("in_{n}"), InvoiceStatus::Paid)
    })
}

/// The policies that are sold to an item that was only ever seen at that price.
fn policies(price: &str, pricing: Pricing, bills: &[Object]) -> Vec<String> {
    let mut story = Story::ordered(SubscriptionStatus::Active);
    if let Some(item) = story.subscription.items.first_mut() {
        item.price = price.to_owned();
        item.pricing = pricing;
    }
    story.tell_subscription();
    bills.iter().for_each(|bill| story.tell(bill.clone()));
    let all = licenses(&story.facts, &mapping()).into_iter();
    all.map(|(_, _, state)| state.policy).collect()
}

#[test]
fn a_purchase_is_named_by_its_item_its_product_and_its_turn() {
    let mut key = PurchaseKey {
        item: Item::of_subscription("sub_1", "si_1"),
        product: "notes".to_owned(),
        turn: 1,
    };
    assert_eq!(key.to_string(), "sub_1/si_1/notes");
    key.turn = 2;
    assert_eq!(key.to_string(), "sub_1/si_1/notes/2");
}

#[test]
fn an_unmapped_item_has_the_terms_that_it_was_billed_for_last() {
    let forgotten = |bills: &[Object]| policies("price_forgotten", Pricing::Licensed, bills);
    assert!(forgotten(&[]).is_empty());
    let growth = billed(0, "si_1", GROWTH);
    assert_eq!(forgotten(std::slice::from_ref(&growth)), ["growth_policy"]);
    let pro = billed(1, "si_1", "price_pro");
    let other = billed(2, "si_2", "price_draw");
    assert_eq!(forgotten(&[growth, pro, other]), ["pro_policy"]);
}

#[test]
fn a_free_price_mapped_to_nothing_sells_nothing_whatever_was_billed_before() {
    let bills = [billed(0, "si_1", GROWTH)];
    assert!(policies("price_free", Pricing::Free, &bills).is_empty());
}

#[test]
fn a_mapping_by_product_covers_licensed_prices_only() {
    let mut by_product = Mapping::default();
    by_product.map_product("prod_1", terms());
    let mut retired = Mapping::default();
    let product = || Mapped::Product("prod_1".to_owned());
    retired.retire(product(), Sale::License(terms()), after(1));
    for (pricing, sold) in [
        (Pricing::Licensed, true),
        (Pricing::Free, true),
        (Pricing::Metered, false),
    ] {
        let sale = by_product.sale("price_1", Some("prod_1"), pricing, None);
        assert_eq!(sale.is_some(), sold, "{pricing:?}");
        let covered = by_product.covers("price_1", Some("prod_1"), pricing);
        assert_eq!(covered, sold, "{pricing:?}");
        let sale = retired.sale("price_1", Some("prod_1"), pricing, Some(START));
        assert_eq!(sale.is_some(), sold, "{pricing:?}");
        assert!(!retired.covers("price_1", Some("prod_1"), pricing));
    }
    let mut by_price = Mapping::default();
    by_price.map_price("price_1", terms());
    assert!(by_price.covers("price_1", None, Pricing::Metered));
    assert!(
        by_price
            .sale("price_1", None, Pricing::Metered, None)
            .is_some()
    );
}

#[test]
fn a_retired_mapping_serves_what_was_bought_before_that_very_second() {
    let mut mapping = Mapping::default();
    let what = || Mapped::Price(GROWTH.to_owned());
    let sale = |name: &str, product: &str| Sale::License(policy(name, product));
    mapping.retire(what(), sale("second_policy", "draw"), after(9));
    mapping.retire(what(), sale("first_policy", "notes"), after(3));
    let sold = |mapping: &Mapping, since| {
        let sale = mapping.sale(GROWTH, None, Pricing::Licensed, Some(since));
        sale.map(|sale| sale.policy().to_owned())
    };
    let expect = |mapping: &Mapping, since, policy: Option<&str>| {
        assert_eq!(sold(mapping, since).as_deref(), policy);
    };
    expect(&mapping, after(3).plus(-1), Some("first_policy"));
    expect(&mapping, after(3), Some("second_policy"));
    expect(&mapping, after(9).plus(-1), Some("second_policy"));
    expect(&mapping, after(9), None);
    // Where the product is the same, its terms are those of today.
    mapping.map_price(GROWTH, policy("new_policy", "notes"));
    expect(&mapping, after(2), Some("new_policy"));
    expect(&mapping, after(4), Some("second_policy"));
    expect(&mapping, after(9), Some("new_policy"));
    let current: Vec<_> = mapping.current().map(|(_, sale)| sale.product()).collect();
    assert_eq!(current, ["notes"]);
}

#[test]
fn an_item_that_was_away_ended_when_it_left() {
    let mut story = Story::bought();
    story.add_item("si_2", "price_draw", 1);
    story.bill_item("si_2");
    story.remove_item("si_2");
    let left = story.now;
    story.now = after(30);
    let before = story.subscription.item_set();
    story.add_item("si_2", "price_draw", 1);
    before
        .into_iter()
        .for_each(|before| story.tell_change(before));
    let history: History = story.facts.iter().cloned().collect();
    let mapping = mapping();
    let ends = |resubscribe| {
        let settings = Settings {
            resubscribe,
            ..Settings::default()
        };
        let lineages = history
            .bought(&mapping)
            .lineages(&history, &settings, &Bars::new());
        let draw = lineages.iter().filter(|lineage| lineage.product == "draw");
        draw.map(|lineage| {
            let links = lineage.links.iter();
            let left = links.map(|link| link.state.left_at);
            left.collect::<Vec<_>>()
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(ends(Resubscribe::SameKey), [[Some(left), None]]);
    // It was revoked long before it came back.
    let apart = vec![vec![Some(left)], vec![None]];
    assert_eq!(ends(Resubscribe::NewKey), apart);
}

#[test]
fn an_item_replaces_one_of_the_same_product_that_left_at_that_moment() {
    /// The items that the new one has replaced.
    fn replaced(left: &[(&str, &str)], joined: (&str, i64)) -> Vec<String> {
        let mut story = Story::bought();
        for (id, price) in left {
            story.add_item(id, price, 1);
        }
        story.now = after(1);
        let (price, days) = joined;
        let mut before = story.subscription.item_set();
        story.subscription.items.truncate(1);
        if days > 0 {
            story.tell_subscription();
            before.into_iter().for_each(|set| story.tell_change(set));
            before = story.subscription.item_set();
            story.now = after(1 + days);
        }
        let mut item = SubscriptionItem::new("si_9", price);
        item.created = Some(story.now);
        story.subscription.items.push(item);
        story.tell_subscription();
        before.into_iter().for_each(|set| story.tell_change(set));
        let history: History = story.facts.iter().cloned().collect();
        let mapping = mapping();
        let purchases = history.bought(&mapping).purchases;
        let new = |purchase: &&Purchase<'_>| purchase.key.item.id == "si_9";
        purchases
            .iter()
            .find(new)
            .map(|purchase| purchase.replaces.clone())
            .unwrap_or_default()
    }
    let (draw, pro) = (("si_2", "price_draw"), ("si_3", "price_pro"));
    assert_eq!(replaced(&[draw, pro], ("price_draw", 0)), ["si_2"]);
    assert_eq!(replaced(&[draw, pro], (GROWTH, 0)), ["si_3"]);
    assert_eq!(replaced(&[pro], ("price_draw", 0)), [""; 0]);
    assert_eq!(replaced(&[draw], ("price_draw", 2)), [""; 0], "it was gone");
}
