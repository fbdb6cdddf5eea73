//! Subscriptions: what is owed, period after period, and until when.

use serde_json::{Value, json};

use super::{Charging, InvoiceLine, Metadata, Resource, World, add_field, list};
use crate::refusal::Refusal;

/// The status of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "Stripe documents these eight")]
pub enum SubscriptionStatus {
    /// The first payment has not been made yet.
    Incomplete,
    /// The first payment was never made.
    IncompleteExpired,
    /// In its trial.
    Trialing,
    /// Paid.
    Active,
    /// A renewal is not paid, and is being retried.
    PastDue,
    /// A renewal is not paid, and no longer retried.
    Unpaid,
    /// Over.
    Canceled,
    /// Set aside, nothing is billed.
    Paused,
}

impl SubscriptionStatus {
    /// Stripe's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
            Self::Paused => "paused",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// From a moment up to, but not including, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    /// What a metered price has counted in this period.
    pub(crate) usage: i64,
    pub(crate) period: Period,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

/// Why a subscription ends, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CancellationReason {
    Requested,
    PaymentFailed,
    PaymentDisputed,
}

impl CancellationReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "cancellation_requested",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentDisputed => "payment_disputed",
        }
    }
}

/// What becomes of invoices while `pause_collection` keeps them from being paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "Stripe offers these, and drafts")]
pub enum PausedCollection {
    /// They are voided.
    Void,
    /// They are marked uncollectible.
    MarkUncollectible,
}

impl PausedCollection {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Void => "void",
            Self::MarkUncollectible => "mark_uncollectible",
        }
    }
}

/// Why a subscription is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseReason {
    Requested,
    FinalPaymentFailure,
    /// A trial ended, and there was nothing to pay with.
    TrialEnd,
}

impl PauseReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "pause_requested",
            Self::FinalPaymentFailure => "final_payment_failure",
            Self::TrialEnd => "trial_end_without_payment_method",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) reason: PauseReason,
    pub(crate) since: i64,
}

#[derive(Clone)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) status: SubscriptionStatus,
    pub(crate) items: Vec<Item>,
    pub(crate) created: i64,
    /// Where the first period begins: earlier than `created` where it is backdated.
    pub(crate) start_date: i64,
    /// Invoices are sent and paid within so many days; else collected at once.
    pub(crate) days_until_due: Option<u32>,
    /// Differences that wait for the next invoice.
    pub(crate) pending: Vec<InvoiceLine>,
    pub(crate) trial: Option<Period>,
    pub(crate) cancel_at: Option<i64>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) reason: Option<CancellationReason>,
    pub(crate) paused: Option<Pause>,
    /// `pause_collection`: invoices are kept from being paid, the status stays.
    pub(crate) collection_paused: Option<PausedCollection>,
    pub(crate) latest_invoice: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Subscription {
    /// The end of the latest current period of its items.
    pub(crate) fn period_end(&self) -> i64 {
        self.items
            .iter()
            .map(|item| item.period.end)
            .max()
            .unwrap_or(self.created)
    }

    /// Refuses unless the status is one of `allowed`.
    pub(crate) fn require(
        &self,
        allowed: &[SubscriptionStatus],
        verb: &'static str,
    ) -> Result<(), Refusal> {
        if allowed.contains(&self.status) {
            return Ok(());
        }
        Err(Refusal::WrongState {
            object: Self::KIND,
            status: self.status.as_str(),
            verb,
        })
    }

    fn render_item(&self, item: &Item, world: &World) -> Value {
        let price = world.prices.get(&item.price).ok();
        let mut shown = json!({
            "id": item.id,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": item.created,
            "current_period_end": item.period.end,
            "current_period_start": item.period.start,
            "discounts": [],
            "metadata": item.metadata,
            "plan": price.map(|price| price.render_plan(world)).unwrap_or_default(),
            "price": price.map(|price| price.render(world)).unwrap_or_default(),
            "subscription": self.id,
            "tax_rates": [],
        });
        // A metered item has none.
        if price.is_none_or(|price| price.charging != Charging::Metered) {
            add_field(&mut shown, "quantity", item.quantity);
        }
        shown
    }
}

impl Subscription {
    pub(crate) fn render_items(&self, world: &World) -> Vec<Value> {
        let items = self.items.iter();
        items.map(|item| self.render_item(item, world)).collect()
    }
}

impl Resource for Subscription {
    const KIND: &'static str = "subscription";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let items = self.render_items(world);
        let status_details = self.paused.map(|pause| {
            json!({ "paused": {
                "subscription": { "type": pause.reason.as_str() },
                "transitioned_at": pause.since,
                "type": "subscription",
            } })
        });
        json!({
            "id": self.id,
            "object": Self::KIND,
            "application": null,
            "application_fee_percent": null,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": self.trial.map_or(self.start_date, |trial| trial.end),
            "billing_cycle_anchor_config": null,
            "billing_mode": {
                "flexible": { "proration_discounts": "included" },
                "type": "flexible",
                "updated_at": self.created,
            },
            "billing_schedules": [],
            "billing_thresholds": null,
            "cancel_at": self.cancel_at,
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": self.canceled_at,
            "cancellation_details": {
                "comment": null,
                "feedback": null,
                "reason": self.reason.map(CancellationReason::as_str),
            },
            "collection_method": collection_method(self.days_until_due),
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "days_until_due": self.days_until_due,
            "default_payment_method": null,
            "default_source": null,
            "default_tax_rates": [],
            "description": null,
            "discounts": [],
            "ended_at": self.ended_at,
            "invoice_settings": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": { "type": "self" },
            },
            "items": list(&format!("/v1/subscription_items?subscription={}", self.id), items),
            "latest_invoice": self.latest_invoice,
            "livemode": world.livemode,
            "managed_payments": { "enabled": false },
            "metadata": self.metadata,
            "next_pending_invoice_item_invoice": null,
            "on_behalf_of": null,
            "pause_collection": self
                .collection_paused
                .map(|paused| json!({ "behavior": paused.as_str(), "resumes_at": null })),
            "payment_settings": {
                "payment_method_options": null,
                "payment_method_types": null,
                "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": null,
            "pending_setup_intent": null,
            "pending_update": null,
            "schedule": null,
            "start_date": self.start_date,
            "status": self.status.as_str(),
            "status_details": status_details,
            "test_clock": null,
            "transfer_data": null,
            "trial_end": self.trial.map(|trial| trial.end),
            "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
            "trial_start": self.trial.map(|trial| trial.start),
        })
    }
}

/// How an invoice with these terms is paid.
pub(super) fn collection_method(days_until_due: Option<u32>) -> &'static str {
    match days_until_due {
        Some(_) => "send_invoice",
        None => "charge_automatically",
    }
}
