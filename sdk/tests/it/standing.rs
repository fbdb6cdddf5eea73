//! The table of standings, line by line and at each boundary.

use paidup::{
    Claims, Code, Expected, Grace, GraceReason, Keyring, License, Seen, SigningKey, Standing,
    Status, Token, UnixTime, VerifyError,
};

use crate::fixture::{
    ISSUED_AT, ISSUER, NOW, PRODUCT, altered, claims, code, expected, issuer_key, keyring, public,
    seal, verify,
};

fn license(change: impl FnOnce(&mut Claims)) -> License {
    let mut claims = claims();
    change(&mut claims);
    verify(&seal(&claims)).unwrap()
}

fn in_grace(reason: GraceReason) -> License {
    license(|it| {
        it.exp = ISSUED_AT.plus(7200);
        it.grace = Some(Grace {
            ends_at: ISSUED_AT.plus(7200),
            reason,
        });
    })
}

#[test]
fn a_lease_ends_at_its_second() {
    let license = license(|_| {});
    let end = license.lease_ends_at();
    assert_eq!(license.standing(end.minus(1)), Standing::Valid);
    assert_eq!(license.standing(end), Standing::RefreshRequired);
    assert_eq!(
        license.standing(UnixTime::from_secs(i64::MAX)),
        Standing::RefreshRequired
    );
}

#[test]
fn a_grace_says_when_it_ends_and_then_ends() {
    for (reason, after) in [
        (GraceReason::Canceled, Standing::Revoked),
        (GraceReason::PaymentFailed, Standing::Suspended),
    ] {
        let license = in_grace(reason);
        let end = ISSUED_AT.plus(7200);
        assert_eq!(license.grace_ends_at(), Some(end));
        assert_eq!(license.standing(NOW), Standing::Grace { until: end });
        assert!(license.allows("export", end.minus(1)));
        assert_eq!(license.standing(end), after);
        assert!(!license.allows("export", end));
    }
}

#[test]
fn the_end_of_a_license_is_not_the_end_of_its_lease() {
    let license = license(|it| it.expires_at = Some(ISSUED_AT.plus(7200)));
    assert_eq!(license.standing(ISSUED_AT.plus(7199)), Standing::Valid);
    assert_eq!(license.standing(ISSUED_AT.plus(7200)), Standing::Expired);
}

#[test]
fn the_first_line_that_applies_wins() {
    let everything_is_over = |status| {
        license(|it| {
            it.status = status;
            it.exp = ISSUED_AT.plus(60);
            it.expires_at = Some(ISSUED_AT.plus(60));
            it.grace = Some(Grace {
                ends_at: ISSUED_AT.plus(60),
                reason: GraceReason::PaymentFailed,
            });
        })
    };
    for (status, standing) in [
        (Status::Banned, Standing::Banned),
        (Status::Revoked, Standing::Revoked),
        (Status::Expired, Standing::Expired),
        (Status::Suspended, Standing::Suspended),
        (Status::Active, Standing::Suspended),
    ] {
        assert_eq!(everything_is_over(status).standing(NOW), standing);
        assert!(!everything_is_over(status).standing(NOW).usable());
    }
    let no_grace = license(|it| {
        it.exp = ISSUED_AT.plus(60);
        it.expires_at = Some(ISSUED_AT.plus(60));
    });
    assert_eq!(no_grace.standing(NOW), Standing::Expired);
}

#[test]
fn a_beginning_may_lie_five_minutes_ahead() {
    let license = license(|it| it.nbf = Some(ISSUED_AT.minus(60)));
    assert_eq!(license.standing(ISSUED_AT.minus(300)), Standing::Valid);
    assert_eq!(
        license.standing(ISSUED_AT.minus(301)),
        Standing::NotYetValid
    );
    assert_eq!(
        license.standing(UnixTime::from_secs(i64::MIN)),
        Standing::NotYetValid
    );

    let later = self::license(|it| it.nbf = Some(ISSUED_AT.plus(1000)));
    assert_eq!(later.standing(ISSUED_AT.plus(699)), Standing::NotYetValid);
    assert_eq!(later.standing(ISSUED_AT.plus(700)), Standing::Valid);
}

