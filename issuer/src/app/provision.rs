//! Lets licenses follow a history: makes them, carries them on, changes them.

use std::collections::{BTreeMap, BTreeSet};

use paidup_lifecycle::{Flag, History, Item, Lineage, Link, Unmapped, reduce, reduce_replaced};

use super::App;
use super::announce::Change;
use super::known::{Known, item_of};
use super::retry::again;
use super::unmapped::{is_sold, sold_now};
use crate::catalog::{Catalog, Policy, Product};
use crate::store::customers::CustomerRow;
use crate::store::licenses::{self, LicenseRow, PurchaseOrigin};
use crate::store::unmapped::UnmappedItem;
use crate::store::{StoreError, Tx};

/// What came of a history.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// What was bought without terms and has no license, among what was touched.
    pub(super) unmapped: Vec<Unmapped>,
    /// What is sold now at prices that are mapped to nothing, with and without a license.
    pub(super) at_unmapped_prices: Vec<UnmappedItem>,
    /// The licenses that were made or changed.
    pub(super) changes: Vec<Change>,
    /// The customers who were deleted, each with everything that is theirs.
    pub(super) deleted: BTreeMap<String, BTreeSet<String>>,
}

impl App {
    /// Brings the licenses of a history up to date.
    pub(super) async fn provision(
        &self,
        tx: &mut Tx,
        history: &History,
        touched: &BTreeSet<String>,
    ) -> Result<Followed, StoreError> {
        let catalog = self.catalog();
        let mut bought = history.bought(catalog.mapping());
        let mut known = Known::of(tx, history, &bought).await?;
        let mut followed = Followed::default();
        let bars = known.bars(&bought);
        let sold = sold_now(&bought);
        let items: BTreeSet<String> = bought
            .purchases
            .iter()
            .map(|purchase| purchase.key.to_string())
            .collect();
        for lineage in bought.lineages(history, catalog.rules(), &bars) {
            let changes = self.follow_lineage(tx, history, &mut known, &lineage, &items, &catalog);
            followed.changes.extend(changes.await?);
        }
        let decided = self.decide_unmapped(tx, history, &known, &items, &catalog);
        followed.changes.extend(decided.await?);
        let recorded = self.record_unmapped(tx, history, sold, &bought.unmapped, &known);
        followed.at_unmapped_prices = recorded.await?;
        let licensed: BTreeSet<Item> = known.licenses.values().filter_map(item_of).collect();
        bought.unmapped.retain(|unmapped| {
            let item = &unmapped.item;
            // What only adds to a license waits no longer than there could be one.
            let waits = unmapped.extends.is_none() || is_sold(history, item);
            touched.contains(item.origin_id()) && !licensed.contains(item) && waits
        });
        followed.unmapped = bought.unmapped;
        Ok(followed)
    }

    /// Each license follows the last of its purchases. Two licenses never become one:
    /// where a lineage has several, each keeps to its own part.
    async fn follow_lineage(
        &self,
        tx: &mut Tx,
        history: &History,
        known: &mut Known,
        lineage: &Lineage<'_>,
        items: &BTreeSet<String>,
        catalog: &Catalog,
    ) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        let mut parts: Vec<(Option<LicenseRow>, Vec<&Link<'_>>)> = Vec::new();
        for link in &lineage.links {
            let license = known.take(history, link, items);
            match parts.last_mut() {
                Some((_, links)) if license.is_none() => links.push(link),
                Some((follower @ None, links)) => {
                    *follower = license;
                    links.push(link);
                }
                _ => parts.push((license, vec![link])),
            }
        }
        for (license, links) in parts {
            let Some(last) = links.last() else { continue };
            let purchase = &last.purchase;
            match license {
                Some(license) => {
                    let customer = self.customer(tx, history, purchase, Some(&license)).await?;
                    let after = carried_on(&license, history, last, &customer);
                    let change = self.change(tx, &license, after, &customer, catalog, "stripe");
                    changes.extend(change.await?);
                    attach(tx, &links, &license.id).await?;
                }
                None if known.had(&links) && last.state.over_since.is_some() => {}
                None if !last.state.is_provisioned() => {}
                None => {
                    // The catalog resolved it when it was read.
                    let Some(product) = catalog.product(lineage.product) else {
                        continue;
                    };
                    let customer = self.customer(tx, history, purchase, None).await?;
                    let license = self.begun(product, history, last, &customer)?;
                    let id = license.id.clone();
                    let change = self.announce(tx, None, license, &customer, catalog, "stripe");
                    changes.push(change.await?);
                    attach(tx, &links, &id).await?;
                }
            }
        }
        Ok(changes)
    }

