//! Lets licenses follow a history: makes them, carries them on, changes them.

use std::collections::{BTreeMap, BTreeSet};

use backon::Retryable;
use paidup_lifecycle::{History, Item, Lineage, Link, Phase, Reason};

use super::announce::Change;
use super::known::{Known, is_gone};
use super::{App, MEETING};
use crate::catalog::{Catalog, Product};
use crate::store::customers::CustomerRow;
use crate::store::licenses::{self, LicenseRow};
use crate::store::{StoreError, Tx};

/// What came of a history.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// What was bought and is mapped to no policy, among what was touched.
    pub(super) unmapped: Vec<Unmapped>,
    /// The licenses that were made or changed.
    pub(super) changes: Vec<Change>,
    /// The customers who were deleted, each with everything that is theirs.
    pub(super) deleted: BTreeMap<String, BTreeSet<String>>,
}

/// Something on sale that no policy is mapped to.
#[derive(Debug)]
pub(super) struct Unmapped {
    pub(super) price: String,
    /// The subscription or checkout in which it was bought.
    pub(super) origin: String,
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
        let mut known = Known::of(tx, history).await?;
        let mut followed = Followed::default();
        for purchase in history.purchases() {
            let mapped = catalog.mapping().terms(purchase.price, purchase.product);
            let follows = known.followers.contains_key(&purchase.item.to_string());
            if mapped.is_none() && !follows && touched.contains(purchase.item.origin_id()) {
                followed.unmapped.push(Unmapped {
                    price: purchase.price.to_owned(),
                    origin: purchase.item.origin_id().to_owned(),
                });
            }
        }
        let bars = known.bars(history);
        for lineage in history.lineages(catalog.mapping(), catalog.rules(), &bars) {
            let changes = self.follow_lineage(tx, history, &mut known, &lineage, &catalog);
            followed.changes.extend(changes.await?);
        }
        let ended = self.end_removed(tx, history, known, &catalog).await?;
        followed.changes.extend(ended);
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
        catalog: &Catalog,
    ) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        let mut parts: Vec<(Option<LicenseRow>, Vec<&Link<'_>>)> = Vec::new();
        for link in &lineage.links {
            let license = known.take(history, lineage, link);
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
        let item = &link.purchase.item;
        let id = self.0.entropy.id("lic", self.0.clock.millis())?;
        let key = self.new_license_key(product, &id)?;
        let now = self.0.clock.now();
        let seq = self.0.clock.millis();
        Ok(LicenseRow {
            item: item.to_string(),
            subscription: item.subscription().map(str::to_owned),
            session: session(history, item),
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

    /// An item that left its subscription, and that no other has replaced, is not
    /// bought any more.
    async fn end_removed(
        &self,
        tx: &mut Tx,
        history: &History,
        known: Known,
        catalog: &Catalog,
    ) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for license in known.licenses.into_values() {
            if !is_gone(history, &license) {
                continue;
            }
            let mut after = license.clone();
            after.state.phase = Phase::Revoked {
                reason: Reason::Canceled,
            };
            let customer = self.customer_of(tx, &license).await?;
            let change = self.change(tx, &license, after, &customer, catalog, "stripe");
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
        try_it.retry(MEETING).when(StoreError::is_conflict).await
    }
}

/// The license as it follows a purchase, perhaps another one than before.
fn carried_on(
    license: &LicenseRow,
    history: &History,
    link: &Link<'_>,
    customer: &CustomerRow,
) -> LicenseRow {
    let item = &link.purchase.item;
    let mut told = license.told.clone();
    if license.item != item.to_string()
        && let Some(told) = &mut told
    {
        // A new purchase renews nothing.
        told.paid_until = link.state.paid_until;
    }
    LicenseRow {
        item: item.to_string(),
        subscription: item.subscription().map(str::to_owned),
        session: session(history, item).or_else(|| license.session.clone()),
        customer_id: customer.id.clone(),
        state: link.state.clone(),
        told,
        ..license.clone()
    }
}

async fn attach(tx: &mut Tx, links: &[&Link<'_>], license_id: &str) -> Result<(), StoreError> {
    for link in links {
        licenses::attach(tx, &link.purchase.item.to_string(), license_id).await?;
    }
    Ok(())
}

pub(super) fn session(history: &History, item: &Item) -> Option<String> {
    match item.subscription() {
        Some(subscription) => history.checkout_of(subscription).map(|it| it.id.clone()),
        None => Some(item.origin_id().to_owned()),
    }
}
