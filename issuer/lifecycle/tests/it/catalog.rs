//! The catalog changes between events: mappings are taken away, or pointed at another
//! product. What a license becomes is a function of facts and of the catalog's history.

use std::collections::BTreeMap;

use paidup_lifecycle::{Flag, LicenseState, Mapped, Mapping, Sale, Terms, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::laws::{cases, retold};
use crate::story::START;
use crate::walk::{GROWTH, PRICES, Step, Walk, licenses, policy, step};

/// A catalog, and how it came to be what it is.
#[derive(Debug, Clone)]
struct Catalog {
    current: BTreeMap<&'static str, Terms>,
    retired: Vec<(&'static str, Terms, Timestamp)>,
}

impl Catalog {
    fn new() -> Self {
        let sold = [
            (GROWTH, policy("growth_policy", "notes")),
            ("price_pro", policy("pro_policy", "notes")),
            ("price_draw", policy("draw_policy", "draw")),
        ];
        Self {
            current: sold.into(),
            retired: Vec::new(),
        }
    }

    /// The price is mapped to nothing from that moment on.
    fn retire(&mut self, price: &'static str, at: Timestamp) {
        let terms = self.current.remove(price);
        self.retired.extend(terms.map(|terms| (price, terms, at)));
    }

    /// The price sells another product from that moment on.
    fn point(&mut self, price: &'static str, terms: Terms, at: Timestamp) {
        self.retire(price, at);
        self.current.insert(price, terms);
    }

    fn mapping(&self) -> Mapping {
        self.mapping_read_in(&[])
    }

    /// The same catalog, its retired mappings read in another order.
    fn mapping_read_in(&self, order: &[Index]) -> Mapping {
        let mut mapping = Mapping::default();
        for (price, terms) in &self.current {
            mapping.map_price(price, terms.clone());
        }
        let mut left = self.retired.clone();
        for index in order {
            if left.is_empty() {
                break;
            }
            let (price, terms, until) = left.swap_remove(index.index(left.len()));
            mapping.retire(price_of(price), Sale::License(terms), until);
        }
        for (price, terms, until) in left {
            mapping.retire(price_of(price), Sale::License(terms), until);
        }
        mapping
    }
}

fn price_of(price: &str) -> Mapped {
    Mapped::Price(price.to_owned())
}

#[derive(Debug, Clone)]
enum Act {
    Live(Step),
    Retire(usize),
    /// To one of a few products.
    Point(usize, usize),
}

const PRODUCTS: [&str; 3] = ["notes", "draw", "maps"];

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => step().prop_map(Act::Live),
        1 => (0_usize..5).prop_map(Act::Retire),
        1 => (0_usize..5, 0_usize..3).prop_map(|(price, product)| Act::Point(price, product)),
    ];
    prop::collection::vec(act, 0..14)
}

impl Act {
    /// The edit that it makes of the catalog, where it makes one.
    fn edit(&self, catalog: &Catalog, at: Timestamp) -> Option<Catalog> {
        let mut edited = catalog.clone();
        match self {
            Self::Live(_) => return None,
            Self::Retire(place) => edited.retire(PRICES.get(*place)?.0, at),
            Self::Point(place, product) => {
                let product = PRODUCTS.get(*product)?;
                // Another policy of the same product is an edit of terms, and no retirement.
                let price = PRICES.get(*place)?.0;
                let known = catalog.current.get(price);
                if known.is_some_and(|terms| terms.product == *product) {
                    return None;
                }
                edited.point(price, policy(&format!("{product}_policy"), product), at);
            }
        }
        Some(edited)
    }
}

/// What nobody may lose by an edit of the catalog: their items, product, status and seats.
fn held(licenses: &[(Vec<String>, String, LicenseState)], now: Timestamp) -> Vec<String> {
    let see = licenses.iter().map(|(items, product, state)| {
        let condition = state.at(now);
        let (status, grace) = (condition.status, condition.grace_ends_at());
        format!("{items:?} {product} {status} {grace:?} {}", state.seats)
    });
    see.collect()
}

#[test]
fn an_item_keeps_its_product_until_its_price_changes() {
    let mut walk = Walk::new();
    let mut catalog = Catalog::new();
    catalog.point(GROWTH, policy("maps_policy", "maps"), START.plus(1));
    let products = |walk: &Walk| -> Vec<String> {
        let all = licenses(&walk.story.facts, &catalog.mapping()).into_iter();
        all.map(|(_, product, _)| product).collect()
    };
    // Seats are not a price.
    walk.take(&Step::Seats(5));
    assert_eq!(products(&walk), ["notes"]);
    walk.take(&Step::Move(1));
    walk.take(&Step::Move(0));
    assert_eq!(products(&walk), ["notes", "maps"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    /// In whatever order the events arrive, and the retired mappings are read.
    #[test]
    fn the_order_of_arrival_decides_nothing_while_the_catalog_changes(
        acts in acts(),
        order in prop::collection::vec(any::<Index>(), 0..64),
        again in prop::collection::vec(any::<Index>(), 0..16),
        read in prop::collection::vec(any::<Index>(), 0..8),
    ) {
        let mut walk = Walk::new();
        let mut catalog = Catalog::new();
        for act in &acts {
            walk.story.now = walk.story.now.plus(1);
            if let Act::Live(step) = act {
                walk.take(step);
            } else if let Some(edited) = act.edit(&catalog, walk.story.now) {
                catalog = edited;
            }
        }
        let told = &walk.story.facts;
        prop_assert_eq!(
            licenses(told, &catalog.mapping()),
            licenses(&retold(told, &order, &again), &catalog.mapping_read_in(&read))
        );
    }

    /// A mapping that is taken away or pointed elsewhere serves new purchases only: at the
    /// moment of an edit, every license stays what it was.
    #[test]
    fn an_edit_of_the_catalog_takes_nothing_from_what_was_bought(acts in acts()) {
        let mut walk = Walk::new();
        let mut catalog = Catalog::new();
        for act in &acts {
            walk.story.now = walk.story.now.plus(1);
            let now = walk.story.now;
            if let Act::Live(step) = act {
                walk.take(step);
                continue;
            }
            let Some(edited) = act.edit(&catalog, now) else { continue };
            // What was mapped to nothing and is mapped now may begin a license.
            let newly_sold = edited.current.len() > catalog.current.len();
            let facts = &walk.story.facts;
            let before = licenses(facts, &catalog.mapping());
            let after = licenses(facts, &edited.mapping());
            if !newly_sold {
                prop_assert_eq!(held(&before, now), held(&after, now), "{:?}", act);
            }
            catalog = edited;
        }
    }

    /// What is bought after an edit is bought on its terms, whatever was sold before.
    #[test]
    fn a_new_purchase_is_served_by_the_catalog_of_its_day(acts in acts()) {
        let mut catalog = Catalog::new();
        let mut at = START.plus(-30);
        for act in &acts {
            at = at.plus(1);
            catalog = act.edit(&catalog, at).unwrap_or(catalog);
        }
        let sold = catalog.current.get(GROWTH).map(|terms| terms.product.clone());
        let all = licenses(&Walk::new().story.facts, &catalog.mapping());
        let seen = all.first().map(|(_, product, _)| product.clone());
        prop_assert_eq!(seen, sold);
        let flagged = all.iter().any(|(_, _, state)| state.flags.contains(&Flag::UnmappedPrice));
        prop_assert!(!flagged);
    }
}
