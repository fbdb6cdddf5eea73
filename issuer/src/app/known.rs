//! The licenses that a history may concern: those of its purchases, past and present.

use std::collections::BTreeMap;

use paidup_lifecycle::{Bars, History, Item, Lineage, Link, Order};

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
    pub(super) async fn of(tx: &mut Tx, history: &History) -> Result<Self, StoreError> {
        let mut known = Self {
            licenses: BTreeMap::new(),
            followers: BTreeMap::new(),
        };
        for purchase in history.purchases() {
            let item = purchase.item.to_string();
            if let Some(license) = licenses::find_by_item(tx, &item).await? {
                known.followers.insert(item, license.id.clone());
                known.licenses.insert(license.id.clone(), license);
            }
        }
        for subscription in history.subscriptions() {
            for license in licenses::of_subscription(tx, &subscription.id).await? {
                known.licenses.insert(license.id.clone(), license);
            }
        }
        Ok(known)
    }

    pub(super) fn bars(&self, history: &History) -> Bars {
        let mut bars = Bars::new();
        for purchase in history.purchases() {
            let follower = self.followers.get(&purchase.item.to_string());
            let license = follower.and_then(|id| self.licenses.get(id));
            if let Some(license) = license.filter(|it| it.order.is_some_and(Order::bars)) {
                bars.insert(purchase.item, license.id.clone());
            }
        }
        bars
    }

    /// The license that follows this purchase now, or the item that it has replaced.
    pub(super) fn take(
        &mut self,
        history: &History,
        lineage: &Lineage<'_>,
        link: &Link<'_>,
    ) -> Option<LicenseRow> {
        let item = link.purchase.item.to_string();
        let follows = |it: &LicenseRow| it.item == item;
        let replaced = |it: &LicenseRow| {
            it.product == lineage.product
                && it.subscription.as_deref() == link.purchase.item.subscription()
                && is_gone(history, it)
        };
        let mut all = self.licenses.values();
        let id = all
            .find(|it| follows(it))
            .or_else(|| {
                let fresh = !self.followers.contains_key(&item);
                self.licenses.values().find(|it| fresh && replaced(it))
            })
            .map(|it| it.id.clone())?;
        self.licenses.remove(&id)
    }

    /// Whether any of these has had a license.
    pub(super) fn had(&self, links: &[&Link<'_>]) -> bool {
        let had = |link: &&Link<'_>| self.followers.contains_key(&link.purchase.item.to_string());
        links.iter().any(had)
    }
}

/// Its subscription is known, and the item is not among what it sells.
pub(super) fn is_gone(history: &History, license: &LicenseRow) -> bool {
    let subscription = license.subscription.as_deref();
    subscription
        .and_then(|id| history.subscription(id))
        .filter(|it| !it.truncated)
        .is_some_and(|it| {
            let mut items = it.items.iter();
            items.all(|item| Item::of_subscription(&it.id, &item.id).to_string() != license.item)
        })
}