#[test]
fn a_clock_may_lie_an_hour_behind_what_was_seen() {
    let seen = Seen {
        time: Some(NOW),
        ..Seen::default()
    };
    let token = seal(&claims());
    let license = keyring()
        .verify(Token::parse(&token).unwrap(), &expected(), &seen)
        .unwrap();
    assert_eq!(license.standing(NOW.minus(3600)), Standing::Valid);
    assert_eq!(license.standing(NOW.minus(3601)), Standing::ClockRollback);
    assert_eq!(
        license.standing(UnixTime::from_secs(i64::MIN)),
        Standing::ClockRollback
    );

    let later = NOW.plus(86_400);
    assert_eq!(license.standing_after(NOW, later), Standing::ClockRollback);
    assert_eq!(
        license.standing_after(NOW.minus(3601), ISSUED_AT),
        Standing::Valid
    );
    let ends_of_time = [UnixTime::from_secs(i64::MIN), UnixTime::from_secs(i64::MAX)];
    for (now, seen) in ends_of_time.into_iter().zip(ends_of_time.into_iter().rev()) {
        let _ = license.standing_after(now, seen);
    }
}

#[test]
fn the_clock_is_looked_at_before_the_claims() {
    let refused = license(|it| it.status = Status::Revoked);
    let watermark = NOW.plus(86_400);
    assert_eq!(
        refused.standing_after(NOW, watermark),
        Standing::ClockRollback
    );
    assert_eq!(refused.standing(NOW), Standing::Revoked);
}

#[test]
fn a_license_answers_what_it_holds() {
    let license = license(|it| it.entitlements = vec!["export".into(), "api_access".into()]);
    assert_eq!(license.entitlements(), ["api_access", "export"]);
    assert!(license.allows("api_access", NOW) && license.allows("export", NOW));
    for absent in ["", "expor", "export2", "Export", "zzz"] {
        assert!(!license.allows(absent, NOW), "{absent:?}");
    }
    assert_eq!(license.limit("seats"), Some(5));
    assert_eq!(license.limit("machines"), None);
    assert_eq!(license.policy().name, "growth_policy");
    assert_eq!(license.id(), license.claims().sub);
    assert_eq!(license.key_id(), public(&issuer_key()).key_id());
}

#[test]
fn a_refresh_is_due_within_the_lease() {
    let due = |hint: Option<UnixTime>| license(|it| it.refresh_after = hint).refresh_due_at();
    let end = claims().exp;
    assert_eq!(due(None), ISSUED_AT.plus(7 * 86_400));
    assert_eq!(due(Some(ISSUED_AT.plus(5))), ISSUED_AT.plus(5));
    assert_eq!(due(Some(UnixTime::from_secs(1))), ISSUED_AT);
    assert_eq!(due(Some(end.plus(1_000_000))), end);
    let license = license(|it| it.refresh_after = Some(NOW));
    assert!(license.refresh_due(NOW) && !license.refresh_due(NOW.minus(1)));
}

