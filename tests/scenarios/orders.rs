//! Stripe's JSON, told in any order, twice, or in two parts: the same licenses.

use std::path::Path;

use paidup_issuer::simulate::{Delivery, play};
use paidup_lifecycle::{Bars, Fact, History, LicenseState, Mapping, Object, Settings, Terms};
use paidup_stripe::Event;
use paidup_tests::Failure;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::read;

/// Up to so many telling events every order is tried, and beyond that a sample.
const ALL_ORDERS: usize = 7;
const SAMPLE: usize = 5_000;

type Licenses = Vec<(Vec<String>, LicenseState)>;

pub(crate) async fn in_any_order(file: &Path) -> Result<(), Failure> {
    let played = play(&read(file)?, Delivery::AsTold).await?;
    let mut told: Vec<Vec<Fact>> = Vec::new();
    for body in &played.events {
        let facts = Event::parse(body.as_bytes())?.facts()?;
        if !facts.is_empty() {
            told.push(facts);
        }
    }
    let expected = licenses(told.iter());
    let tried = match told.len() {
        0..=ALL_ORDERS => every_order(&told, &expected)?,
        _ => a_sample(&told, &expected)?,
    };
    println!("{} events in {tried} orders", told.len());
    Ok(())
}

/// Heap's algorithm: every order once, each with one event told twice.
fn every_order(told: &[Vec<Fact>], expected: &Licenses) -> Result<usize, Failure> {
    let mut order: Vec<&Vec<Fact>> = told.iter().collect();
    let mut counters = vec![0_usize; order.len()];
    let mut tried = 1;
    same(&order, expected)?;
    let mut place = 0;
    while let Some(counter) = counters.get_mut(place) {
        if *counter < place {
            let other = if place % 2 == 0 { 0 } else { *counter };
            *counter += 1;
            order.swap(other, place);
            let mut again = order.clone();
            again.extend(order.get(tried % order.len()));
            same(&again, expected)?;
            tried += 1;
            place = 0;
        } else {
            *counter = 0;
            place += 1;
        }
    }
    Ok(tried)
}

/// Random orders; some events come twice, and some are lost and come last.
fn a_sample(told: &[Vec<Fact>], expected: &Licenses) -> Result<usize, Failure> {
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..SAMPLE {
        let mut order: Vec<&Vec<Fact>> = Vec::new();
        let mut lost = Vec::new();
        for facts in told {
            match random.random_range(0..10) {
                0 | 1 => lost.push(facts),
                2 => order.extend([facts, facts]),
                _ => order.push(facts),
            }
        }
        order.shuffle(&mut random);
        order.extend(lost);
        same(&order, expected)?;
    }
    Ok(SAMPLE)
}

fn same(order: &[&Vec<Fact>], expected: &Licenses) -> Result<(), Failure> {
    let found = licenses(order.iter().copied());
    match found == *expected {
        true => Ok(()),
        false => Err(format!("{order:#?}\nexpected {expected:#?}\nfound {found:#?}").into()),
    }
}

/// What they amount to, where every price is mapped.
fn licenses<'a>(told: impl Iterator<Item = &'a Vec<Fact>>) -> Licenses {
    let history: History = told.flatten().cloned().collect();
    let mut mapping = Mapping::default();
    for price in history.facts().flat_map(|fact| prices(&fact.object)) {
        let terms = Terms {
            policy: price.to_owned(),
            product: "notes".to_owned(),
            grace: 7 * 86_400,
            payment_grace: 0,
        };
        mapping.map_price(price, terms);
    }
    let mut bought = history.bought(&mapping);
    let lineages = bought.lineages(&history, &Settings::default(), &Bars::new());
    let license = |it: &paidup_lifecycle::Lineage<'_>| {
        let items = it.keys().map(ToString::to_string).collect();
        Some((items, it.last()?.state.clone()))
    };
    lineages.iter().filter_map(license).collect()
}

/// The prices at which an object says that something was sold.
fn prices(object: &Object) -> Vec<&str> {
    match object {
        Object::ItemSet(set) => set.items.iter().map(|item| item.price.as_str()).collect(),
        Object::CheckoutLines(lines) => {
            lines.lines.iter().map(|line| line.price.as_str()).collect()
        }
        Object::Invoice(invoice) => {
            let prices = invoice.lines.iter().map(|line| line.price.as_deref());
            prices.flatten().collect()
        }
        _ => Vec::new(),
    }
}
