//! Which license a purchase carries on.

use paidup_lifecycle::{
    Bars, Checkout, Customer, DisputeStatus, Fact, Flag, History, Item, Lack, Mapping, Object,
    PurchaseKey, Resubscribe, Settings, Status, SubscriptionStatus, Terms, Timestamp,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::laws::cases;
use crate::shop::Shop;
use crate::story::{DAY, START, terms};

fn mapping() -> Mapping {
    let mut mapping = Mapping::default();
    mapping.map_price("price_growth_monthly", terms());
    mapping.map_price("price_lifetime", terms());
    mapping
}

type Seen = Vec<(Vec<String>, Status, bool)>;

/// Each lineage: its items, where it stands, and whether it is flagged.
fn seen(history: &History, resubscribe: Resubscribe, bars: &Bars, now: Timestamp) -> Seen {
    let settings = Settings {
        resubscribe,
        ..Settings::default()
    };
    let mapping = mapping();
    let lineages = history.bought(&mapping).lineages(history, &settings, bars);
    let see = lineages.iter().filter_map(|it| {
        let last = it.last()?;
        let flagged = last.state.flags.contains(&Flag::EarlierPurchaseBarred);
        let items = it.keys().map(|key| key.item.id.clone()).collect();
        Some((items, last.state.at(now).status, flagged))
    });
    see.collect()
}

fn lineages(shop: &Shop) -> Seen {
    seen(
        &shop.history(),
        Resubscribe::SameKey,
        &Bars::new(),
        after(90),
    )
}

fn after(days: i64) -> Timestamp {
    START.plus(days * DAY)
}

fn items(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|it| (*it).to_owned()).collect()
}

fn one(ids: &[&str], status: Status) -> (Vec<String>, Status, bool) {
    (items(ids), status, false)
}

/// A subscription that ended after 20 days, and another that began on that day.
fn came_back(on: i64) -> Shop {
    let mut shop = Shop::default();
    shop.customer("cus_1", "ada@example.com");
    shop.customer("cus_2", " Ada@Example.com ");
    shop.subscription(1, "cus_1", START, Some(after(20)));
    shop.subscription(2, "cus_2", after(on), None);
    shop
}

#[test]
fn who_comes_back_carries_the_license_on() {
    for on in [20, 22, 60] {
        let expected = [one(&["si_1", "si_2"], Status::Active)];
        assert_eq!(lineages(&came_back(on)), expected, "on day {on}");
    }
}

#[test]
fn a_license_that_was_alive_is_not_carried_on() {
    let expected = [
        one(&["si_1"], Status::Revoked),
        one(&["si_2"], Status::Active),
    ];
    assert_eq!(lineages(&came_back(19)), expected);
}

#[test]
fn a_new_key_is_only_for_those_who_come_back_after_the_revocation() {
    let seen_with = |on| {
        let history = came_back(on).history();
        seen(&history, Resubscribe::NewKey, &Bars::new(), after(90)).len()
    };
    assert_eq!(seen_with(26), 1, "within the grace");
    assert_eq!(seen_with(27), 2, "after it");
}

#[test]
fn the_license_that_ended_last_is_carried_on_and_only_once() {
    let mut shop = Shop::default();
    shop.subscription(1, "cus_1", START, Some(after(20)));
    shop.subscription(2, "cus_1", after(1), Some(after(30)));
    shop.subscription(3, "cus_1", after(40), None);
    shop.subscription(4, "cus_1", after(41), None);
    shop.subscription(5, "cus_1", after(42), None);
    let expected = [
        one(&["si_1", "si_4"], Status::Active),
        one(&["si_2", "si_3"], Status::Active),
        one(&["si_5"], Status::Active),
    ];
    assert_eq!(lineages(&shop), expected);
}

