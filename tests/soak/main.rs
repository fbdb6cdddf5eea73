//! A year in the life of many customers: the real issuer and the real client, with
//! outages, rotations, a stolen key, wrong clocks, cancellations and failed payments.
//!
//! Two things must never happen, and are counted: a no to somebody who has paid and
//! was in contact within the lease, and a yes after what the client knows to have
//! ended. `PAIDUP_SOAK_CLIENTS` says how many clients there are; each run prints its
//! counts, and its seed makes it happen again.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod client;
mod issuer;
mod plan;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use paidup_tests::{DAY, Outcome, START};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use client::{Client, Counts};
use issuer::Issuer;
use plan::Plan;

const SEED: u64 = 20_261_124;
const CLIENTS_OF_A_LICENSE: usize = 3;
const YEAR: i64 = 365 * DAY;

#[expect(
    clippy::disallowed_methods,
    reason = "how long it runs is said from outside"
)]
fn clients() -> usize {
    let said = std::env::var("PAIDUP_SOAK_CLIENTS").ok();
    said.map_or(90, |it| it.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_without_a_wrong_answer() -> Outcome {
    let mut random = StdRng::seed_from_u64(SEED);
    let count = clients();
    let mut issuer = Issuer::open(count.div_ceil(CLIENTS_OF_A_LICENSE)).await?;
    let mut plan = Plan::draw(&mut random, issuer.licenses.len());
    let mut clients: Vec<Client> = (0..count)
        .map(|n| Client::install(&issuer, n, n / CLIENTS_OF_A_LICENSE))
        .collect();
    let mut counts = Counts::default();

    // Who opens the app next, and when.
    let mut sessions: BinaryHeap<_> = (0..count)
        .map(|n| Reverse((START + random.random_range(0..3 * DAY), n)))
        .collect();
    while let Some(Reverse((at, n))) = sessions.pop() {
        if at >= START + YEAR {
            break;
        }
        plan.happen_until(at, &mut issuer).await?;
        issuer.advance_to(at);
        let outage = plan.is_outage(at);
        let client = clients.get_mut(n).unwrap();
        client
            .session(&issuer, outage, &mut random, &mut counts)
            .await?;
        sessions.push(Reverse((at + client.pause(&mut random), n)));
    }

    println!(
        "clients {count}, licenses {}, seed {SEED}",
        issuer.licenses.len()
    );
    println!("{plan}");
    println!("{counts}");
    assert_eq!(counts.false_refusals, 0, "{:?}", counts.first_wrong);
    assert_eq!(counts.wrong_yes, 0, "{:?}", counts.first_wrong);
    assert_eq!(counts.unhealed, 0, "{:?}", counts.first_wrong);
    assert!(
        counts.contacts > 10 * u64::try_from(count)?,
        "it was a year"
    );
    assert!(
        counts.refused_rightly > 0 && counts.wrong_clocks > 0,
        "things happened"
    );
    Ok(())
}
