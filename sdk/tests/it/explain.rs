//! An explanation names each check, the claim that decided and the next step.

use paidup::{
    Check, Claims, Code, Expected, Explanation, Grace, GraceReason, Keyring, Seen, Status, UnixTime,
};
use serde_json::json;

use crate::fixture::{
    FINGERPRINT, ISSUED_AT, ISSUER, NOW, PRODUCT, altered, claims, expected, issuer_key, keyring,
    public, seal,
};

fn explain(token: &str) -> Explanation {
    Explanation::of(token, &keyring(), &expected(), &Seen::default(), NOW)
}

fn explain_with(change: impl FnOnce(&mut Claims)) -> Explanation {
    let mut claims = claims();
    change(&mut claims);
    explain(&seal(&claims))
}

fn last(explanation: &Explanation) -> (Check, bool, &str) {
    let last = explanation.checks.last().unwrap();
    (last.name, last.ok, &last.detail)
}

#[test]
fn a_valid_token_passes_every_check_in_order() {
    let told = explain(&seal(&claims()));
    assert_eq!((told.code, told.usable), (Code::Valid, true));
    let names: Vec<_> = told.checks.iter().map(|it| it.name).collect();
    assert_eq!(names, Check::ALL);
    assert!(told.checks.iter().all(|it| it.ok && !it.detail.is_empty()));
    assert_eq!(told.next_action, "Nothing to do.");
}

#[test]
fn as_json() {
    let told = explain_with(|it| {
        it.grace = Some(Grace {
            ends_at: NOW.plus(60),
            reason: GraceReason::PaymentFailed,
        });
        it.exp = NOW.plus(60);
        it.refresh_after = Some(NOW);
        it.renews_at = Some(NOW.plus(3600));
    });
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(json["code"], "GRACE");
    assert_eq!(json["usable"], true);
    assert_eq!(
        json["checks"][11],
        json!({"name": "version", "ok": true, "detail": "v is 1"})
    );
    assert_eq!(
        json["checks"][20],
        json!({
            "name": "standing",
            "ok": true,
            "detail": "a payment failed; usable until graceEndsAt 1795420860",
        })
    );
    assert_eq!(
        json["license"],
        json!({
            "id": "lic_01J0000000000000000000000A",
            "product": PRODUCT,
            "issuer": ISSUER,
            "status": "active",
            "reason": null,
            "policy": {"id": "pol_growth", "name": "growth_policy"},
            "entitlements": ["api_access", "export"],
            "limits": {"seats": 5},
            "seq": 7,
            "issuedAt": ISSUED_AT,
            "leaseEndsAt": 1_795_420_860,
            "expiresAt": null,
            "renewsAt": 1_795_424_400,
            "graceEndsAt": 1_795_420_860,
            "graceReason": "payment_failed",
            "refreshAfter": NOW,
            "fingerprint": FINGERPRINT,
            "test": false,
        })
    );
    assert_eq!(
        json["nextAction"],
        "Renew the subscription or correct the payment before the grace ends."
    );
    let members: Vec<_> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = ["checks", "code", "license", "nextAction", "usable"];
    expected.sort_unstable();
    let mut members = members;
    members.sort_unstable();
    assert_eq!(members, expected);
}

#[test]
fn the_list_ends_with_the_check_that_failed() {
    let token = seal(&claims());
    let forged = format!("{}.{}", token.rsplit_once('.').unwrap().0, "A".repeat(86));
    let told = explain(&forged);
    assert_eq!(told.code, Code::SignatureInvalid);
    assert_eq!(told.checks.len(), 10);
    assert_eq!(
        last(&told),
        (Check::Signature, false, "the signature does not fit")
    );
    assert!(told.checks[..9].iter().all(|it| it.ok));
    assert_eq!(told.license, None);
}

#[test]
fn an_unknown_key_is_named() {
    let told = Explanation::of(
        &seal(&claims()),
        &Keyring::new(),
        &expected(),
        &Seen::default(),
        NOW,
    );
    let id = public(&issuer_key()).key_id().to_string();
    let (check, ok, detail) = last(&told);
    assert_eq!(
        (told.code, check, ok),
        (Code::UnknownKey, Check::Key, false)
    );
    assert!(detail.contains(&id), "{detail}");
    // It may be an app that shows this: no tool is named that its user has not got.
    assert_eq!(told.next_action, Code::UnknownKey.next_step());
    assert_eq!(told.license, None);
}