#[test]
fn a_lost_dispute_is_not_carried_on() {
    let mut shop = came_back(22);
    shop.dispute(1, after(10), DisputeStatus::Lost);
    let expected = [
        one(&["si_1"], Status::Revoked),
        (items(&["si_2"]), Status::Active, true),
    ];
    assert_eq!(lineages(&shop), expected);
    let mut shop = came_back(22);
    shop.dispute(1, after(10), DisputeStatus::Won);
    assert_eq!(lineages(&shop), [one(&["si_1", "si_2"], Status::Active)]);
}

#[test]
fn what_an_administrator_barred_is_not_carried_on() {
    let bar = |n: u32, license: &str| {
        let item = Item::of_subscription(&format!("sub_{n}"), &format!("si_{n}"));
        let key = PurchaseKey {
            item,
            product: "notes".to_owned(),
            turn: 1,
        };
        (key, license.to_owned())
    };
    let history = came_back(22).history();
    let seen = |bars: Bars| seen(&history, Resubscribe::SameKey, &bars, after(90));
    let expected = [
        one(&["si_1"], Status::Revoked),
        (items(&["si_2"]), Status::Active, true),
    ];
    assert_eq!(seen(Bars::from([bar(1, "lic_1")])), expected);
    let both = Bars::from([bar(1, "lic_1"), bar(2, "lic_1")]);
    let expected = [one(&["si_1", "si_2"], Status::Active)];
    assert_eq!(seen(both), expected, "barred after it was carried on");
}

/// The second subscription waits for its first payment.
fn incomplete(shop: &mut Shop) {
    for fact in &mut shop.facts {
        if let Object::Subscription(subscription) = &mut fact.object
            && subscription.id == "sub_2"
        {
            subscription.status = SubscriptionStatus::Incomplete;
        }
    }
}

#[test]
fn what_is_not_paid_yet_carries_nothing_on() {
    let mut shop = came_back(22);
    incomplete(&mut shop);
    shop.dispute(1, after(10), DisputeStatus::Lost);
    let pending = (items(&["si_2"]), Status::Suspended, false);
    assert_eq!(lineages(&shop), [one(&["si_1"], Status::Revoked), pending]);
    let mut shop = came_back(22);
    incomplete(&mut shop);
    assert_eq!(lineages(&shop).len(), 2, "no license is made for it");
}

