//! `/_fake`: the scenario for drivers that are not written in Rust. Requests and
//! answers are JSON; no key is asked for.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::billing::Outcome;
use crate::delivery::Delivery;
use crate::handle::FakeStripe;
use crate::refusal::Refusal;
use crate::state::{Charge, Dispute, DisputeStatus, Invoice, Refund, Session, Subscription};

type Reply = Result<Json<Value>, Refusal>;

/// What a verb may need besides its object. An empty body is as good as `{}`.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wish {
    amount: Option<i64>,
    email: Option<String>,
    fails: bool,
    price: Option<String>,
    quantity: Option<i64>,
    seconds: Option<i64>,
}

type Body = Option<Json<Wish>>;

fn wish(body: Body) -> Wish {
    body.map(|Json(wish)| wish).unwrap_or_default()
}

fn no_verb(path: &str) -> Refusal {
    Refusal::UnknownUrl {
        method: "POST".to_owned(),
        path: path.to_owned(),
    }
}

fn required<T>(value: Option<T>, param: &'static str) -> Result<T, Refusal> {
    value.ok_or(Refusal::MissingParameter { param })
}

impl Wish {
    fn outcome(&self) -> Outcome {
        if self.fails {
            Outcome::Fails
        } else {
            Outcome::Succeeds
        }
    }
}

fn shown(delivery: &Delivery) -> Value {
    json!({
        "event": delivery.event,
        "type": delivery.kind,
        "endpoint": delivery.endpoint,
        "attempt": delivery.attempt,
        "at": delivery.at,
        "signature": delivery.signature,
        "status": delivery.status,
    })
}

pub(super) async fn deliveries(State(stripe): State<FakeStripe>) -> Json<Value> {
    let data: Vec<Value> = stripe.deliveries().iter().map(shown).collect();
    Json(json!({ "deliveries": data, "pending": stripe.pending() }))
}

pub(super) async fn hold_deliveries(State(stripe): State<FakeStripe>) -> Json<Value> {
    stripe.hold_deliveries();
    Json(json!({ "held": true }))
}

pub(super) async fn release_deliveries(State(stripe): State<FakeStripe>) -> Json<Value> {
    stripe.release_deliveries();
    stripe.settled().await;
    Json(json!({ "held": false }))
}

pub(super) async fn clock(State(stripe): State<FakeStripe>) -> Json<Value> {
    Json(json!({ "now": stripe.now() }))
}

pub(super) async fn advance_clock(State(stripe): State<FakeStripe>, body: Body) -> Reply {
    stripe.advance_clock(required(wish(body).seconds, "seconds")?);
    Ok(clock(State(stripe)).await)
}

pub(super) async fn buy(State(stripe): State<FakeStripe>, body: Body) -> Reply {
    let wish = wish(body);
    let price = required(wish.price, "price")?;
    let purchase = stripe.buy(&price, &required(wish.email, "email")?).await?;
    Ok(Json(json!({
        "session": purchase.session,
        "customer": purchase.customer,
        "subscription": purchase.subscription,
        "invoice": purchase.invoice,
        "payment_intent": purchase.payment_intent,
        "charge": purchase.charge,
    })))
}

pub(super) async fn drop_event(State(stripe): State<FakeStripe>, Path(id): Path<String>) -> Reply {
    stripe.drop_event(&id)?;
    Ok(Json(json!({ "id": id, "dropped": true })))
}

pub(super) async fn event(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
) -> Reply {
    match verb.as_str() {
        "deliver" => {
            let deliveries = stripe.deliver(&id).await?;
            Ok(Json(
                json!({ "deliveries": deliveries.iter().map(shown).collect::<Vec<_>>() }),
            ))
        }
        "resend" => {
            stripe.resend(&id)?;
            Ok(Json(json!({ "id": id })))
        }
        other => Err(no_verb(other)),
    }
}

pub(super) async fn checkout(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
) -> Reply {
    match verb.as_str() {
        "complete" => stripe.complete_checkout(&id).await.map(drop)?,
        "settle" => stripe.settle_checkout(&id).await?,
        "fail" => stripe.fail_checkout(&id).await?,
        "expire" => stripe.expire_checkout(&id).await?,
        other => return Err(no_verb(other)),
    }
    stripe.look(|world| world.show::<Session>(&id)).map(Json)
}

