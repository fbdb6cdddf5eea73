//! License keys: made, kept encrypted, and replaced where one has got about.

use paidup::LicenseKey;
use serde_json::json;

use super::announce::key_place;
use super::retry::again;
use super::{App, OrderError};
use crate::catalog::Product;
use crate::store::StoreError;
use crate::store::audit::{self, Entry};
use crate::store::licenses;

/// A key as it is stored: by its hash, and encrypted.
pub(super) struct StoredKey {
    pub(super) hash: String,
    pub(super) sealed: String,
}

impl App {
    /// A new key for the license of that id.
    pub(super) fn new_license_key(
        &self,
        product: &Product,
        id: &str,
    ) -> Result<StoredKey, StoreError> {
        let parts = &self.0;
        let random = parts.entropy.bytes::<15>()?;
        let key = LicenseKey::from_entropy(&product.key_prefix, &random)
            .map_err(|_| StoreError::Secret)?;
        let place = key_place(id);
        let sealed = parts
            .vault
            .encrypt(&place, key.expose().as_bytes(), &parts.entropy)?;
        Ok(StoredKey {
            hash: parts.vault.hash(key.canonical()),
            sealed,
        })
    }

    /// Gives a license another key; the new one is returned. The old one is no key any
    /// more, every machine that it activated loses its seat, and activations are counted
    /// from now on.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn reissue_key(&self, id: &str) -> Result<String, OrderError> {
        again(|| self.try_reissue_key(id)).await
    }

    async fn try_reissue_key(&self, id: &str) -> Result<String, OrderError> {
        let mut tx = self.0.store.decide().await?;
        let before = licenses::find(&mut tx, id).await?;
        let before = before.ok_or_else(|| OrderError::NotFound(id.to_owned()))?;
        let catalog = self.catalog();
        let product = catalog.product(&before.product);
        let product = product.ok_or_else(|| OrderError::NoProduct(before.product.clone()))?;
        let stored = self.new_license_key(product, id)?;
        let mut after = before.clone();
        after.key_hash = stored.hash;
        after.key_sealed = stored.sealed;
        let key = self.license_key(&after)?;
        let entry = Entry {
            actor: "administrator",
            action: "license.key_reissued",
            subject: id,
            detail: json!({}),
        };
        audit::append(&mut tx, &entry, self.0.clock.now().0).await?;
        self.free_all(&mut tx, id).await?;
        let customer = self.customer_of(&mut tx, &before).await?;
        self.change(
            &mut tx,
            &before,
            after,
            &customer,
            &catalog,
            "administrator",
        )
        .await?;
        tx.commit().await?;
        Ok(key)
    }
}
