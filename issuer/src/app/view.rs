//! A license as others see it: one shape for lists, webhooks and API replies.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use paidup_lifecycle::{Condition, Flag, Status, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::catalog::{Catalog, Policy};
use crate::settings::Mode;
use crate::store::customers::CustomerRow;
use crate::store::licenses::{LicenseRow, Metadata};

/// A license as others see it, with the field names of the wire.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseView {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    status: Status,
    valid: bool,
    code: &'static str,
    reason: Option<&'static str>,
    name: Option<String>,
    policy: PolicyView,
    policy_id: String,
    product: String,
    product_id: String,
    entitlements: Vec<String>,
    seats: u64,
    renews_at: Option<String>,
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_at_period_end: Option<bool>,
    expires_at: Option<String>,
    suspended_at: Option<String>,
    revoked_at: Option<String>,
    banned_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats_over: Option<u64>,
    max_machines_override: Option<u32>,
    max_uses_override: Option<u32>,
    uses_count: u32,
    metadata: Map<String, Value>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    purchase: Option<PurchaseView>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyView {
    id: String,
    name: String,
    product_id: String,
    max_machines: Option<u32>,
    require_fingerprint: bool,
    offline_max_days: i64,
    allow_machine_transfer: bool,
}

impl PolicyView {
    /// A policy that the catalog has lost is known by its name alone.
    fn new(name: &str, product: &str, policy: Option<&Policy>) -> Self {
        Self {
            id: policy_id(name),
            name: name.to_owned(),
            product_id: product.to_owned(),
            max_machines: policy.and_then(|it| it.max_machines),
            require_fingerprint: policy.is_some_and(Policy::needs_fingerprint),
            offline_max_days: policy.map_or(0, |it| it.lease / 86_400),
            allow_machine_transfer: true,
        }
    }
}

/// Who bought it and how: nothing for whoever merely holds the key.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PurchaseView {
    user_email: Option<String>,
    user_name: Option<String>,
    client_reference_id: Option<String>,
    customer: CustomerView,
    stripe: StripeView,
    flags: BTreeSet<Flag>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerView {
    id: String,
    email: Option<String>,
    stripe_customer: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct StripeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    session_metadata: Metadata,
    subscription_metadata: Metadata,
    account: Option<String>,
    livemode: bool,
}

impl LicenseView {
    /// A license as its vendor sees it at `now`.
    #[must_use]
    pub fn new(
        license: &LicenseRow,
        customer: &CustomerRow,
        catalog: &Catalog,
        mode: Mode,
        now: Timestamp,
    ) -> Self {
        let mut view = Self::of_key_holder(license, catalog, now);
        let item = license.item.split('/').nth(1).map(str::to_owned);
        view.purchase = Some(PurchaseView {
            user_email: customer.email.clone(),
            user_name: customer.name.clone(),
            client_reference_id: license.origin.client_reference_id.clone(),
            customer: CustomerView {
                id: customer.id.clone(),
                email: customer.email.clone(),
                stripe_customer: customer.stripe_customer.clone(),
            },
            stripe: StripeView {
                subscription: license.subscription.clone(),
                item,
                session: license.origin.session.clone(),
                session_metadata: license.origin.session_metadata.clone(),
                subscription_metadata: license.origin.subscription_metadata.clone(),
                account: None,
                livemode: mode.is_live(),
            },
            flags: license.state.flags.clone(),
        });
        view
    }

    /// A license as whoever holds its key sees it at `now`: no personal data.
    #[must_use]
    pub fn of_key_holder(license: &LicenseRow, catalog: &Catalog, now: Timestamp) -> Self {
        let condition = license.condition(now);
        let policy = catalog.policy(&condition.policy);
        let since = |status| {
            let reached = condition.status == status;
            reached.then(|| iso8601(license.since(now).0))
        };
        Self {
            id: license.id.clone(),
            key: None,
            status: condition.status,
            valid: condition.usable(),
            code: code(&condition),
            reason: condition.reason.map(paidup_lifecycle::Reason::as_str),
            name: None,
            policy: PolicyView::new(&condition.policy, &license.product, policy),
            policy_id: policy_id(&condition.policy),
            product: license.product.clone(),
            product_id: license.product.clone(),
            entitlements: policy
                .into_iter()
                .flat_map(|policy| &policy.entitlements)
                .chain(&condition.entitlements)
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            seats: condition.seats,
            renews_at: condition.renews_at.map(|at| iso8601(at.0)),
            ends_at: condition.ends_at.map(|at| iso8601(at.0)),
            cancel_at_period_end: condition.ends_at.map(|_| license.ends_with_period),
            expires_at: None,
            suspended_at: since(Status::Suspended),
            revoked_at: since(Status::Revoked),
            banned_at: since(Status::Banned),
            seats_over: None,
            max_machines_override: None,
            max_uses_override: None,
            uses_count: 0,
            metadata: metadata(&condition),
            purchase: None,
            created_at: iso8601(license.created_at),
            updated_at: iso8601(license.updated_at),
        }
    }

    /// Whether the license may be used.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.valid
    }

    /// Where the license stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Adds by how many machines the license is over what was bought, where it is.
    pub fn count_machines(&mut self, active: u64, catalog: &Catalog) {
        let policy = catalog.policy(&self.policy.name);
        let over = policy.map(|it| active.saturating_sub(it.machine_limit(self.seats)));
        self.seats_over = over.filter(|over| *over > 0);
    }

    /// Adds the account that sold it, once it is known.
    pub fn sold_by(&mut self, account: Option<String>) {
        if let Some(purchase) = &mut self.purchase {
            purchase.stripe.account = account;
        }
    }

    /// Adds the key, for those who may see it.
    pub fn reveal_key(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }

    /// The `data` of a webhook: the license, and the e-mail address where the
    /// guide's handler looks for it.
    #[must_use]
    pub fn for_webhook(&self) -> Value {
        let mut data = json!(self);
        if let (Some(data), Some(purchase)) = (data.as_object_mut(), &self.purchase) {
            data.insert("email".to_owned(), json!(purchase.user_email));
        }
        data
    }
}

/// What a condition carries beyond its fields: the end of a running grace.
pub(super) fn metadata(condition: &Condition) -> Map<String, Value> {
    let grace = condition
        .grace_ends_at()
        .map(|at| ("graceEndsAt".to_owned(), json!(iso8601(at.0))));
    grace.into_iter().collect()
}

/// The seed's word for a condition, online.
pub(super) fn code(condition: &Condition) -> &'static str {
    match condition.status {
        Status::Active => "VALID",
        Status::Suspended => "SUSPENDED",
        Status::Expired => "EXPIRED",
        Status::Revoked => "REVOKED",
        Status::Banned => "BANNED",
    }
}

pub(super) fn policy_id(name: &str) -> String {
    format!("pol_{name}")
}

/// Unix seconds in ISO 8601, UTC, with milliseconds: `2026-11-30T12:00:00.000Z`.
#[must_use]
pub fn iso8601(seconds: i64) -> String {
    let moment = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}
