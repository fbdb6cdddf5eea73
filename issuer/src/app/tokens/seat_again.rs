//! A database that was restored from a backup does not know the machines that were
//! activated since. Their tokens do, so that nobody who has paid is locked out.

use paidup::{Claims, MachineClass, Status};
use serde_json::json;

use super::issue::IssueError;
use super::seats::log;
use crate::app::App;
use crate::catalog::Policy;
use crate::store::Tx;
use crate::store::licenses::LicenseRow;
use crate::store::machines::{self, MachineRow};

impl App {
    /// Gives a machine without a row the seat that its token, one of ours, proves; the
    /// machine where it got one. Rows of machines are never deleted, and a yes is said to
    /// a machine only once it has a seat: so the row is lost.
    ///
    /// It is no new activation, and the limit of those does not apply: the seats in the
    /// backup may be those that were freed since. But no more were lost than can have
    /// been taken, so twice the limit ends it.
    pub(super) async fn seat_again(
        &self,
        tx: &mut Tx,
        claims: &Claims,
        license: &LicenseRow,
    ) -> Result<Option<MachineRow>, IssueError> {
        let Some(fingerprint) = &claims.fingerprint else {
            return Ok(None);
        };
        if predates_key(claims, license) {
            return Ok(None);
        }
        let condition = license.condition(self.0.clock.now());
        let policy = self.policy(license, &condition)?;
        let limit = policy.machine_limit(condition.seats);
        if machines::count_active(tx, &license.id).await? >= limit.saturating_mul(2) {
            return Ok(None);
        }
        let now = self.0.clock.now().0;
        let machine = MachineRow {
            id: self.0.entropy.id("mac", self.0.clock.millis())?,
            license_id: license.id.clone(),
            fingerprint: fingerprint.clone(),
            name: None,
            platform: None,
            key_hash: license.key_hash.clone(),
            created_at: now,
            last_seen_at: now,
            deactivated_at: None,
            class: class_of(claims, &policy),
            heartbeat_at: None,
        };
        machines::save(tx, &machine).await?;
        let detail = json!({ "machine": machine.id, "why": "its token proves a seat" });
        log(tx, "client", "machine.restored", &license.id, detail, now).await?;
        Ok(Some(machine))
    }
}

/// Whether a token says that its machine had a seat: a refusal is said to anybody.
pub(super) fn proves_seat(claims: &Claims) -> bool {
    claims.fingerprint.is_some() && claims.status == Status::Active
}

/// Whether a token was given to who held a key that was replaced since. Every token
/// that was given later has at least the `seq` of the replacement.
pub(super) fn predates_key(claims: &Claims, license: &LicenseRow) -> bool {
    i64::try_from(claims.seq).is_ok_and(|seq| seq < license.key_seq)
}

/// A token does not say what kind of machine it is for; but the short lease shows.
fn class_of(claims: &Claims, policy: &Policy) -> MachineClass {
    let short = policy.lease_for(MachineClass::Container);
    let lease = claims.exp.as_secs().saturating_sub(claims.iat.as_secs());
    match lease == short && short < policy.lease {
        true => MachineClass::Container,
        false => MachineClass::Desktop,
    }
}