pub(super) async fn subscription(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let wish = wish(body);
    match verb.as_str() {
        "renew" => stripe.renew(&id).await.map(drop)?,
        "fail_renewal" => stripe.fail_renewal(&id).await.map(drop)?,
        "retry_payment" => stripe.retry_payment(&id, wish.outcome()).await.map(drop)?,
        "pay" => stripe.pay_latest_invoice(&id).await.map(drop)?,
        "exhaust_dunning" => stripe.exhaust_dunning(&id).await?,
        "expire_incomplete" => stripe.expire_incomplete(&id).await?,
        "reach_period_end" => stripe.reach_period_end(&id).await.map(drop)?,
        "cancel" => stripe.cancel(&id).await?,
        "cancel_at_period_end" => stripe.cancel_at_period_end(&id).await?,
        "cancel_for_dispute" => stripe.cancel_for_dispute(&id).await?,
        "keep" => stripe.keep(&id).await?,
        "pause" => stripe.pause(&id).await?,
        "resume" => stripe.resume(&id).await?,
        "change_price" => {
            stripe
                .change_price(&id, &required(wish.price, "price")?)
                .await?;
        }
        "change_price_now" => {
            let (outcome, price) = (wish.outcome(), required(wish.price, "price")?);
            stripe
                .change_price_now(&id, &price, outcome)
                .await
                .map(drop)?;
        }
        "change_quantity" => {
            stripe
                .change_quantity(&id, required(wish.quantity, "quantity")?)
                .await?;
        }
        "replace_item" => {
            stripe
                .replace_item(&id, &required(wish.price, "price")?)
                .await
                .map(drop)?;
        }
        "announce_trial_end" => stripe.announce_trial_end(&id).await?,
        other => return Err(no_verb(other)),
    }
    stripe
        .look(|world| world.show::<Subscription>(&id))
        .map(Json)
}

pub(super) async fn invoice(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
) -> Reply {
    match verb.as_str() {
        "pay" => stripe.pay_invoice(&id).await?,
        "pay_out_of_band" => stripe.pay_out_of_band(&id).await?,
        "void" => stripe.void_invoice(&id).await?,
        "mark_uncollectible" => stripe.mark_uncollectible(&id).await?,
        other => return Err(no_verb(other)),
    }
    stripe.look(|world| world.show::<Invoice>(&id)).map(Json)
}

/// Of a charge or of a payment intent.
pub(super) async fn payment(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let wish = wish(body);
    let made = match verb.as_str() {
        "refund" => stripe.refund(&id, wish.amount).await?,
        "dispute" => stripe.open_dispute(&id).await?,
        "inquire" => stripe.open_inquiry(&id).await?,
        other => return Err(no_verb(other)),
    };
    stripe
        .look(|world| {
            let charge = world.show::<Charge>(&world.charge_of(&id)?)?;
            Ok(json!({ "id": made, "charge": charge }))
        })
        .map(Json)
}

pub(super) async fn refund(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
) -> Reply {
    match verb.as_str() {
        "fail" => stripe.fail_refund(&id).await?,
        other => return Err(no_verb(other)),
    }
    stripe.look(|world| world.show::<Refund>(&id)).map(Json)
}

pub(super) async fn dispute(
    State(stripe): State<FakeStripe>,
    Path((id, verb)): Path<(String, String)>,
) -> Reply {
    match verb.as_str() {
        "escalate" => stripe.escalate_inquiry(&id).await?,
        "win" => stripe.close_dispute(&id, DisputeStatus::Won).await?,
        "lose" => stripe.close_dispute(&id, DisputeStatus::Lost).await?,
        "close" => {
            stripe
                .close_dispute(&id, DisputeStatus::WarningClosed)
                .await?;
        }
        other => return Err(no_verb(other)),
    }
    stripe.look(|world| world.show::<Dispute>(&id)).map(Json)
}
