//! Reads the catalog from its file, and keeps what was sold under it before.

use std::sync::PoisonError;

use paidup_lifecycle::Timestamp;

use super::App;
use super::retry::again;
use crate::catalog::Catalog;
use crate::store::catalog::{self as stored, Kept};
use crate::store::events::{self, WaitsFor};
use crate::store::{Store, StoreError, Tx};

/// What to do with a catalog that has lost a policy whose licenses are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// Keep the policy, archived, and warn.
    Archive,
    /// Refuse the catalog, and go on with the one before.
    Refuse,
}

impl App {
    /// Reads the catalog file again after it has changed. A catalog that cannot be used, or
    /// that has lost a policy whose licenses are in use, changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reload_catalog(&self) -> Result<usize, StoreError> {
        self.read_catalog(Lost::Refuse).await
    }

    /// Reads the catalog as the server starts. It never keeps the server from starting:
    /// what it has lost goes on archived.
    pub(super) async fn first_catalog(&self) -> Result<usize, StoreError> {
        self.read_catalog(Lost::Archive).await
    }

    async fn read_catalog(&self, lost: Lost) -> Result<usize, StoreError> {
        again(|| self.try_read_catalog(lost)).await
    }

    async fn try_read_catalog(&self, lost: Lost) -> Result<usize, StoreError> {
        let mut catalog = match self.0.settings.read_catalog() {
            Ok(catalog) => catalog,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "catalog.refused");
                let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                self.note_catalog(Some(format!("{error}{cause}")));
                return Ok(0);
            }
        };
        let mut tx = self.0.store.decide().await?;
        let kept = stored::kept(&mut tx).await?;
        let dropped = self.dropped_in_use(&mut tx, &kept, &catalog).await?;
        for dropped in &dropped {
            let message = match lost {
                Lost::Refuse => "the catalog before stays in force",
                Lost::Archive => "it is treated as archived",
            };
            tracing::error!(message, "catalog.dropped: {dropped}");
        }
        if let (Lost::Refuse, Some(first)) = (lost, dropped.into_iter().next()) {
            self.note_catalog(Some(first));
            return Ok(0);
        }
        let now = self.0.clock.now().0;
        stored::record(&mut tx, &kept, &catalog, now).await?;
        add_kept(&mut catalog, stored::kept(&mut tx).await?);
        let woken = events::wake(&mut tx, WaitsFor::Mapping, now).await?;
        tx.commit().await?;
        self.set_catalog(catalog);
        self.note_catalog(None);
        tracing::info!("catalog.reloaded");
        self.0.bell.events.notify_one();
        let decided = self.decide_again().await?;
        Ok(usize::try_from(woken)
            .unwrap_or(usize::MAX)
            .saturating_add(decided))
    }

    /// What a catalog has lost although licenses use it, each with the way out.
    async fn dropped_in_use(
        &self,
        tx: &mut Tx,
        kept: &Kept,
        catalog: &Catalog,
    ) -> Result<Vec<String>, StoreError> {
        let sentence = |kind: &str, name: &str, licenses: i64| {
            let use_it = match licenses {
                1 => "1 license uses it".to_owned(),
                count => format!("{count} licenses use it"),
            };
            format!(
                "the catalog has lost the {kind} \"{name}\", and {use_it}; put it back, and set \
                 `archived = true` if it is not to be sold"
            )
        };
        let (policies, products) = (
            stored::policies_in_use(tx).await?,
            stored::products_in_use(tx).await?,
        );
        let mut dropped = Vec::new();
        for (policy, archived_at) in &kept.policies {
            let name = &policy.name;
            if let Some(licenses) = policies.get(name)
                && (archived_at.is_none() || policy.archived)
                && catalog.policy(name).is_none()
            {
                dropped.push(sentence("policy", name, *licenses));
            }
        }
        for (product, archived_at) in &kept.products {
            let code = &product.code;
            if let Some(licenses) = products.get(code)
                && (archived_at.is_none() || product.archived)
                && catalog.product(code).is_none()
            {
                dropped.push(sentence("product", code, *licenses));
            }
        }
        Ok(dropped)
    }

    fn set_catalog(&self, catalog: Catalog) {
        *self
            .0
            .catalog
            .write()
            .unwrap_or_else(PoisonError::into_inner) = std::sync::Arc::new(catalog);
    }
}

/// A catalog with what the database knows of earlier ones.
pub(super) async fn with_kept(store: &Store, mut catalog: Catalog) -> Result<Catalog, StoreError> {
    let kept = stored::kept(&mut *store.read().await?).await?;
    add_kept(&mut catalog, kept);
    Ok(catalog)
}

fn add_kept(catalog: &mut Catalog, kept: Kept) {
    let policies = kept.policies.into_iter().map(|(policy, _)| policy);
    let products = kept.products.into_iter().map(|(product, _)| product);
    let since = kept.current.into_iter();
    let since = since.map(|(mapped, (since, _))| (mapped, Timestamp(since)));
    catalog.keep(products, policies, kept.retired, since);
}
