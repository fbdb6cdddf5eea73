//! The sentences of an explanation.

use alloc::{
    format,
    string::{String, ToString as _},
};

use super::Subject;
use crate::{
    Check, Claims, GraceReason, License, Standing, Status, UnixTime, VerifyError,
    standing::{FUTURE_TOLERANCE, ROLLBACK_TOLERANCE},
};

impl Subject<'_> {
    /// Why a check passed.
    pub(super) fn success(&self, check: Check) -> String {
        match check {
            Check::Size => format!("{} bytes of at most 16384", self.token.len()),
            Check::Structure => "three parts with two dots".into(),
            Check::Encoding => "base64url without padding".into(),
            Check::Header => "a JSON object".into(),
            Check::Algorithm => "alg names Ed25519".into(),
            Check::HeaderMembers => "alg, typ and kid, and no others".into(),
            Check::Type => "typ is license+jwt".into(),
            Check::KeyId => self
                .key_id
                .map(|it| format!("kid is {it}"))
                .unwrap_or_default(),
            Check::Key => "the key is trusted".into(),
            Check::Signature => "the signature fits".into(),
            Check::Payload => "a JSON object, strictly read".into(),
            Check::Version => "v is 1".into(),
            Check::Claims => "every claim follows its rules".into(),
            Check::KeyPeriod => self.said(|it| format!("the key may sign at {} (iat)", it.iat)),
            Check::Issuer => self.said(|it| match self.expected.pinned_issuer() {
                Some(_) => format!("iss is {}", it.iss),
                None => format!("iss is {}; no issuer is pinned here", it.iss),
            }),
            Check::Product => self.said(|it| match self.expected.pinned_product() {
                Some(_) => format!("aud is {}", it.aud),
                None => format!("aud is {}; no product is pinned here", it.aud),
            }),
            Check::Environment => self.said(|it| format!("a {} token", mode(it.test))),
            Check::Fingerprint => self.said(|it| match &it.fingerprint {
                None => "not bound to a machine".into(),
                Some(_) if self.expected.names_machine() => "bound to this machine".into(),
                Some(bound) => format!("bound to {bound}; any machine is accepted here"),
            }),
            Check::Sequence => self.said(|it| match self.seen.seq {
                None => format!("seq is {}; no other token was seen", it.seq),
                Some(seen) => format!("seq is {}; the highest seen was {seen}", it.seq),
            }),
            Check::Clock | Check::Standing => String::new(),
        }
    }

    /// What is wrong.
    pub(super) fn failure(&self, error: &VerifyError) -> String {
        match error {
            VerifyError::IssuerMismatch { found } => format!(
                "iss is {found:?}, this verifier expects {:?}",
                self.expected.pinned_issuer().unwrap_or_default(),
            ),
            VerifyError::ProductMismatch { found } => format!(
                "aud is {found:?}, this verifier expects {:?}",
                self.expected.pinned_product().unwrap_or_default(),
            ),
            VerifyError::EnvironmentMismatch { test } => format!(
                "a {} token, and this verifier takes {} tokens",
                mode(*test),
                mode(self.expected.is_test()),
            ),
            VerifyError::FingerprintMismatch => self.said(|it| {
                let bound = it.fingerprint.as_deref().unwrap_or_default();
                if self.expected.names_machine() {
                    format!("bound to {bound:?}, which is not the given fingerprint")
                } else {
                    format!("bound to {bound:?}, and no fingerprint was given")
                }
            }),
            VerifyError::StaleToken { found, seen } if found == seen => {
                format!("seq is {found}, and a token with this seq and a later iat was seen",)
            }
            other => other.to_string(),
        }
    }

    /// What to do about it.
    pub(super) fn way_out(&self, error: &VerifyError) -> String {
        match error {
            VerifyError::KeyNotForProduct { key_id } => {
                format!("Ask the vendor for a token signed by a key of this product, not {key_id}.")
            }
            _ => error.code().next_step().into(),
        }
    }

    /// What the clock says, held against the watermark and the token's beginning.
    pub(super) fn clock(&self, standing: Standing, claims: &Claims) -> String {
        let now = self.now;
        match standing {
            Standing::ClockRollback => {
                let seen = self.seen.time.unwrap_or_default();
                format!(
                    "now is {now}, more than {ROLLBACK_TOLERANCE} seconds behind {seen}, \
                     which was seen here"
                )
            }
            Standing::NotYetValid => {
                let (claim, begin) = match claims.nbf {
                    Some(nbf) if nbf > claims.iat => ("nbf", nbf),
                    _ => ("iat", claims.iat),
                };
                format!(
                    "{claim} is {begin}, more than {FUTURE_TOLERANCE} seconds ahead of now, {now}"
                )
            }
            _ => format!("now is {now}"),
        }
    }

    /// The claim that decided.
    pub(super) fn decision(&self, standing: Standing, license: &License) -> String {
        let claims = license.claims();
        if claims.status != Status::Active {
            let reason = claims.reason.as_deref();
            let reason = reason
                .map(|it| format!(", reason {it}"))
                .unwrap_or_default();
            return format!("status is {}{reason}", claims.status);
        }
        let reached =
            |claim: &str, at: UnixTime| format!("{claim} {at} is reached: now is {}", self.now);
        match (standing, claims.grace, claims.expires_at) {
            (Standing::Revoked | Standing::Suspended, Some(grace), _) => {
                format!(
                    "{}, graceReason {}",
                    reached("graceEndsAt", grace.ends_at),
                    grace.reason
                )
            }
            (Standing::Expired, _, Some(end)) => reached("expiresAt", end),
            (Standing::RefreshRequired, _, _) => reached("exp", claims.exp),
            (Standing::Grace { until }, Some(grace), _) => {
                let why = match grace.reason {
                    GraceReason::Canceled => "canceled",
                    GraceReason::PaymentFailed => "a payment failed",
                };
                format!("{why}; usable until graceEndsAt {until}")
            }
            _ if license.outlives_issuer() => {
                "status is active; by the vendor's promise (sunset), exp ends nothing".into()
            }
            _ => format!("status is active; the lease ends at {} (exp)", claims.exp),
        }
    }

    fn said(&self, sentence: impl FnOnce(&Claims) -> String) -> String {
        self.claims.map(sentence).unwrap_or_default()
    }
}

fn mode(test: bool) -> &'static str {
    if test { "test" } else { "live" }
}
