//! One-off purchases: refunded, disputed, and bought again.

use std::collections::{BTreeMap, BTreeSet};

use paidup_lifecycle::{
    Bars, CheckoutLines, Fact, Flag, History, Item, Lack, Line, Mapping, Object, Reason, Settings,
    Status, Timestamp,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::laws::{cases, retold};
use crate::story::{DAY, START, Story};
use crate::till::{Fate, Told, sold, tell};
use crate::walk::{GROWTH, licenses, policy};

fn mapping() -> Mapping {
    let mut mapping = Mapping::default();
    mapping.map_price("price_lifetime", policy("lifetime_policy", "notes"));
    mapping.map_price("price_draw", policy("draw_policy", "draw"));
    mapping
}

/// A license: its items, and how its last purchase stands.
#[derive(Debug, PartialEq)]
struct Seen {
    product: String,
    items: Vec<Item>,
    began: Option<Timestamp>,
    over_since: Option<Timestamp>,
    stands: (Status, Option<Reason>),
    flagged: bool,
}

fn seen(history: &History) -> Vec<Seen> {
    let mapping = mapping();
    let mut bought = history.bought(&mapping);
    let lineages = bought.lineages(history, &Settings::default(), &Bars::new());
    let see = lineages.iter().filter_map(|lineage| {
        let last = lineage.last().filter(|last| last.state.is_provisioned())?;
        let condition = last.state.at(START.plus(1_000 * DAY));
        Some(Seen {
            product: lineage.product.to_owned(),
            items: lineage.keys().map(|key| key.item.clone()).collect(),
            began: lineage.links.first()?.purchase.started_at,
            over_since: last.state.over_since,
            stands: (condition.status, condition.reason),
            flagged: last.state.flags.contains(&Flag::EarlierPurchaseBarred),
        })
    });
    see.collect()
}

#[test]
fn a_one_time_line_beside_a_subscription_is_a_purchase_of_its_own() {
    let mut story = Story::bought();
    let line = |id: &str, price: &str, one_time| Line {
        id: id.to_owned(),
        price: price.to_owned(),
        product: None,
        quantity: 1,
        one_time,
    };
    story.tell(Object::CheckoutLines(CheckoutLines {
        checkout: "cs_1".to_owned(),
        lines: vec![
            line("li_1", GROWTH, false),
            line("li_2", "price_lifetime", true),
        ],
    }));
    let mut mapping = mapping();
    mapping.map_price(GROWTH, policy("growth_policy", "notes"));
    let stands = |story: &Story| -> BTreeMap<String, Status> {
        let all = licenses(&story.facts, &mapping).into_iter();
        all.map(|(items, _, state)| (items.concat(), state.at(story.now).status))
            .collect()
    };
    let both = |status| {
        ["si_1", "li_2"]
            .map(|item| (item.to_owned(), status))
            .into()
    };
    assert_eq!(stands(&story), both(Status::Active));
    // One payment paid for both.
    story.refund(2900);
    assert_eq!(stands(&story), both(Status::Revoked));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    /// A checkout, its invoice and its payment are one purchase, in whatever order they
    /// arrive; and who was refunded and buys again goes on with the license.
    #[test]
    fn one_off_purchases_make_the_same_licenses_in_any_order(
        all in prop::collection::vec(sold(), 1..6),
        order in prop::collection::vec(any::<Index>(), 0..64),
        again in prop::collection::vec(any::<Index>(), 0..16),
    ) {
        let told = tell(&all);
        let facts: Vec<Fact> = told.iter().flat_map(|one| one.facts.clone()).collect();
        let history: History = facts.iter().cloned().collect();
        let licenses = seen(&history);
        let shuffled: History = retold(&facts, &order, &again).into_iter().collect();
        prop_assert_eq!(&licenses, &seen(&shuffled));

        // Each line that was paid, mapped and known is in one license, and nothing else is.
        let mut followed: Vec<&Item> = licenses.iter().flat_map(|seen| &seen.items).collect();
        followed.sort();
        let mut paid: Vec<Item> = Vec::new();
        for one in told.iter().filter(|one| one.known() && one.sold.fate != Fate::NeverPaid) {
            for (line, price) in one.sold.prices.iter().enumerate() {
                if *price != "price_forgotten" {
                    paid.push(one.item(line));
                }
            }
        }
        paid.sort();
        prop_assert_eq!(followed, paid.iter().collect::<Vec<_>>());

        // What is not known is asked for.
        let asked: BTreeSet<Lack> = told
            .iter()
            .filter(|one| !one.known() && one.sold.fate != Fate::NeverPaid)
            .map(|one| Lack::InvoiceOrigin(one.id("in")))
            .collect();
        let lacks = history.lacks().into_iter();
        let lacks: BTreeSet<Lack> =
            lacks.filter(|lack| matches!(lack, Lack::InvoiceOrigin(_))).collect();
        prop_assert_eq!(lacks, asked);

        for license in &licenses {
            let last = told.iter().rfind(|one| {
                license.items.last().is_some_and(|item| {
                    [one.id("cs"), one.id("in")].iter().any(|id| id == item.origin_id())
                })
            });
            prop_assert_eq!(Some(license.stands), last.map(Told::expected));
            // Nobody has a second license who could go on with a refunded one.
            let missed = licenses.iter().find(|earlier| {
                earlier.product == license.product
                    && earlier.over_since.is_some()
                    && earlier.over_since <= license.began
            });
            prop_assert!(missed.is_none(), "{:?} could go on with {:?}", license, missed);
        }
    }
}
