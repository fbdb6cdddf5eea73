//! `paidup keys list`.

use paidup::{KeysetKey, UnixTime};
use serde_json::{Value, json};

use super::{Failure, print_json, table};
use crate::app::{App, Keys, iso8601};

pub(super) async fn run(app: &App, as_json: bool) -> Result<(), Failure> {
    let roots = app.root_keys().await?;
    let keys = app.keys();
    let now = UnixTime::from_secs(app.clock().now().0);
    if as_json {
        let roots: Vec<_> = roots
            .iter()
            .map(|it| json!({ "kid": it.key_id(), "x": it.to_base64url() }))
            .collect();
        return print_json(&json!({
            "roots": roots,
            "version": keys.keyset().map(|it| it.version),
            "expiresAt": keys.keyset().map(|it| iso8601(it.exp.as_secs())),
            "keys": views(&keys, now),
            "revoked": keys.keyset().map(|it| &it.revoked),
            "sunset": keys.keyset().map(|it| &it.sunset),
            "warnings": keys.warnings(now),
        }));
    }
    for root in &roots {
        println!("Root       {}", root.to_base64url());
    }
    match keys.keyset() {
        None => println!(
            "Keyset     none: apps pin the signing key itself. `paidup keys init` makes a root"
        ),
        Some(keyset) => {
            let until = iso8601(keyset.exp.as_secs());
            println!(
                "Keyset     version {}, for new installations until {until}",
                keyset.version
            );
            for revocation in &keyset.revoked {
                let at = iso8601(revocation.at.as_secs());
                println!(
                    "Revoked    {} at {at}: {}",
                    revocation.kid, revocation.reason
                );
            }
            for sunset in &keyset.sunset {
                let before = iso8601(sunset.issued_before.as_secs());
                println!(
                    "Sunset     {}: what was issued before {before} works for ever",
                    sunset.aud
                );
            }
        }
    }
    for warning in keys.warnings(now) {
        println!("Soon       {warning}");
    }
    let row = |it: &Value| {
        let text = |name: &str| {
            it.get(name)
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned()
        };
        vec![
            text("kid"),
            text("state"),
            text("notBefore"),
            text("notAfter"),
        ]
    };
    let rows = views(&keys, now).iter().map(row).collect();
    table::print(
        &["KEY", "STATE", "SIGNS FROM", "SIGNS UNTIL"],
        rows,
        "There are no keys.",
    );
    Ok(())
}

fn views(keys: &Keys, now: UnixTime) -> Vec<Value> {
    let signing = keys.signing_at(now);
    let Some(keyset) = keys.keyset() else {
        let only = |it: &paidup::PublicKey| json!({ "kid": it.key_id(), "x": it.to_base64url(), "state": "signs" });
        return keys.published().iter().map(only).collect();
    };
    let state = |it: &KeysetKey| match () {
        () if Some(it.key.key_id()) == signing => "signs",
        () if now < it.not_before => "signs next",
        () if it.not_after < now => "ended; its tokens are still good",
        () => "may sign, and does not",
    };
    let view = |it: &KeysetKey| {
        json!({
            "kid": it.key.key_id(),
            "x": it.key.to_base64url(),
            "state": state(it),
            "notBefore": iso8601(it.not_before.as_secs()),
            "notAfter": iso8601(it.not_after.as_secs()),
        })
    };
    keyset.keys.iter().map(view).collect()
}
