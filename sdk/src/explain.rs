//! Explains a token: each check in order, the claim that decided, the next step.
//!
//! It walks the verify path and adds words to what that path answers; it decides
//! nothing itself.

mod sentences;
mod summary;

use alloc::{string::String, vec::Vec};

use serde::Serialize;

use crate::{
    Check, Claims, Code, Expected, KeyId, Keyring, License, Seen, Standing, Token, UnixTime,
    VerifyError,
};

pub use summary::LicenseSummary;

/// What a verifier makes of a token at a moment, and why.
///
/// As JSON: `{code, usable, checks: [{name, ok, detail}], license, nextAction}`.
///
/// ```
/// use paidup::{Code, Expected, Explanation, Keyring, Seen, UnixTime};
///
/// let explanation = Explanation::of(
///     "not a token",
///     &Keyring::new(),
///     &Expected::new("https://licenses.example.com", "notes"),
///     &Seen::default(),
///     UnixTime::from_secs(1_795_417_200),
/// );
/// assert_eq!(explanation.code, Code::Malformed);
/// assert!(!explanation.usable);
/// let last = explanation.checks.last().unwrap();
/// assert_eq!((last.name.name(), last.ok), ("structure", false));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Explanation {
    /// The answer in one word.
    pub code: Code,
    /// Whether the app may be used.
    pub usable: bool,
    /// The checks in order. The first that fails is the last that is listed:
    /// those after it were not made.
    pub checks: Vec<CheckResult>,
    /// What the token says, once its signature and claims have passed; before
    /// that, nothing it says is worth showing.
    pub license: Option<LicenseSummary>,
    /// The way on, as a sentence or two for a human.
    pub next_action: String,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CheckResult {
    /// The check.
    pub name: Check,
    /// Whether it passed. For [`Check::Standing`], whether the answer is usable.
    pub ok: bool,
    /// What was found, as a sentence for a human.
    pub detail: String,
}

impl Explanation {
    /// Of an installation that has no token.
    pub(crate) fn of_nothing() -> Self {
        Self {
            code: Code::NoLicense,
            usable: false,
            checks: Vec::new(),
            license: None,
            next_action: Code::NoLicense.next_step().into(),
        }
    }

    /// Explains the token at this moment. Total: what cannot be verified is
    /// explained as such.
    #[must_use]
    pub fn of(
        token: &str,
        keyring: &Keyring,
        expected: &Expected,
        seen: &Seen,
        now: UnixTime,
    ) -> Self {
        let mut subject = Subject {
            token,
            key_id: None,
            claims: None,
            expected,
            seen,
            now,
        };
        let unverified = match Token::parse(token) {
            Ok(unverified) => unverified,
            Err(error) => return subject.refused(&error),
        };
        subject.key_id = Some(unverified.key_id());
        let authentic = match keyring.authenticate(&unverified, expected) {
            Ok(authentic) => authentic,
            Err(error) => return subject.refused(&error),
        };
        let claims = authentic.claims().clone();
        subject.claims = Some(&claims);
        match authentic.bind(expected, seen) {
            Ok(license) => subject.answered(&license),
            Err(error) => subject.refused(&error),
        }
    }
}

/// What is known of the token so far, and what it is held against.
struct Subject<'a> {
    token: &'a str,
    key_id: Option<KeyId>,
    claims: Option<&'a Claims>,
    expected: &'a Expected,
    seen: &'a Seen,
    now: UnixTime,
}

impl Subject<'_> {
    fn refused(&self, error: &VerifyError) -> Explanation {
        let mut checks = self.passed_before(error.check());
        checks.push(CheckResult {
            name: error.check(),
            ok: false,
            detail: self.failure(error),
        });
        Explanation {
            code: error.code(),
            usable: false,
            checks,
            license: self.claims.map(LicenseSummary::of),
            next_action: self.way_out(error),
        }
    }

    fn answered(&self, license: &License) -> Explanation {
        let claims = license.claims();
        let standing = license.standing(self.now);
        let mut checks = self.passed_before(Check::Clock);
        let clock_is_wrong = matches!(standing, Standing::ClockRollback | Standing::NotYetValid);
        checks.push(CheckResult {
            name: Check::Clock,
            ok: !clock_is_wrong,
            detail: self.clock(standing, claims),
        });
        if !clock_is_wrong {
            checks.push(CheckResult {
                name: Check::Standing,
                ok: standing.usable(),
                detail: self.decision(standing, license),
            });
        }
        Explanation {
            code: standing.code(),
            usable: standing.usable(),
            checks,
            license: Some(LicenseSummary::of(claims)),
            next_action: way_on(standing, claims).into(),
        }
    }

    fn passed_before(&self, end: Check) -> Vec<CheckResult> {
        Check::ALL
            .iter()
            .take_while(|check| **check < end)
            .map(|check| CheckResult {
                name: *check,
                ok: true,
                detail: self.success(*check),
            })
            .collect()
    }
}

/// The way on from a standing. What the issuer has taken back from one machine or one key
/// is not what it has taken from the license.
fn way_on(standing: Standing, claims: &Claims) -> &'static str {
    match (standing, claims.reason.as_deref()) {
        (Standing::Revoked, Some(Claims::KEY_REISSUED)) => {
            "The license has a new key: enter the one that was sent to you."
        }
        (Standing::Revoked, Some(Claims::MACHINE_DEACTIVATED)) => {
            "This machine's seat was given up: enter the license key to take one again."
        }
        _ => standing.code().next_step(),
    }
}