#[test]
fn an_older_token_is_stale_unless_its_witness_was_revoked() {
    let token = seal(&claims());
    let with = |keyring: &Keyring, seen: Seen| {
        keyring
            .verify(Token::parse(&token)?, &expected(), &seen)
            .map(|_| ())
    };
    let other = public(&ed25519_dalek::SigningKey::from_bytes(&[8; 32])).key_id();
    let seen = |seq| Seen {
        seq: Some(seq),
        key_id: Some(other),
        ..Seen::default()
    };

    assert_eq!(with(&keyring(), seen(7)), Ok(()));
    let stale = Err(VerifyError::StaleToken { found: 7, seen: 8 });
    assert_eq!(with(&keyring(), seen(8)), stale);
    assert_eq!(with(keyring().revoke(other), seen(8)), Ok(()));

    let at = |iat| Seen {
        issued_at: Some(iat),
        ..seen(7)
    };
    assert_eq!(with(&keyring(), at(ISSUED_AT)), Ok(()));
    assert!(with(&keyring(), at(ISSUED_AT.plus(1))).is_err());
    let only_time = Seen {
        issued_at: Some(ISSUED_AT.plus(1)),
        ..Seen::default()
    };
    assert_eq!(with(&keyring(), only_time), Ok(()));
}

#[test]
fn a_token_must_be_for_this_app() {
    let token = seal(&claims());
    let with = |expected: &Expected| {
        keyring()
            .verify(Token::parse(&token).unwrap(), expected, &Seen::default())
            .map_or_else(|error| error.code(), |license| license.standing(NOW).code())
    };
    assert_eq!(with(&expected()), Code::Valid);
    assert_eq!(
        with(&Expected::new(ISSUER, PRODUCT)),
        Code::FingerprintMismatch
    );
    assert_eq!(
        with(&Expected::new(ISSUER, PRODUCT).any_machine()),
        Code::Valid
    );
    assert_eq!(
        with(&expected().fingerprint("other")),
        Code::FingerprintMismatch
    );
    assert_eq!(
        with(&expected().issuer("https://licenses.example.com/")),
        Code::IssuerMismatch
    );
    assert_eq!(with(&expected().product("Notes")), Code::ProductMismatch);
    assert_eq!(with(&expected().test_mode()), Code::EnvironmentMismatch);
    assert_eq!(
        with(&Expected::danger_unpinned().any_machine()),
        Code::Valid
    );

    assert_eq!(
        code(&altered(|it| it["test"] = true.into())),
        Code::EnvironmentMismatch
    );
    assert_eq!(code(&altered(|it| it["test"] = false.into())), Code::Valid);
}

#[test]
fn a_key_signs_within_its_limits() {
    let token = seal(&claims());
    let with = |change: &dyn Fn(&mut SigningKey), expected: &Expected| {
        let mut key = SigningKey {
            key: public(&issuer_key()),
            not_before: None,
            not_after: None,
            products: Vec::new(),
        };
        change(&mut key);
        Keyring::new()
            .trust_signing_key(key)
            .verify(Token::parse(&token).unwrap(), expected, &Seen::default())
            .map_or_else(|error| error.code(), |license| license.standing(NOW).code())
    };
    let unpinned = Expected::danger_unpinned().any_machine();
    for expected in [&expected(), &unpinned] {
        let products = |codes: &'static [&str]| {
            with(
                &|key| key.products = codes.iter().copied().map(Into::into).collect(),
                expected,
            )
        };
        assert_eq!(products(&["other", "notes"]), Code::Valid);
        assert_eq!(products(&["other"]), Code::UnknownKey);
        for (from, until, answer) in [
            (ISSUED_AT, ISSUED_AT, Code::Valid),
            (ISSUED_AT.plus(1), NOW, Code::KeyNotValid),
            (ISSUED_AT.minus(9), ISSUED_AT.minus(1), Code::KeyNotValid),
        ] {
            let limit = |key: &mut SigningKey| {
                key.not_before = Some(from);
                key.not_after = Some(until);
            };
            assert_eq!(with(&limit, expected), answer);
        }
    }
}

#[test]
fn a_revoked_key_stays_revoked() {
    let key = public(&issuer_key());
    let mut keyring = keyring();
    keyring.revoke(key.key_id()).trust(key);
    let token = seal(&claims());
    let refused = keyring.verify(Token::parse(&token).unwrap(), &expected(), &Seen::default());
    assert_eq!(refused.unwrap_err().code(), Code::KeyRevoked);
}
