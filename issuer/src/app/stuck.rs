//! What keeps licenses from being made: events that could not be applied, and prices that
//! are mapped to no policy.

use std::collections::BTreeMap;

use paidup_lifecycle::{
    CheckoutMode, CheckoutPayment, Item, Object, Pricing, Subscription, SubscriptionStatus,
};
use serde::Serialize;

use super::{App, iso8601};
use crate::store::events::{self, EventState, Stuck, WaitsFor};
use crate::store::{StoreError, changes};

/// Events that could not be applied for one cause.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StuckEvents {
    /// `parked` or `quarantined`.
    pub state: &'static str,
    /// `mapping` or `stripe`, where they are parked.
    pub waits_for: Option<&'static str>,
    /// How many there are.
    pub count: i64,
    /// The one that arrived first.
    pub oldest: OldestEvent,
    /// What to do.
    pub next: String,
}

/// The event that has been stuck for longest.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OldestEvent {
    /// `evt_…`
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it arrived.
    pub received_at: String,
    /// Why it is not applied.
    pub reason: Option<String>,
}

/// A price that was bought and is mapped to no policy.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnmappedPrice {
    /// `price_…`
    pub price: String,
    /// How many purchases have it.
    pub purchases: usize,
    /// One of them: `sub_…` or `cs_…`.
    pub example: String,
}

impl StuckEvents {
    /// The same in one sentence.
    #[must_use]
    pub fn warning(&self) -> String {
        let events = match self.count {
            1 => "1 event has".to_owned(),
            count => format!("{count} events have"),
        };
        let reason = self
            .oldest
            .reason
            .as_deref()
            .unwrap_or("no reason is known");
        format!(
            "{events} been {} since {}: {reason}; {}",
            self.state, self.oldest.received_at, self.next
        )
    }
}

impl UnmappedPrice {
    /// The same in one sentence.
    #[must_use]
    pub fn warning(&self) -> String {
        let purchases = match self.purchases {
            1 => "1 purchase has".to_owned(),
            count => format!("{count} purchases have"),
        };
        format!(
            "{purchases} no license, for instance {}: the price {} is not mapped to a policy; map \
             it in paidup.toml, under [[stripe.mappings]]",
            self.example, self.price
        )
    }
}

impl From<Stuck> for StuckEvents {
    fn from(stuck: Stuck) -> Self {
        let event = stuck.oldest.arrival;
        let next = match (stuck.state, stuck.waits_for) {
            (EventState::Parked, Some(WaitsFor::Mapping)) => {
                "map the price in paidup.toml, under [[stripe.mappings]]".to_owned()
            }
            (EventState::Parked, _) => "they are tried again without you; `paidup events retry \
                                        --parked` tries now"
                .to_owned(),
            _ => format!(
                "`paidup events show {0}` shows it, `paidup events retry {0}` tries again",
                event.id
            ),
        };
        Self {
            state: stuck.state.as_str(),
            waits_for: stuck.waits_for.map(WaitsFor::as_str),
            count: stuck.count,
            oldest: OldestEvent {
                id: event.id,
                kind: event.kind,
                received_at: iso8601(stuck.oldest.received_at),
                reason: stuck.oldest.reason,
            },
            next,
        }
    }
}

impl App {
    /// The events that could not be applied, by cause.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stuck_events(&self) -> Result<Vec<StuckEvents>, StoreError> {
        let stuck = events::stuck(&mut *self.0.store.read().await?).await?;
        Ok(stuck.into_iter().map(StuckEvents::from).collect())
    }

    /// The prices that were bought and are mapped to no policy: there is no license, or it
    /// keeps its last terms. Reads every purchase.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unmapped_prices(&self) -> Result<Vec<UnmappedPrice>, StoreError> {
        let catalog = self.catalog();
        let mut db = self.0.store.read().await?;
        let mut found: BTreeMap<String, UnmappedPrice> = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = changes::sold_after(&mut db, &after).await?;
            let Some(last) = page.last() else { break };
            last.key().as_str().clone_into(&mut after);
            for fact in page {
                let mut sold = sold(&fact.object);
                sold.retain(|sold| {
                    !catalog
                        .mapping()
                        .covers(sold.price, sold.product, sold.pricing)
                });
                for sold in sold {
                    let origin = sold.item.origin_id();
                    let single = sold.item.subscription().is_none();
                    if single && !is_settled(&mut db, origin).await? {
                        continue;
                    }
                    let price = sold.price.to_owned();
                    let entry = found.entry(price.clone()).or_insert(UnmappedPrice {
                        price,
                        purchases: 0,
                        example: origin.to_owned(),
                    });
                    entry.purchases = entry.purchases.saturating_add(1);
                }
            }
        }
        Ok(found.into_values().collect())
    }
}

struct Sold<'a> {
    item: Item,
    price: &'a str,
    product: Option<&'a str>,
    pricing: Pricing,
}

fn sold(object: &Object) -> Vec<Sold<'_>> {
    match object {
        Object::Subscription(subscription) if is_running(subscription) => {
            let items = subscription.items.iter().map(|item| Sold {
                item: Item::of_subscription(&subscription.id, &item.id),
                price: &item.price,
                product: item.product.as_deref(),
                pricing: item.pricing,
            });
            items.collect()
        }
        Object::CheckoutLines(checkout) => {
            let lines = checkout.lines.iter().map(|line| Sold {
                item: Item::of_checkout(&checkout.checkout, &line.id),
                price: &line.price,
                product: line.product.as_deref(),
                pricing: Pricing::Licensed,
            });
            lines.collect()
        }
        _ => Vec::new(),
    }
}

fn is_running(subscription: &Subscription) -> bool {
    use SubscriptionStatus::{Incomplete, Unknown};
    let status = subscription.status;
    !status.is_final() && !matches!(status, Incomplete | Unknown)
}

/// A single purchase that is paid.
async fn is_settled(db: &mut sqlx::AnyConnection, checkout: &str) -> Result<bool, StoreError> {
    let fact = changes::fact(db, &format!("checkout:{checkout}")).await?;
    Ok(match fact.map(|fact| fact.object) {
        Some(Object::Checkout(checkout)) => {
            checkout.mode == CheckoutMode::Payment
                && checkout.payment_status == CheckoutPayment::Settled
        }
        _ => false,
    })
}