    fn begun(
        &self,
        product: &Product,
        history: &History,
        link: &Link<'_>,
        customer: &CustomerRow,
    ) -> Result<LicenseRow, StoreError> {
        let item = &link.purchase.key.item;
        let id = self.0.entropy.id("lic", self.0.clock.millis())?;
        let key = self.new_license_key(product, &id)?;
        let now = self.0.clock.now();
        let seq = self.0.clock.millis();
        Ok(LicenseRow {
            item: link.purchase.key.to_string(),
            subscription: item.subscription().map(str::to_owned),
            origin: PurchaseOrigin::of(history, item),
            customer_id: customer.id.clone(),
            product: product.code.clone(),
            key_hash: key.hash,
            key_sealed: key.sealed,
            state: link.state.clone(),
            order: None,
            told: None,
            seq,
            key_seq: seq,
            created_at: now.0,
            updated_at: now.0,
            status_since: now.0,
            ends_with_period: false,
            id,
        })
    }

    /// A license whose purchase no mapping of the catalog's history reaches follows it all
    /// the same, on the terms that it has had.
    async fn decide_unmapped(
        &self,
        tx: &mut Tx,
        history: &History,
        known: &Known,
        items: &BTreeSet<String>,
        catalog: &Catalog,
    ) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for license in known.licenses.values() {
            let item = item_of(license).filter(|_| !items.contains(&license.item));
            let Some(item) = item else { continue };
            let lost = || Policy::lost(&license.state.policy, &license.product).terms();
            let policy = catalog.policy(&license.state.policy);
            let terms = policy.map_or_else(lost, Policy::terms);
            let mut after = license.clone();
            let rules = catalog.rules();
            let prefix = format!("{item}/");
            if items.iter().any(|bought| bought.starts_with(&prefix)) {
                // Late facts show that the item was sold otherwise than it seemed.
                after.state = reduce_replaced(history, &item, &terms, rules);
            } else {
                after.state = reduce(history, &item, &terms, rules);
                after.state.flags.insert(Flag::UnmappedPrice);
            }
            let customer = self.customer_of(tx, license).await?;
            let change = self.change(tx, license, after, &customer, catalog, "stripe");
            changes.extend(change.await?);
        }
        Ok(changes)
    }

    /// Lets time do its part: licenses whose grace is over. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pass_time(&self) -> Result<usize, StoreError> {
        let try_it = || async {
            let catalog = self.catalog();
            let mut tx = self.0.store.decide().await?;
            let due = licenses::due(&mut tx, self.0.clock.now()).await?;
            let passed = due.len();
            for license in due {
                let customer = self.customer_of(&mut tx, &license).await?;
                let after = license.clone();
                self.change(&mut tx, &license, after, &customer, &catalog, "time")
                    .await?;
            }
            tx.commit().await?;
            Ok(passed)
        };
        again(try_it).await
    }
}

/// The license as it follows a purchase, perhaps another one than before.
fn carried_on(
    license: &LicenseRow,
    history: &History,
    link: &Link<'_>,
    customer: &CustomerRow,
) -> LicenseRow {
    let item = &link.purchase.key.item;
    let key = link.purchase.key.to_string();
    let mut told = license.told.clone();
    if license.item != key
        && let Some(told) = &mut told
    {
        // A new purchase renews nothing.
        told.paid_until = link.state.paid_until;
    }
    LicenseRow {
        item: key,
        subscription: item.subscription().map(str::to_owned),
        origin: PurchaseOrigin::of(history, item).after(&license.origin),
        customer_id: customer.id.clone(),
        state: link.state.clone(),
        told,
        ..license.clone()
    }
}

async fn attach(tx: &mut Tx, links: &[&Link<'_>], license_id: &str) -> Result<(), StoreError> {
    for link in links {
        licenses::attach(tx, &link.purchase.key.to_string(), license_id).await?;
    }
    Ok(())
}
