//! Subscriptions: their state, their items and their end.

use paidup_lifecycle::{EndReason, Object, Subscription, SubscriptionItem, SubscriptionStatus};

use super::FactError;
use crate::probe::Probe;

pub(super) fn read(subscription: Probe<'_>) -> Result<Vec<Object>, FactError> {
    let status = subscription
        .str("status")
        .ok_or(FactError::Missing("status"))?;
    let read = Subscription {
        id: subscription.id()?,
        customer: subscription.reference("customer")?,
        status: match status {
            "incomplete" => SubscriptionStatus::Incomplete,
            "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
            "trialing" => SubscriptionStatus::Trialing,
            "active" => SubscriptionStatus::Active,
            "past_due" => SubscriptionStatus::PastDue,
            "unpaid" => SubscriptionStatus::Unpaid,
            "paused" => SubscriptionStatus::Paused,
            "canceled" => SubscriptionStatus::Canceled,
            _ => SubscriptionStatus::Unknown,
        },
        items: items(subscription)?,
        truncated: subscription.is_truncated("items"),
        started_at: subscription
            .time("start_date")
            .or_else(|| subscription.time("created")),
        invoiced: subscription.str("collection_method") == Some("send_invoice"),
        cancel_at: subscription.time("cancel_at"),
        cancel_at_period_end: subscription.flag("cancel_at_period_end"),
        ended_at: subscription.time("ended_at"),
        end_reason: end_reason(subscription),
        trial_end: subscription.time("trial_end"),
        trial_ends_without_payment: trial_ends_without_payment(subscription),
    };
    let course = read.course().map(Object::Course);
    let mut objects = vec![Object::Subscription(read)];
    objects.extend(course);
    // Only a reply that was asked to carries them whole.
    for (name, kind) in [("customer", "customer"), ("latest_invoice", "invoice")] {
        match subscription.member(name) {
            Some(it) if it.str("object") != Some(kind) || it.member("created").is_none() => {}
            Some(it) if kind == "customer" => objects.push(super::customer(it)?),
            Some(it) => objects.extend(super::invoice::read(it)?),
            None => {}
        }
    }
    Ok(objects)
}

fn items(subscription: Probe<'_>) -> Result<Vec<SubscriptionItem>, FactError> {
    // The period moved from the subscription to its items with 2025-03-31.
    let common_period_end = subscription.time("current_period_end");
    subscription
        .list("items")
        .map(|item| {
            // `plan` is what prices were called before 2020.
            let price = item.member("price").or_else(|| item.member("plan"));
            let price = price.ok_or(FactError::Missing("items.price"))?;
            Ok(SubscriptionItem {
                id: item.id()?,
                price: match item.reference("price")? {
                    Some(id) => id,
                    None => item
                        .reference("plan")?
                        .ok_or(FactError::Missing("items.price"))?,
                },
                product: price.reference("product")?,
                quantity: item.amount("quantity").unwrap_or(1),
                period_end: item.time("current_period_end").or(common_period_end),
            })
        })
        .collect()
}

fn end_reason(subscription: Probe<'_>) -> Option<EndReason> {
    subscription.member("ended_at")?;
    let reason = subscription
        .path(&["cancellation_details"])
        .and_then(|it| it.str("reason"));
    Some(match reason {
        Some("payment_failed") => EndReason::PaymentFailed,
        Some("payment_disputed") => EndReason::Disputed,
        _ => EndReason::Requested,
    })
}

fn trial_ends_without_payment(subscription: Probe<'_>) -> bool {
    let then = subscription
        .path(&["trial_settings", "end_behavior"])
        .and_then(|it| it.str("missing_payment_method"));
    let can_pay = subscription.member("default_payment_method").is_some()
        || subscription.member("default_source").is_some();
    matches!(then, Some("cancel" | "pause")) && !can_pay
}
