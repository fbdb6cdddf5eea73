//! What holds of a license becomes signed claims. A refusal is signed too, so
//! that it can be trusted like a yes.

use paidup::{Claims, Grace, GraceReason, MachineClass, PolicyRef, Status, UnixTime};
use paidup_lifecycle::{self as lifecycle, Condition, Timestamp};

use super::issue::IssueError;
use crate::app::App;
use crate::app::view::policy_id;
use crate::catalog::Policy;
use crate::store::Tx;
use crate::store::licenses::LicenseRow;

/// An ordinary JWT library, which knows no status, refuses a refusal by its end.
const REFUSAL_LIFE: i64 = 60;
const LONGEST_REFRESH_PAUSE: i64 = 86_400;

/// Whether the machine may have the license: what a token says besides it.
pub(super) enum Verdict {
    AsTheLicense,
    Refused(&'static str),
}

/// What a token is bound to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Binding<'a> {
    pub(super) fingerprint: Option<&'a str>,
    pub(super) class: MachineClass,
    pub(super) nonce: Option<&'a str>,
    /// Instead of the policy's lease, in seconds.
    pub(super) lease: Option<i64>,
}

impl Binding<'_> {
    fn lease_under(&self, policy: &Policy) -> i64 {
        self.lease.unwrap_or_else(|| policy.lease_for(self.class))
    }
}

impl App {
    pub(super) async fn seal(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
        verdict: &Verdict,
        binding: &Binding<'_>,
    ) -> Result<String, IssueError> {
        let keys = self.keys_now(tx).await?;
        // From the first token on, apps pin this name.
        let issuer = self.fix_issuer(tx).await?;
        let now = self.0.clock.now();
        let condition = license.condition(now);
        let policy = self.policy(license, &condition)?;
        let (status, reason) = match verdict {
            Verdict::AsTheLicense => (
                status(condition.status),
                condition.reason.map(|reason| reason.as_str().to_owned()),
            ),
            Verdict::Refused(reason) => (Status::Revoked, Some((*reason).to_owned())),
        };
        let usable = status == Status::Active;
        let exp = if usable {
            lease_end(&condition, now, binding.lease_under(&policy))
        } else {
            now.plus(REFUSAL_LIFE)
        };
        let mut limits = policy.limits.clone();
        limits.insert("seats".to_owned(), condition.seats);
        let claims = Claims {
            iss: issuer,
            aud: license.product.clone(),
            sub: license.id.clone(),
            jti: self.0.entropy.id("tok", self.0.clock.millis())?,
            seq: u64::try_from(license.seq).unwrap_or_default(),
            iat: unix(now),
            nbf: None,
            exp: unix(exp),
            status,
            reason,
            policy: PolicyRef {
                id: policy_id(&policy.name),
                name: policy.name.clone(),
            },
            entitlements: policy
                .entitlements
                .union(&condition.entitlements)
                .cloned()
                .collect(),
            limits,
            expires_at: None,
            renews_at: condition.renews_at.filter(|_| usable).map(unix),
            grace: condition.grace.filter(|_| usable).map(|grace| Grace {
                ends_at: unix(grace.ends_at),
                reason: match grace.reason {
                    lifecycle::GraceReason::Canceled => GraceReason::Canceled,
                    lifecycle::GraceReason::PaymentFailed => GraceReason::PaymentFailed,
                },
            }),
            refresh_after: usable.then(|| {
                let pause = (exp.0.saturating_sub(now.0) / 4).min(LONGEST_REFRESH_PAUSE);
                unix(now.plus(pause))
            }),
            fingerprint: binding.fingerprint.map(str::to_owned),
            nonce: binding.nonce.map(str::to_owned),
            test: !self.0.mode.is_live(),
        };
        let key = keys.signing_at(unix(now));
        Ok(keys
            .signer()
            .seal(&key.ok_or(IssueError::NoSigningKey)?, &claims)?)
    }
}

/// The end of the lease: never beyond a grace or a known end, and never so near
/// that the token could not be used at all.
fn lease_end(condition: &Condition, now: Timestamp, lease: i64) -> Timestamp {
    let lease = now.plus(lease);
    let end = [condition.grace_ends_at(), condition.ends_by]
        .into_iter()
        .flatten()
        .min();
    end.unwrap_or(lease).min(lease).max(now.plus(1))
}

fn status(status: lifecycle::Status) -> Status {
    match status {
        lifecycle::Status::Active => Status::Active,
        lifecycle::Status::Suspended => Status::Suspended,
        lifecycle::Status::Expired => Status::Expired,
        lifecycle::Status::Revoked => Status::Revoked,
        lifecycle::Status::Banned => Status::Banned,
    }
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::from_secs(at.0)
}
