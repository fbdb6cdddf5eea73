//! Purchases at prices that are mapped to no policy: stored as licenses follow a history,
//! so that the log names each at once, and `/readyz` and `stripe status` need not read
//! every purchase.

use std::collections::BTreeMap;

use paidup_lifecycle::{
    Bought, CheckoutPayment, History, Item, ItemOrigin, Object, PurchaseKey, SubscriptionStatus,
    Unmapped,
};
use serde::Serialize;

use super::App;
use super::known::{Known, item_of};
use crate::store::events::{self, WaitsFor};
use crate::store::unmapped::{self, UnmappedCount, UnmappedItem};
use crate::store::{StoreError, Tx, licenses};

/// A price that was bought and is mapped to no policy.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnmappedPrice {
    /// `price_…`
    pub price: String,
    /// How many purchases have it.
    pub purchases: i64,
    /// How many of them have a license that keeps its last terms.
    pub licensed: i64,
    /// One of them: `sub_…`, `cs_…` or `in_…`.
    pub example: String,
    /// The policy that the price extends, where the example has no license of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// The policy that the price sold until it was archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
}

impl UnmappedPrice {
    /// The same in one sentence, and what to do.
    #[must_use]
    pub fn warning(&self) -> String {
        let Self { price, example, .. } = self;
        let purchases = match self.purchases {
            1 => format!("1 purchase ({example}) is"),
            count => format!("{count} purchases ({example} is one of them) are"),
        };
        let licenses = match (self.licensed, self.purchases.saturating_sub(self.licensed)) {
            (0, _) => "there is no license".to_owned(),
            (1, 0) => "its license keeps the terms that it had".to_owned(),
            (_, 0) => "the licenses keep the terms that they had".to_owned(),
            (with, without) => {
                format!("{without} without a license, {with} with the terms that they had")
            }
        };
        match (&self.extends, &self.archived) {
            (None, Some(policy)) => format!(
                "{purchases} at the price {price}, which sells the policy {policy}, and that is \
                 archived: {licenses}; map the price to another policy, or remove `archived`"
            ),
            (None, None) => format!(
                "{purchases} at the price {price}, which is not mapped to a policy: {licenses}; \
                 map it in paidup.toml, under [[stripe.mappings]]"
            ),
            (Some(policy), _) => format!(
                "{purchases} at the price {price}, which extends the policy {policy}, and the \
                 subscription has no license of it; map another of its prices to {policy}, or sell \
                 both together"
            ),
        }
    }
}

impl From<UnmappedCount> for UnmappedPrice {
    fn from(count: UnmappedCount) -> Self {
        Self {
            price: count.example.price,
            purchases: count.items,
            licensed: count.licensed,
            example: count.example.origin,
            extends: count.example.extends,
            archived: count.example.archived,
        }
    }
}

/// What is sold now, by purchase, and the price of each that keeps terms which its price no
/// longer has.
pub(super) fn sold_now(bought: &Bought<'_>) -> Vec<(PurchaseKey, Option<String>)> {
    let extending = bought.extending.iter().map(|extending| &extending.purchase);
    let purchases = bought.purchases.iter().chain(extending);
    let sold = purchases.filter(|purchase| purchase.ended.is_none());
    sold.map(|purchase| {
        let price = purchase.unmapped.then(|| purchase.price.to_owned());
        (purchase.key.clone(), price)
    })
    .collect()
}

impl App {
    /// The prices that were bought and are mapped to no policy: there is no license, or it
    /// keeps its last terms.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unmapped_prices(&self) -> Result<Vec<UnmappedPrice>, StoreError> {
        let counts = unmapped::by_price(&mut *self.0.store.read().await?).await?;
        Ok(counts.into_iter().map(UnmappedPrice::from).collect())
    }

    /// Stores what a history has at unmapped prices, and logs what is new.
    pub(super) async fn record_unmapped(
        &self,
        tx: &mut Tx,
        history: &History,
        sold: Vec<(PurchaseKey, Option<String>)>,
        without_terms: &[Unmapped],
        known: &Known,
    ) -> Result<Vec<UnmappedItem>, StoreError> {
        let mut items: BTreeMap<Item, UnmappedItem> = BTreeMap::new();
        for unmapped in without_terms {
            let holder = |item| item_of(item).as_ref() == Some(&unmapped.item);
            let license = known.licenses.values().find(|license| holder(license));
            let found = UnmappedItem {
                item: unmapped.item.to_string(),
                origin: unmapped.item.origin_id().to_owned(),
                price: unmapped.price.clone(),
                extends: unmapped.extends.clone(),
                archived: unmapped.archived.clone(),
                license_id: license.map(|license| license.id.clone()),
            };
            items.insert(unmapped.item.clone(), found);
        }
        for (key, price) in sold {
            let Some(price) = price else {
                // An earlier price of the same item was mapped to nothing.
                if items
                    .get(&key.item)
                    .is_some_and(|item| item.extends.is_none())
                {
                    items.remove(&key.item);
                }
                continue;
            };
            let license = licenses::find_by_item(tx, &key.to_string()).await?;
            let found = UnmappedItem {
                item: key.item.to_string(),
                origin: key.item.origin_id().to_owned(),
                price,
                extends: None,
                archived: None,
                license_id: license.map(|license| license.id),
            };
            items.insert(key.item, found);
        }
        items.retain(|item, _| is_sold(history, item));
        let items: Vec<UnmappedItem> = items.into_values().collect();
        let now = self.0.clock.now().0;
        let replaced = unmapped::replace(tx, origins(history), &items, now).await?;
        for item in replaced.gone {
            // Events that waited for it have something to show now, or never will.
            let customer = history.subscription(&item.origin);
            let customer = customer.and_then(|subscription| subscription.customer.as_deref());
            for object in [Some(item.origin.as_str()), customer].into_iter().flatten() {
                events::wake_about(tx, WaitsFor::Mapping, object, now).await?;
            }
            self.0.bell.events.notify_one();
        }
        for item in replaced.new {
            let warning = UnmappedPrice::from(UnmappedCount {
                licensed: item
                    .license_id
                    .iter()
                    .count()
                    .try_into()
                    .unwrap_or_default(),
                items: 1,
                example: item,
            })
            .warning();
            tracing::warn!(warning, "stripe.price.unmapped");
        }
        Ok(items)
    }
}

/// Whether the item is paid for, or to be paid for, now.
pub(super) fn is_sold(history: &History, item: &Item) -> bool {
    use SubscriptionStatus::{Incomplete, Unknown};
    match &item.origin {
        ItemOrigin::Subscription(id) => history.subscription(id).is_some_and(|subscription| {
            let status = subscription.status;
            let runs = !status.is_final() && !matches!(status, Incomplete | Unknown);
            let mut items = subscription.items.iter();
            runs && (subscription.truncated || items.any(|sold| sold.id == item.id))
        }),
        ItemOrigin::Checkout(id) => history
            .checkout(id)
            .is_some_and(|checkout| checkout.payment_status == CheckoutPayment::Settled),
        // Only what is paid counts as bought.
        ItemOrigin::Invoice(_) => true,
    }
}

/// The subscriptions, the checkouts, and the invoices that belong to no subscription.
fn origins(history: &History) -> impl Iterator<Item = &str> {
    history.facts().filter_map(|fact| match &fact.object {
        Object::Subscription(subscription) => Some(subscription.id.as_str()),
        Object::Checkout(checkout) => Some(checkout.id.as_str()),
        Object::Invoice(invoice) if invoice.subscription.is_none() => Some(invoice.id.as_str()),
        _ => None,
    })
}
