//! `/_fake/faults` and `/_fake/chaos`: what goes wrong with the API and with
//! deliveries, for drivers that are not written in Rust. Odds are probabilities.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::Chaos;
use crate::fault::ApiFaults;
use crate::handle::FakeStripe;

/// Of the next `count` requests, and of all that come; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Faults {
    unreachable: Option<bool>,
    count: Option<u32>,
    status: Option<u16>,
    milliseconds: Option<u64>,
    odds: Option<FaultOdds>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct FaultOdds {
    rate_limits: f64,
    errors: f64,
    lost_answers: f64,
    latency: f64,
    milliseconds: u64,
}

pub(super) async fn faults(
    State(stripe): State<FakeStripe>,
    Json(wish): Json<Faults>,
) -> Json<Value> {
    if let Some(unreachable) = wish.unreachable {
        stripe.set_unreachable(unreachable);
    }
    if let Some(count) = wish.count {
        match (wish.status, wish.milliseconds) {
            (None, Some(delay)) => stripe.slow_next_requests(count, milliseconds(delay)),
            (status, _) => stripe.fail_next_requests(count, status.unwrap_or(500)),
        }
    }
    if let Some(odds) = wish.odds {
        let faults = ApiFaults::none()
            .rate_limits(odds.rate_limits)
            .errors(odds.errors)
            .lost_answers(odds.lost_answers)
            .latency(odds.latency, milliseconds(odds.milliseconds));
        stripe.set_api_faults(faults);
    }
    Json(json!({}))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wish {
    duplicates: f64,
    reorders: f64,
    losses: f64,
    delays: f64,
    milliseconds: u64,
}

/// What is left out does not happen.
pub(super) async fn chaos(State(stripe): State<FakeStripe>, Json(wish): Json<Wish>) -> Json<Value> {
    let chaos = Chaos::none()
        .duplicates(wish.duplicates)
        .reorders(wish.reorders)
        .losses(wish.losses)
        .delays(wish.delays, milliseconds(wish.milliseconds));
    stripe.set_chaos(chaos);
    Json(json!({}))
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}
