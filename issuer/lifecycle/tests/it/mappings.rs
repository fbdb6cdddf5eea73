//! Which mapping serves an item, by when each was in force (rules 10, 11 and 18).

use paidup_lifecycle::{
    Flag, InvoiceStatus, Mapped, Mapping, Object, Pricing, Sale, Since, SubscriptionStatus, Terms,
    Timestamp,
};

use crate::book::{after, license_of, month};
use crate::story::{Story, terms};
use crate::walk::{GROWTH, licenses, policy};

fn price() -> Mapped {
    Mapped::Price(GROWTH.to_owned())
}

fn product() -> Mapped {
    Mapped::Product("prod_1".to_owned())
}

fn draw() -> Terms {
    policy("draw_policy", "draw")
}

/// Of which product an item is that has had the price since then and was bought then.
fn sold(mapping: &Mapping, price: Option<i64>, purchase: Option<i64>) -> Option<String> {
    let since = Since {
        price: price.map(after),
        purchase: purchase.map(after),
    };
    let sale = mapping.sale(GROWTH, Some("prod_1"), Pricing::Licensed, since)?;
    Some(sale.product().to_owned())
}

fn named(product: &str) -> Option<String> {
    Some(product.to_owned())
}

/// The product was mapped first, and one of its prices to another product on day 10.
fn refined() -> Mapping {
    let mut mapping = Mapping::default();
    mapping.map(product(), Sale::License(terms()));
    mapping.map(price(), Sale::License(draw()));
    mapping.date(product(), after(0));
    mapping.date(price(), after(10));
    mapping
}

#[test]
fn a_price_that_is_mapped_later_than_its_product_moves_nobody() {
    let mapping = refined();
    assert_eq!(sold(&mapping, Some(0), Some(0)), named("notes"));
    assert_eq!(sold(&mapping, Some(9), Some(9)), named("notes"));
    assert_eq!(sold(&mapping, Some(10), Some(10)), named("draw"));
    // A change of its price, and not its purchase, brings it under the new mapping.
    assert_eq!(sold(&mapping, Some(11), Some(5)), named("draw"));
    // What is older than both was never of another product.
    assert_eq!(sold(&mapping, Some(-1), Some(-1)), named("draw"));
    assert_eq!(sold(&mapping, None, None), named("draw"));
}

#[test]
fn a_mapping_without_a_date_takes_nobody_away() {
    let mut mapping = Mapping::default();
    mapping.map(product(), Sale::License(terms()));
    mapping.map(price(), Sale::License(draw()));
    for since in [None, Some(0), Some(20)] {
        assert_eq!(sold(&mapping, since, since), named("draw"), "{since:?}");
    }
    mapping.date(price(), after(10));
    assert_eq!(sold(&mapping, Some(5), Some(5)), named("draw"));
}

#[test]
fn the_terms_of_a_product_are_those_of_now() {
    let mut mapping = Mapping::default();
    mapping.map(price(), Sale::License(policy("new_policy", "notes")));
    mapping.date(price(), after(10));
    mapping.retire(price(), Sale::License(terms()), after(10));
    let since = Some(after(0));
    let sale = mapping.sale(GROWTH, None, Pricing::Licensed, since);
    assert_eq!(sale.map(Sale::policy), Some("new_policy"));
}

#[test]
fn a_retired_mapping_serves_what_was_bought_before_it_was() {
    let mut mapping = Mapping::default();
    mapping.retire(price(), Sale::License(terms()), after(5));
    assert_eq!(sold(&mapping, Some(4), Some(4)), named("notes"));
    assert_eq!(
        sold(&mapping, Some(7), Some(0)),
        named("notes"),
        "it returned"
    );
    assert_eq!(sold(&mapping, Some(7), Some(5)), None);
    assert_eq!(sold(&mapping, Some(5), Some(5)), None);
    assert_eq!(sold(&mapping, None, None), named("notes"));
    // What the price sells by its product comes first.
    mapping.map(product(), Sale::License(draw()));
    assert_eq!(sold(&mapping, Some(7), Some(0)), named("draw"));
}

