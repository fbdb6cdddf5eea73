//! Subscriptions: their state, their items and their end.

use std::collections::BTreeSet;

use paidup_lifecycle::{
    EndReason, ItemSet, Object, Pricing, Subscription, SubscriptionItem, SubscriptionStatus,
};

use super::FactError;
use crate::probe::Probe;

pub(super) fn read(subscription: Probe<'_>) -> Result<Vec<Object>, FactError> {
    let status = status(subscription).ok_or(FactError::Missing("status"))?;
    let read = Subscription {
        id: subscription.id()?,
        customer: subscription.reference("customer")?,
        status,
        items: items(subscription)?,
        truncated: subscription.is_truncated("items"),
        // Never a backdated `start_date`.
        started_at: subscription
            .time("created")
            .or_else(|| subscription.time("start_date")),
        invoiced: subscription.str("collection_method") == Some("send_invoice"),
        cancel_at: subscription.time("cancel_at"),
        cancel_at_period_end: subscription.flag("cancel_at_period_end"),
        ended_at: subscription.time("ended_at"),
        end_reason: end_reason(subscription),
        trial_end: subscription.time("trial_end"),
        trial_ends_without_payment: trial_ends_without_payment(subscription),
        metadata: subscription.texts("metadata"),
    };
    let course = read.course().map(Object::Course);
    let set = read.item_set().map(Object::ItemSet);
    let mut objects = vec![Object::Subscription(read)];
    objects.extend(course);
    objects.extend(set);
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
                created: item.time("created"),
                pricing: pricing(price),
            })
        })
        .collect()
}

/// A plan, which is what prices were called, has the members of `recurring` itself.
fn pricing(price: Probe<'_>) -> Pricing {
    let usage = price
        .path(&["recurring"])
        .and_then(|recurring| recurring.str("usage_type"))
        .or_else(|| price.str("usage_type"));
    let amount = price
        .integer("unit_amount")
        .or_else(|| price.integer("amount"));
    let tiered = price.str("billing_scheme") == Some("tiered");
    match (usage, amount) {
        (Some("metered"), _) => Pricing::Metered,
        (_, Some(0)) if !tiered && !has_fraction(price) => Pricing::Free,
        _ => Pricing::Licensed,
    }
}

/// Below one cent `unit_amount` is null or rounded, and the decimal text tells.
fn has_fraction(price: Probe<'_>) -> bool {
    let decimal = price
        .str("unit_amount_decimal")
        .or_else(|| price.str("amount_decimal"));
    decimal.is_some_and(|text| text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)))
}

/// What an event says the subscription sold before it.
pub(crate) fn set_before(
    object: Probe<'_>,
    previous: Probe<'_>,
) -> Result<Option<ItemSet>, FactError> {
    let id = object.id()?;
    let status = status(object).unwrap_or(SubscriptionStatus::Unknown);
    let listed = |of: Probe<'_>| {
        let mut read = Subscription::new(&id, status);
        read.items = items(of)?;
        read.truncated = of.is_truncated("items");
        Ok(read.item_set())
    };
    let (Some(now), Some(before)) = (listed(object)?, listed(previous)?) else {
        return Ok(None);
    };
    let priced = |set: &ItemSet| {
        let items = set
            .items
            .iter()
            .map(|item| (item.id.clone(), item.price.clone()));
        items.collect::<BTreeSet<_>>()
    };
    Ok((priced(&now) != priced(&before)).then_some(ItemSet {
        before: Some(before.items),
        ..now
    }))
}

fn status(subscription: Probe<'_>) -> Option<SubscriptionStatus> {
    Some(match subscription.str("status")? {
        "incomplete" => SubscriptionStatus::Incomplete,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        "unpaid" => SubscriptionStatus::Unpaid,
        "paused" => SubscriptionStatus::Paused,
        "canceled" => SubscriptionStatus::Canceled,
        _ => SubscriptionStatus::Unknown,
    })
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
