//! What is given out: a token, what it was made from, and why there may be none.

use paidup::{LicenseKeyError, OfflineRequestError, SealError, VerifyError};
use paidup_lifecycle::Condition;
use serde::Serialize;
use serde_json::json;

use crate::app::view::{LicenseView, iso8601};
use crate::app::{App, KeysError};
use crate::catalog::Policy;
use crate::entropy::NoEntropy;
use crate::store::StoreError;
use crate::store::licenses::LicenseRow;
use crate::store::machines::MachineRow;

/// A token, and what it was made from.
#[derive(Debug, Clone, Serialize)]
pub struct Issued {
    /// The signed token.
    pub token: String,
    /// The root-signed keyset, once there is one.
    pub keyset: Option<String>,
    /// The license, without personal data.
    pub license: LicenseView,
    /// The machine the token is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineView>,
}

/// A machine as its user sees it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the field names are the wire's")]
pub struct MachineView {
    pub id: String,
    pub fingerprint: String,
    pub name: Option<String>,
    pub license_id: String,
    pub platform: Option<String>,
    pub class: paidup::MachineClass,
    pub heartbeat_status: &'static str,
    pub last_heartbeat_at: Option<String>,
    pub metadata: serde_json::Value,
    pub created_at: String,
    pub updated_at: String,
    pub last_seen_at: String,
}

/// Why no token is given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The key is not one that could exist.
    #[error("this is not a license key: {0}")]
    Key(#[from] LicenseKeyError),
    /// There is no such license.
    #[error("no license has this key; check it against the e-mail you received")]
    NotFound,
    /// The seats are taken. Nobody is thrown out for it.
    #[error(
        "this license is active on {current} machines, and {max} are bought; free one of them, \
         or buy more seats"
    )]
    MachineLimit {
        /// How many are bought.
        max: u64,
        /// How many are active.
        current: u64,
        /// Which ones.
        machines: Vec<MachineView>,
    },
    /// Seats are taken too often.
    #[error(
        "this license has been activated {count} times within 30 days, and may be {max} times; the \
         next seat can be taken on {}. Wait until then, or ask the vendor", minute(*next_at)
    )]
    Churn {
        /// How often they were.
        count: u64,
        /// How often they may be.
        max: u64,
        /// When one may be again.
        next_at: i64,
        /// After how many seconds that is.
        retry_after: i64,
    },
    /// There is no such machine.
    #[error("no machine of this license has this id, or it is not active")]
    NoMachine,
    /// The license cannot be used now.
    #[error("the license is {0}")]
    Unusable(paidup_lifecycle::Status),
    /// The request is for another product than the key.
    #[error("this license key is for the product {0}, and the request comes from another app")]
    OtherProduct(String),
    /// The app is built for the other mode.
    #[error("this license server runs in {0} mode, and the app is built for the other one")]
    OtherMode(&'static str),
    /// The offline request is none.
    #[error("{0}")]
    Request(OfflineRequestError),
    /// The offline request was answered before.
    #[error("this offline request was answered already; make a new one in the app")]
    Answered,
    /// The policy wants to know the machine.
    #[error("the machines of this license are counted or named: send the fingerprint of this one")]
    FingerprintRequired,
    /// The token is not one of ours.
    #[error("the token cannot be refreshed: {0}")]
    Token(#[from] VerifyError),
    /// A value cannot be used.
    #[error("{0}")]
    Value(&'static str),
    /// A text is too short, too long, or has control characters in it.
    #[error("{field} has {min} to {max} bytes, and no control characters")]
    Text {
        /// The field.
        field: &'static str,
        /// Its least bytes.
        min: usize,
        /// Its most bytes.
        max: usize,
    },
    /// The policy is not in the catalog any more.
    #[error("the policy \"{0}\" of this license is not in the catalog; put it back")]
    NoPolicy(String),
    /// No key may sign now.
    #[error(
        "no signing key that the keyset lists is in this issuer's key file; copy the newest one \
         to it, or run `paidup keys rotate`"
    )]
    NoSigningKey,
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The claims cannot be sealed.
    #[error("the token could not be made")]
    Seal(#[from] SealError),
    /// The database.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl App {
    /// The policy of a license. A refusal needs none.
    pub(super) fn policy(
        &self,
        license: &LicenseRow,
        condition: &Condition,
    ) -> Result<Policy, IssueError> {
        let catalog = self.catalog();
        match catalog.policy(&condition.policy) {
            Some(policy) => Ok(policy.clone()),
            None if condition.usable() => Err(IssueError::NoPolicy(condition.policy.clone())),
            None => Ok(Policy::lost(&condition.policy, &license.product)),
        }
    }

    pub(super) fn issued(
        &self,
        license: &LicenseRow,
        token: String,
        machine: Option<&MachineRow>,
    ) -> Issued {
        let now = self.0.clock.now();
        Issued {
            token,
            keyset: self.keys().keyset_text().map(str::to_owned),
            license: LicenseView::of_key_holder(license, &self.catalog(), now),
            machine: machine.map(MachineView::from),
        }
    }
}

impl From<&MachineRow> for MachineView {
    fn from(machine: &MachineRow) -> Self {
        Self {
            id: machine.id.clone(),
            fingerprint: machine.fingerprint.clone(),
            name: machine.name.clone(),
            license_id: machine.license_id.clone(),
            platform: machine.platform.clone(),
            class: machine.class,
            heartbeat_status: match machine.heartbeat_at {
                Some(_) => "ALIVE",
                None => "NOT_STARTED",
            },
            last_heartbeat_at: machine.heartbeat_at.map(iso8601),
            metadata: json!({}),
            created_at: iso8601(machine.created_at),
            updated_at: iso8601(machine.last_seen_at),
            last_seen_at: iso8601(machine.last_seen_at),
        }
    }
}

/// The first whole minute from then on, as people read it.
fn minute(at: i64) -> String {
    let up = chrono::DateTime::from_timestamp(at.saturating_add(59), 0);
    up.map_or_else(
        || iso8601(at),
        |it| it.format("%Y-%m-%d at %H:%M UTC").to_string(),
    )
}