#[test]
fn what_was_signed_is_shown_even_if_it_is_not_for_this_app() {
    let token = seal(&claims());
    let told_to =
        |expected: &Expected| Explanation::of(&token, &keyring(), expected, &Seen::default(), NOW);
    let elsewhere = told_to(&expected().issuer("https://other.example.com"));
    assert_eq!(elsewhere.license.as_ref().unwrap().issuer, ISSUER);
    assert_eq!(
        last(&elsewhere),
        (
            Check::Issuer,
            false,
            r#"iss is "https://licenses.example.com", this verifier expects "https://other.example.com""#,
        )
    );

    let machineless = told_to(&Expected::new(ISSUER, PRODUCT));
    let (check, _, detail) = last(&machineless);
    assert_eq!(check, Check::Fingerprint);
    assert!(detail.contains(FINGERPRINT) && detail.contains("no fingerprint was given"));
    assert_eq!(machineless.next_action, machineless.code.next_step());

    let unpinned = told_to(&Expected::danger_unpinned().any_machine());
    assert_eq!(unpinned.code, Code::Valid);
    assert!(
        unpinned.checks[14]
            .detail
            .ends_with("no issuer is pinned here")
    );
    assert!(
        unpinned.checks[15]
            .detail
            .ends_with("no product is pinned here")
    );
}

#[test]
fn broken_claims_are_signed_but_not_shown() {
    let told = explain(&altered(|it| it["exp"] = "soon".into()));
    let detail = "the claim exp must be an integer of Unix seconds";
    assert_eq!(last(&told), (Check::Claims, false, detail));
    assert_eq!((told.code, told.license), (Code::ClaimsInvalid, None));
}

#[test]
fn a_wrong_clock_is_not_called_expiry() {
    let token = seal(&claims());
    let at =
        |now: UnixTime, seen: Seen| Explanation::of(&token, &keyring(), &expected(), &seen, now);
    let early = at(ISSUED_AT.minus(301), Seen::default());
    assert_eq!(early.code, Code::NotYetValid);
    assert_eq!(
        last(&early),
        (
            Check::Clock,
            false,
            "iat is 1795417200, more than 300 seconds ahead of now, 1795416899",
        )
    );
    let back = at(
        NOW,
        Seen {
            time: Some(NOW.plus(3601)),
            ..Seen::default()
        },
    );
    assert_eq!(back.code, Code::ClockRollback);
    assert_eq!(
        last(&back),
        (
            Check::Clock,
            false,
            "now is 1795420800, more than 3600 seconds behind 1795424401, which was seen here",
        )
    );
    assert!(back.license.is_some() && back.next_action.contains("clock"));
}

#[test]
fn the_claim_that_decided_is_named() {
    type Change = fn(&mut Claims);
    let cases: &[(Change, Code, &str)] = &[
        (
            |it| {
                it.status = Status::Revoked;
                it.reason = Some("refunded".into());
            },
            Code::Revoked,
            "status is revoked, reason refunded",
        ),
        (
            |it| it.status = Status::Banned,
            Code::Banned,
            "status is banned",
        ),
        (
            |it| {
                it.grace = Some(Grace {
                    ends_at: NOW,
                    reason: GraceReason::Canceled,
                });
            },
            Code::Revoked,
            "graceEndsAt 1795420800 is reached: now is 1795420800, graceReason canceled",
        ),
        (
            |it| it.expires_at = Some(NOW.minus(1)),
            Code::Expired,
            "expiresAt 1795420799 is reached: now is 1795420800",
        ),
        (
            |it| it.exp = NOW,
            Code::RefreshRequired,
            "exp 1795420800 is reached: now is 1795420800",
        ),
        (
            |_| {},
            Code::Valid,
            "status is active; the lease ends at 1796626800 (exp)",
        ),
    ];
    for (change, code, detail) in cases {
        let told = explain_with(change);
        assert_eq!(told.code, *code);
        assert_eq!(last(&told), (Check::Standing, code.usable(), *detail));
        assert_eq!(told.next_action, code.next_step());
    }
}

#[test]
fn an_older_token_is_told_by_what_was_seen() {
    let seen = Seen {
        seq: Some(7),
        issued_at: Some(ISSUED_AT.plus(1)),
        ..Seen::default()
    };
    let told = Explanation::of(&seal(&claims()), &keyring(), &expected(), &seen, NOW);
    let detail = "seq is 7, and a token with this seq and a later iat was seen";
    assert_eq!(last(&told), (Check::Sequence, false, detail));
}