#[test]
fn an_item_that_returns_to_a_retired_price_has_its_terms_again() {
    let mut mapping = Mapping::default();
    mapping.map_price("price_pro", policy("pro_policy", "notes"));
    mapping.retire(price(), Sale::License(terms()), after(5));
    let mut story = Story::bought();
    story.moves("price_pro", 6);
    let policy_now = |story: &Story| license_of(story, "notes", &mapping).map(|it| it.policy);
    assert_eq!(policy_now(&story).as_deref(), Some("pro_policy"));
    story.moves(GROWTH, 7);
    let state = license_of(&story, "notes", &mapping);
    let seen = state.map(|state| (state.policy, state.flags.contains(&Flag::UnmappedPrice)));
    assert_eq!(seen, Some(("growth_policy".to_owned(), true)));
    // The same, where it is archived, is no reason for a warning.
    mapping.archive(price(), Sale::License(terms()));
    let state = license_of(&story, "notes", &mapping);
    let seen = state.map(|state| (state.policy, state.flags.contains(&Flag::UnmappedPrice)));
    assert_eq!(seen, Some(("growth_policy".to_owned(), false)));
}

#[test]
fn an_item_keeps_the_product_that_it_was_sold_as() {
    let mapping = refined();
    let mut story = Story::ordered(SubscriptionStatus::Active);
    for item in &mut story.subscription.items {
        item.product = Some("prod_1".to_owned());
    }
    story.tell_bill(month("in_1", &["si_1"], 0, InvoiceStatus::Paid));
    story.tell_subscription();
    let products = |story: &Story| -> Vec<String> {
        let all = licenses(&story.facts, &mapping).into_iter();
        all.map(|(_, product, _)| product).collect()
    };
    assert_eq!(products(&story), ["notes"]);
    story.now = after(12);
    story.seats(3);
    assert_eq!(products(&story), ["notes"]);
}

#[test]
fn an_archived_mapping_covers_its_price_and_sells_nothing_new() {
    let mut mapping = Mapping::default();
    mapping.archive(product(), Sale::License(draw()));
    let covers = |pricing| mapping.covers(GROWTH, Some("prod_1"), pricing);
    assert!(covers(Pricing::Licensed) && !covers(Pricing::Metered));
    let archived = |pricing| mapping.archived_policy(GROWTH, Some("prod_1"), pricing);
    assert_eq!(archived(Pricing::Licensed), Some("draw_policy"));
    assert_eq!(archived(Pricing::Metered), None);
    assert_eq!(
        mapping.archived_policy(GROWTH, None, Pricing::Licensed),
        None
    );
    assert_eq!(sold(&mapping, Some(0), Some(0)), None);
    assert_eq!(sold(&mapping, None, None), None);
    mapping.archive(price(), Sale::License(terms()));
    let by_price = mapping.archived_policy(GROWTH, Some("prod_1"), Pricing::Licensed);
    assert_eq!(by_price, Some("growth_policy"));
    mapping.map_price("price_pro", draw());
    let by_price = mapping.archived_policy("price_pro", None, Pricing::Licensed);
    assert_eq!(by_price, None, "it is sold");
}

/// An item at a metered price of a mapped product, which is billed at that price; and what
/// it would be sold as.
fn metered(billed: &str) -> Option<String> {
    let mut mapping = Mapping::default();
    mapping.map(product(), Sale::License(terms()));
    let mut story = Story::ordered(SubscriptionStatus::Active);
    for item in &mut story.subscription.items {
        item.price = "price_usage".to_owned();
        item.product = Some("prod_1".to_owned());
        item.pricing = Pricing::Metered;
    }
    let mut bill = month("in_1", &["si_1"], 0, InvoiceStatus::Paid);
    for line in &mut bill.lines {
        line.price = Some(billed.to_owned());
        line.product = Some("prod_1".to_owned());
    }
    story.tell(Object::Invoice(bill));
    story.tell_subscription();
    let all = licenses(&story.facts, &mapping).into_iter();
    all.map(|(_, product, _)| product).next()
}

#[test]
fn a_metered_price_is_never_sold_by_its_product() {
    assert_eq!(metered("price_usage"), None);
    assert_eq!(
        metered("price_flat"),
        named("notes"),
        "it had another price"
    );
}

#[test]
fn since_one_moment_is_both() {
    let at: Option<Timestamp> = Some(after(3));
    let since = Since::from(at);
    assert_eq!((since.price, since.purchase), (at, at));
}