#[test]
fn what_was_lost_of_another_product_flags_nothing() {
    let mut shop = came_back(22);
    shop.dispute(1, after(10), DisputeStatus::Lost);
    let mut mapping = Mapping::default();
    mapping.map_price("price_growth_monthly", terms());
    let draw = Terms {
        product: "draw".to_owned(),
        ..terms()
    };
    mapping.map_price("price_draw", draw);
    for fact in &mut shop.facts {
        if let Object::Subscription(it) = &mut fact.object
            && it.id == "sub_1"
        {
            it.items
                .iter_mut()
                .for_each(|item| item.price = "price_draw".to_owned());
        }
    }
    let history = shop.history();
    let lineages = history
        .bought(&mapping)
        .lineages(&history, &Settings::default(), &Bars::new());
    let flagged = lineages.iter().map(|lineage| {
        let flags = lineage.links.iter().map(|link| &link.state.flags);
        flags.flatten().count()
    });
    assert_eq!(flagged.collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn two_subscriptions_sell_what_is_theirs() {
    let mut shop = Shop::default();
    shop.subscription(1, "cus_1", START, None);
    shop.subscription(2, "cus_1", after(1), None);
    let told = shop.clone();
    for fact in &told.facts {
        if let Object::Subscription(it) = &fact.object {
            let set = it.item_set().map(Object::ItemSet);
            let sets = set.map(|set| Fact::event(fact.observed.at, set));
            shop.facts.extend(sets);
        }
    }
    assert_eq!(lineages(&shop), lineages(&told));
}

#[test]
fn a_refunded_single_purchase_is_carried_on_unless_the_refund_fails() {
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    shop.refund(1, after(3), false);
    shop.single(2, "ADA@example.com", after(4));
    assert_eq!(lineages(&shop), [one(&["li_1", "li_2"], Status::Active)]);
    let mut early = Shop::default();
    early.single(1, "ada@example.com", START);
    early.single(2, "ada@example.com", after(2));
    early.refund(1, after(3), false);
    let expected = [
        one(&["li_1"], Status::Revoked),
        one(&["li_2"], Status::Active),
    ];
    assert_eq!(lineages(&early), expected);
    shop.refund(1, after(9), true);
    let expected = [
        one(&["li_1"], Status::Active),
        one(&["li_2"], Status::Active),
    ];
    assert_eq!(lineages(&shop), expected);
}

#[test]
fn the_moment_of_a_refund_is_asked_for() {
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    assert_eq!(shop.history().lacks(), [].into());
    shop.charge(1, after(3), 9900);
    assert_eq!(
        shop.history().lacks(),
        [Lack::Charge("ch_1".to_owned())].into()
    );
    shop.refund(1, after(3), false);
    assert_eq!(shop.history().lacks(), [].into());
}

#[test]
fn whether_an_earlier_subscription_still_lived_is_asked_for() {
    let mut shop = Shop::default();
    shop.customer("cus_1", "ada@example.com");
    shop.subscription(1, "cus_1", START, None);
    shop.subscription(2, "cus_1", after(60), None);
    let sub_1 = Lack::Subscription("sub_1".to_owned());
    assert_eq!(shop.history().lacks(), [sub_1].into());
    let mut history = shop.history();
    let known = history.subscription("sub_1").cloned().into_iter();
    let asked: Vec<_> = known
        .map(|it| Fact::fetched(after(60), 1, Object::Subscription(it)))
        .collect();
    history.extend(asked);
    assert_eq!(history.lacks(), [].into());
}

#[test]
fn a_deleted_customer_leaves_nothing_personal() {
    let mut shop = Shop::default();
    shop.single(1, "ada@example.com", START);
    let mut history = shop.history();
    assert!(history.facts().all(|it| history.forgotten(it).is_none()));
    let checkout = history.checkout("cs_1").cloned().map(|it| {
        let customer = Some("cus_1".to_owned());
        Fact::event(after(1), Object::Checkout(Checkout { customer, ..it }))
    });
    history.extend(checkout.clone());
    let gone = Customer {
        id: "cus_1".to_owned(),
        deleted: true,
        ..Customer::default()
    };
    history.learn(Fact::event(after(2), Object::Customer(gone)));
    let left = checkout.and_then(|it| history.forgotten(&it));
    let links = left.map(|it| it.object.links()).unwrap_or_default();
    assert_eq!(links, ["cs_1", "cus_1", "pi_1"].map(str::to_owned).into());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    /// Whatever is bought and ended, and in whatever order it becomes known: the same
    /// lineages, each item in one of them, and no two lives of one license overlap.
    #[test]
    fn any_order_gives_the_same_lineages(
        lives in prop::collection::vec((0_i64..200, prop::option::of(1_i64..60)), 1..6),
        order in prop::collection::vec(any::<Index>(), 0..32),
    ) {
        let mut shop = Shop::default();
        for (n, (from, length)) in (1..).zip(&lives) {
            let customer = format!("cus_{n}");
            shop.customer(&customer, "ada@example.com");
            shop.subscription(n, &customer, after(*from), length.map(|it| after(from + it)));
        }
        let told = shop.clone();
        for (n, index) in order.iter().enumerate() {
            let other = index.index(shop.facts.len());
            shop.facts.swap(n % told.facts.len(), other);
        }
        let (told, retold) = (lineages(&told), lineages(&shop));
        prop_assert_eq!(&told, &retold);
        let mut all: Vec<_> = told.iter().flat_map(|it| it.0.clone()).collect();
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), lives.len());
        let history = shop.history();
        let mapping = mapping();
        for lineage in history.bought(&mapping).lineages(&history, &Settings::default(), &Bars::new()) {
            for pair in lineage.links.windows(2) {
                if let [earlier, later] = pair {
                    prop_assert!(earlier.state.over_since.is_some());
                    prop_assert!(earlier.state.over_since <= later.purchase.started_at);
                }
            }
        }
    }
}
