//! The story, step by step: each says what should be and finds out what is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use paidup::{PublicKey, UnixTime};
use serde_json::{Value, json};

use super::Teller;
use crate::clock::Clock;
use crate::sandbox::{Customer, Failure, PRICE, PRODUCT, Setting, Stage};

const EMAIL: &str = "customer@example.com";
const DAY: i64 = 86_400;

pub(super) async fn tell(teller: &mut Teller) -> Result<(), Failure> {
    let clock = Clock::system();
    let mut stage = Stage::set(Setting::guide(clock.clone())).await?;
    let now = || UnixTime::from_secs(clock.now().0);
    let issuer = stage.issuer()?.base_url();
    teller.step(
        "start",
        "The issuer starts, with SQLite inside and a fresh signing key",
        "ok",
        health(&issuer).await?.as_str(),
        &json!({
            "issuer": issuer,
            "stripe": stage.stripe.base_url(),
            "data": stage.data_dir().display().to_string(),
        }),
    );

    let purchase = stage.stripe.buy(PRICE, EMAIL).await?;
    let created = stage.vendor.next("license.created").await?;
    let key = word(&created.body, "/data/key").to_owned();
    teller.step(
        "purchased",
        "A customer buys the Growth Plan: Stripe's events become a license with a key",
        "active",
        word(&created.body, "/data/status"),
        &json!({
            "subscription": purchase.subscription,
            "license": created.body.pointer("/data/id"),
            "key": key,
            "entitlements": created.body.pointer("/data/entitlements"),
        }),
    );
    teller.step(
        "announced",
        "The vendor's app receives license.created and checks its signature",
        "genuine, for customer@example.com",
        &format!(
            "{}, for {}",
            genuine(created.genuine),
            word(&created.body, "/data/email")
        ),
        &json!({
            "policy": created.body.pointer("/data/policy/name"),
            "event": created.body.pointer("/id"),
        }),
    );

    let mut customer = Customer::install(&issuer, PRODUCT, published_key(&issuer).await?);
    customer.activate(&key).await?;
    let license = customer.license()?;
    teller.step(
        "activated",
        "The customer types the key: the app gets a token for this machine",
        "sha256:demo-machine",
        license.claims().fingerprint.as_deref().unwrap_or_default(),
        &json!({ "token": customer.token(), "worksOfflineUntil":
            crate::app::iso8601(license.lease_ends_at().as_secs()) }),
    );

    stage.switch_off().await?;
    let (standing, seen) = customer.look(now())?;
    let offline = health(&issuer).await.is_err();
    teller.step(
        "offline",
        "The issuer is switched off: the app still verifies its license",
        "VALID, issuer off: true",
        &format!("{}, issuer off: {offline}", standing.code()),
        &seen,
    );

    let forged = forge(customer.token());
    let refusal = customer
        .verify(&forged)
        .map_or_else(|error| error.code().as_str(), |_| "VALID");
    teller.step(
        "forged",
        "Somebody adds an entitlement to the token",
        "SIGNATURE_INVALID",
        refusal,
        &json!({ "token": forged }),
    );

    stage.switch_on().await?;
    stage.stripe.fail_renewal(&purchase.subscription).await?;
    stage.vendor.next("license.suspended").await?;
    customer.refresh().await?;
    let (standing, seen) = customer.look(now())?;
    teller.step(
        "suspended",
        "A renewal fails: at the next refresh the license is suspended",
        "SUSPENDED",
        standing.code().as_str(),
        &seen,
    );

    stage
        .stripe
        .pay_latest_invoice(&purchase.subscription)
        .await?;
    stage.vendor.next("license.reinstated").await?;
    customer.refresh().await?;
    let (standing, seen) = customer.look(now())?;
    teller.step(
        "reinstated",
        "The payment succeeds after all: the license is back",
        "VALID",
        standing.code().as_str(),
        &seen,
    );

    stage.stripe.cancel(&purchase.subscription).await?;
    stage.vendor.next("license.updated").await?;
    customer.refresh().await?;
    let (standing, seen) = customer.look(now())?;
    teller.step(
        "grace",
        "The subscription is canceled: seven days of grace, still usable",
        "GRACE, export: true",
        &format!("{}, export: {}", standing.code(), may_export(&seen)),
        &seen,
    );

    stage.switch_off().await?;
    let (standing, seen) = customer.look(now().plus(7 * DAY + 1))?;
    teller.step(
        "over",
        "A week later, offline: the grace is over, and the app refuses by itself",
        "REVOKED, export: false",
        &format!("{}, export: {}", standing.code(), may_export(&seen)),
        &seen,
    );
    stage.stripe.stop().await;
    Ok(())
}

async fn health(issuer: &str) -> Result<String, Failure> {
    let reply: Value = reqwest::get(format!("{issuer}/healthz"))
        .await?
        .json()
        .await?;
    Ok(word(&reply, "/status").to_owned())
}

/// The key that the vendor builds into the app.
async fn published_key(issuer: &str) -> Result<PublicKey, Failure> {
    let keys: Value = reqwest::get(format!("{issuer}/.well-known/jwks.json"))
        .await?
        .json()
        .await?;
    Ok(PublicKey::from_base64url(word(&keys, "/keys/0/x"))?)
}

fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("(nothing)")
}

fn may_export(seen: &Value) -> bool {
    seen.get("export") == Some(&Value::Bool(true))
}

fn genuine(genuine: bool) -> &'static str {
    if genuine { "genuine" } else { "not genuine" }
}

/// The token with one more entitlement in its claims and its signature kept.
fn forge(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    if let Some(claims) = parts.get_mut(1) {
        let json = URL_SAFE_NO_PAD.decode(&*claims).unwrap_or_default();
        let json = String::from_utf8_lossy(&json);
        let more = json.replace(r#""entitlements":["#, r#""entitlements":["everything","#);
        *claims = URL_SAFE_NO_PAD.encode(more);
    }
    parts.join(".")
}
