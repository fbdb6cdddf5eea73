//! Lets licenses follow a history: makes them, changes them, ends them.

use std::collections::BTreeSet;

use paidup::LicenseKey;
use paidup_lifecycle::{History, Item, LicenseState, Phase, Purchase, Reason, Terms, reduce};

use super::App;
use super::announce::key_place;
use crate::catalog::Catalog;
use crate::store::licenses::{self, LicenseRow};
use crate::store::{StoreError, Tx};

impl App {
    /// Brings the licenses of a history up to date. Returns the prices that no
    /// policy is mapped to, among the purchases that were touched.
    pub(super) async fn provision(
        &self,
        tx: &mut Tx,
        history: &History,
        touched: &BTreeSet<String>,
    ) -> Result<Vec<String>, StoreError> {
        let catalog = self.catalog();
        let mut unmapped = Vec::new();
        let purchases = history.purchases();
        for purchase in &purchases {
            let known = licenses::find_by_item(tx, &purchase.item.to_string()).await?;
            let Some(terms) = catalog.mapping().terms(purchase.price, purchase.product) else {
                if known.is_none() && touched.contains(purchase.item.origin_id()) {
                    unmapped.push(purchase.price.to_owned());
                }
                continue;
            };
            let state = reduce(history, &purchase.item, terms, catalog.rules());
            match known {
                Some(license) => {
                    let customer = self.customer(tx, history, purchase, Some(&license)).await?;
                    self.change(tx, license, state, &customer, &catalog, "stripe")
                        .await?;
                }
                None if state.is_provisioned() => {
                    self.create(tx, history, purchase, state, terms, &catalog)
                        .await?;
                }
                None => {}
            }
        }
        self.end_removed(tx, history, &purchases, &catalog).await?;
        Ok(unmapped)
    }

    async fn create(
        &self,
        tx: &mut Tx,
        history: &History,
        purchase: &Purchase<'_>,
        state: LicenseState,
        terms: &Terms,
        catalog: &Catalog,
    ) -> Result<(), StoreError> {
        let parts = &self.0;
        let millis = parts.clock.millis();
        let now = parts.clock.now();
        let product = catalog
            .policy(&terms.policy)
            .and_then(|it| catalog.product(&it.product));
        // The catalog resolved both when it was read.
        let Some(product) = product else {
            return Ok(());
        };
        let id = parts.entropy.id("lic", millis)?;
        let key = LicenseKey::from_entropy(&product.key_prefix, &parts.entropy.bytes::<15>()?)
            .map_err(|_| StoreError::Secret)?;
        let customer = self.customer(tx, history, purchase, None).await?;
        let license = LicenseRow {
            item: purchase.item.to_string(),
            subscription: purchase.item.subscription().map(str::to_owned),
            session: session(history, &purchase.item),
            customer_id: customer.id.clone(),
            product: product.code.clone(),
            key_hash: parts.vault.hash(key.canonical()),
            key_sealed: parts.vault.encrypt(
                &key_place(&id),
                key.expose().as_bytes(),
                &parts.entropy,
            )?,
            told: None,
            seq: millis,
            created_at: now.0,
            updated_at: now.0,
            state,
            id,
        };
        self.announce(tx, license, &customer, catalog, "stripe")
            .await
    }

    /// An item that left its subscription is not bought any more.
    async fn end_removed(
        &self,
        tx: &mut Tx,
        history: &History,
        purchases: &[Purchase<'_>],
        catalog: &Catalog,
    ) -> Result<(), StoreError> {
        let items: BTreeSet<String> = purchases.iter().map(|it| it.item.to_string()).collect();
        for subscription in history.subscriptions() {
            for license in licenses::of_subscription(tx, &subscription.id).await? {
                if items.contains(&license.item) {
                    continue;
                }
                let state = LicenseState {
                    phase: Phase::Revoked {
                        reason: Reason::Canceled,
                    },
                    ..license.state.clone()
                };
                let customer = self.customer_of(tx, &license).await?;
                self.change(tx, license, state, &customer, catalog, "stripe")
                    .await?;
            }
        }
        Ok(())
    }

    /// Lets time do its part: licenses whose grace is over.
    pub(super) async fn pass_time(&self) -> Result<usize, StoreError> {
        let catalog = self.catalog();
        let mut tx = self.0.store.decide().await?;
        let due = licenses::due(&mut tx, self.0.clock.now()).await?;
        let passed = due.len();
        for license in due {
            let customer = self.customer_of(&mut tx, &license).await?;
            let state = license.state.clone();
            self.change(&mut tx, license, state, &customer, &catalog, "time")
                .await?;
        }
        tx.commit().await?;
        Ok(passed)
    }
}

pub(super) fn session(history: &History, item: &Item) -> Option<String> {
    match item.subscription() {
        Some(subscription) => history.checkout_of(subscription).map(|it| it.id.clone()),
        None => Some(item.origin_id().to_owned()),
    }
}
