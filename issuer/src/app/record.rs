//! What the audit log keeps of a license's change: enough to say later what held, since
//! when, and because of what. Nothing personal.

use paidup_lifecycle::{Condition, GraceReason, Order, Phase, Reason, Status, Timestamp};
use serde::{Deserialize, Serialize};

use super::App;
use crate::store::changes::{self, Prompt};
use crate::store::customers::CustomerRow;
use crate::store::licenses::LicenseRow;
use crate::store::{StoreError, Tx};

/// What held of a license from a change on. Entries of earlier versions lack the later
/// fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Record {
    /// The status.
    pub status: Status,
    /// Why it is refused.
    pub reason: Option<Reason>,
    /// The policy's name.
    pub policy: String,
    /// How many seats were bought.
    pub seats: u64,
    /// A grace that is running ends at this moment.
    pub grace_ends_at: Option<Timestamp>,
    /// What that grace follows.
    pub grace_reason: Option<GraceReason>,
    /// It is known to end at this moment.
    pub ends_at: Option<Timestamp>,
    /// That is the end of the period that is paid.
    #[serde(default)]
    pub cancel_at_period_end: bool,
    /// The end of the last period that was paid for.
    pub paid_until: Option<Timestamp>,
    /// What an administrator ordered.
    pub order: Option<Order>,
    /// What it follows.
    pub item: Option<String>,
    /// That left its subscription.
    #[serde(default)]
    pub removed: bool,
    /// When it became true; by Stripe's clock where that is known.
    pub since: Option<Timestamp>,
    /// The events that prompted the change, oldest first.
    #[serde(default)]
    pub events: Vec<String>,
    /// The license's count of changes.
    #[serde(default)]
    pub seq: i64,
}

impl Record {
    pub(super) fn of(
        license: &LicenseRow,
        condition: &Condition,
        since: Timestamp,
        prompts: Vec<Prompt>,
    ) -> Self {
        Self {
            status: condition.status,
            reason: condition.reason,
            policy: condition.policy.clone(),
            seats: condition.seats,
            grace_ends_at: condition.grace_ends_at(),
            grace_reason: condition.grace.map(|grace| grace.reason),
            ends_at: condition.ends_at,
            cancel_at_period_end: license.ends_with_period,
            paid_until: condition.paid_until,
            order: license.order,
            item: Some(license.item.clone()),
            removed: is_removed(license),
            since: Some(since),
            events: prompts.into_iter().map(|prompt| prompt.event_id).collect(),
            seq: license.seq,
        }
    }
}

/// The item that it follows is not bought any more, while its subscription may go on.
pub(super) fn is_removed(license: &LicenseRow) -> bool {
    license.state.left_at.is_some()
}

impl App {
    /// The events that prompt a change, and when it became true.
    pub(super) async fn prompted(
        &self,
        tx: &mut Tx,
        before: Option<&LicenseRow>,
        license: &LicenseRow,
        customer: &CustomerRow,
        actor: &str,
    ) -> Result<(Vec<Prompt>, Timestamp), StoreError> {
        let now = self.0.clock.now();
        let earliest = Timestamp(before.map_or(i64::MIN, |before| before.status_since));
        let (prompts, since) = match actor {
            "stripe" => {
                let origin = license.item.split('/').next().unwrap_or_default();
                let stripe_customer = customer.stripe_customer.as_deref();
                let prompts = changes::prompts(tx, origin, stripe_customer).await?;
                let latest = prompts.iter().map(|prompt| Timestamp(prompt.created)).max();
                let known = known_moment(before, license, now);
                (prompts, known.or(latest))
            }
            "time" => (Vec::new(), license.turned_at(now)),
            _ => (Vec::new(), None),
        };
        Ok((prompts, since.unwrap_or(now).max(earliest).min(now)))
    }
}

/// When what holds now became true, where the state itself says so.
fn known_moment(
    before: Option<&LicenseRow>,
    license: &LicenseRow,
    now: Timestamp,
) -> Option<Timestamp> {
    let (was, is) = (before.map(LicenseRow::recorded), license.condition(now));
    let same = |was: Condition| was.status == is.status && was.grace == is.grace;
    if was.is_some_and(same) {
        return None;
    }
    license.turned_at(now).or(match license.state.phase {
        Phase::Ended { .. } | Phase::Lapsed => license.state.over_since,
        Phase::Revoked { .. } if license.subscription.is_none() => license.state.over_since,
        _ => None,
    })
}
