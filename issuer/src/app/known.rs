//! The licenses that a history may concern: those of its purchases, past and present.

use std::collections::{BTreeMap, BTreeSet};

use paidup_lifecycle::{Bars, Bought, History, Item, Link, Order, Purchase, PurchaseKey};

use crate::store::licenses::{self, LicenseRow};
use crate::store::{StoreError, Tx};

/// The licenses that have anything to do with a history.
pub(super) struct Known {
    /// By their identifier.
    pub(super) licenses: BTreeMap<String, LicenseRow>,
    /// By item: which license has ever followed it.
    pub(super) followers: BTreeMap<String, String>,
}

impl Known {
    pub(super) async fn of(
        tx: &mut Tx,
        history: &History,
        bought: &Bought<'_>,
    ) -> Result<Self, StoreError> {
        let mut known = Self {
            licenses: BTreeMap::new(),
            followers: BTreeMap::new(),
        };
        for purchase in &bought.purchases {
            let key = purchase.key.to_string();
            if let Some(license) = licenses::find_by_item(tx, &key).await? {
                known.followers.insert(key, license.id.clone());
                known.licenses.insert(license.id.clone(), license);
            }
        }
        for subscription in history.subscriptions() {
            for license in licenses::of_subscription(tx, &subscription.id).await? {
                known.licenses.insert(license.id.clone(), license);
            }
        }
        for purchase in &bought.purchases {
            for key in taken_for(history, purchase) {
                if let Some(license) = licenses::find_by_item(tx, &key).await? {
                    known.licenses.insert(license.id.clone(), license);
                }
            }
        }
        Ok(known)
    }

    pub(super) fn bars(&self, bought: &Bought<'_>) -> Bars {
        let mut bars = Bars::new();
        for purchase in &bought.purchases {
            let follower = self.followers.get(&purchase.key.to_string());
            let license = follower.and_then(|id| self.licenses.get(id));
            if let Some(license) = license.filter(|it| it.order.is_some_and(Order::bars)) {
                bars.insert(purchase.key.clone(), license.id.clone());
            }
        }
        bars
    }

    /// The license that follows this purchase now, or what it has replaced.
    pub(super) fn take(
        &mut self,
        history: &History,
        link: &Link<'_>,
        bought: &BTreeSet<String>,
    ) -> Option<LicenseRow> {
        let key = &link.purchase.key;
        let item = key.to_string();
        let follows = |it: &LicenseRow| it.item == item;
        let invoice = history
            .checkout(key.item.origin_id())
            .and_then(|it| it.invoice.clone());
        let replaced = |it: &LicenseRow| {
            // What it followed is no purchase of its own any more.
            it.product == key.product
                && !bought.contains(&it.item)
                && (it.subscription.is_some()
                    && it.subscription.as_deref() == key.item.subscription()
                    || invoice.as_deref() == it.item.split('/').next())
        };
        let mut all = self.licenses.values();
        let id = all
            .find(|it| follows(it))
            .or_else(|| {
                let fresh = !self.followers.contains_key(&item);
                self.licenses.values().find(|it| fresh && replaced(it))
            })
            .map(|it| it.id.clone())
            .or_else(|| self.returned(&item, bought))?;
        self.licenses.remove(&id)
    }

    /// The license that followed this purchase before, and has lost the one that it followed
    /// since: facts that came late show that there was no such purchase.
    fn returned(&self, item: &str, bought: &BTreeSet<String>) -> Option<String> {
        let license = self.licenses.get(self.followers.get(item)?)?;
        (!bought.contains(&license.item)).then(|| license.id.clone())
    }

    /// Whether any of these has had a license.
    pub(super) fn had(&self, links: &[&Link<'_>]) -> bool {
        let had = |link: &&Link<'_>| self.followers.contains_key(&link.purchase.key.to_string());
        links.iter().any(had)
    }
}

/// What a checkout's line may have been taken for before the checkout was known: a line of
/// the invoice that the checkout made.
fn taken_for(history: &History, purchase: &Purchase<'_>) -> Vec<String> {
    let checkout = history.checkout(purchase.key.item.origin_id());
    let invoice = checkout.and_then(|checkout| history.invoice(checkout.invoice.as_deref()?));
    let lines = invoice
        .filter(|invoice| invoice.subscription.is_none())
        .into_iter()
        .flat_map(|invoice| invoice.lines.iter().map(|line| (&invoice.id, line)));
    lines
        .filter_map(|(invoice, line)| {
            let key = PurchaseKey {
                item: Item::of_invoice(invoice, line.id.as_deref()?),
                ..purchase.key.clone()
            };
            Some(key.to_string())
        })
        .collect()
}

/// The item of a subscription that a license follows.
pub(super) fn item_of(license: &LicenseRow) -> Option<Item> {
    let subscription = license.subscription.as_deref()?;
    let item = license.item.split('/').nth(1)?;
    Some(Item::of_subscription(subscription, item))
}
