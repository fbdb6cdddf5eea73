//! Pending deliveries follow their endpoint when the catalog has it at another address.
//!
//! An endpoint is known again by its name; without names, by its secret, and else as the
//! only endpoint there is. Deliveries whose endpoint is not found wait, and start when it
//! is back; after thirty days they are given up.

use std::sync::{Arc, Mutex, PoisonError};

use super::App;
use super::announce::delivery_place;
use crate::catalog::{Catalog, WebhookTarget};
use crate::egress;
use crate::store::webhook_endpoints::{self, WebhookEndpointRow};
use crate::store::{StoreError, Tx, deliveries};

/// How long a delivery waits for its endpoint, in seconds.
pub(super) const MAX_WAIT: i64 = 30 * 86_400;
pub(super) const NO_ENDPOINT: &str = "no webhook of the catalog has this address any more";

/// The catalog whose endpoints the deliveries were last compared with.
#[derive(Debug, Default)]
pub(super) struct Compared(Mutex<Option<Arc<Catalog>>>);

impl Compared {
    fn is(&self, catalog: &Arc<Catalog>) -> bool {
        let compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        compared
            .as_ref()
            .is_some_and(|compared| Arc::ptr_eq(compared, catalog))
    }

    fn set(&self, catalog: Arc<Catalog>) {
        let mut compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *compared = Some(catalog);
    }
}

impl App {
    /// Where the catalog has changed, sends pending deliveries to where their endpoints are
    /// now.
    pub(super) async fn follow_endpoints(&self) -> Result<(), StoreError> {
        let catalog = self.catalog();
        if self.0.compared.is(&catalog) {
            return Ok(());
        }
        let now = self.0.clock.now().0;
        let mut tx = self.0.store.write().await?;
        for url in webhook_endpoints::pending_urls(&mut tx).await? {
            if catalog.targets().iter().any(|target| target.url == url) {
                deliveries::release(&mut tx, &url, now).await?;
                continue;
            }
            let known = webhook_endpoints::find(&mut tx, &url).await?;
            if let Some(target) = self.successor(known.as_ref(), &catalog) {
                self.redirect(&mut tx, &url, target).await?;
            }
            let until = now.saturating_add(MAX_WAIT);
            deliveries::hold(&mut tx, &url, NO_ENDPOINT, (now, until)).await?;
        }
        for target in catalog.targets() {
            let endpoint = WebhookEndpointRow {
                url: target.url.clone(),
                name: target.name.clone(),
                secret_hash: self.secret_hash(target.secret.expose()),
            };
            webhook_endpoints::save(&mut tx, &endpoint).await?;
        }
        let waiting = webhook_endpoints::waiting(&mut tx).await?;
        tx.commit().await?;
        for waiting in waiting {
            tracing::warn!(
                webhook.url = egress::shown(&waiting.url),
                count = waiting.count,
                "delivery.waiting: {NO_ENDPOINT}; put it back, or name the one that replaces it"
            );
        }
        self.0.compared.set(catalog);
        Ok(())
    }

    /// Where the endpoint is now that was at an address which the catalog has lost.
    fn successor<'a>(
        &self,
        known: Option<&WebhookEndpointRow>,
        catalog: &'a Catalog,
    ) -> Option<&'a WebhookTarget> {
        let name = known.and_then(|endpoint| endpoint.name.as_ref());
        let named = |target: &&WebhookTarget| name.is_some() && target.name.as_ref() == name;
        if let Some(target) = catalog.targets().iter().find(named) {
            return Some(target);
        }
        // Two names are two endpoints.
        let candidates: Vec<_> = catalog
            .targets()
            .iter()
            .filter(|target| name.is_none() || target.name.is_none())
            .collect();
        let same_secret = |target: &&&WebhookTarget| {
            let mut secrets = std::iter::once(&target.secret).chain(&target.previous_secret);
            known.is_some_and(|endpoint| {
                secrets.any(|secret| self.secret_hash(secret.expose()) == endpoint.secret_hash)
            })
        };
        let by_secret: Vec<_> = candidates.iter().filter(same_secret).collect();
        match (by_secret.as_slice(), candidates.as_slice()) {
            ([target], _) => Some(target),
            ([], [target]) if catalog.targets().len() == 1 => Some(target),
            _ => None,
        }
    }

    /// Moves what the endpoint wants and was not promised itself. A body is encrypted for
    /// its address, so that it is encrypted again.
    async fn redirect(
        &self,
        tx: &mut Tx,
        url: &str,
        target: &WebhookTarget,
    ) -> Result<(), StoreError> {
        let parts = &self.0;
        let mut moved = 0;
        for delivery in deliveries::movable(tx, url, &target.url).await? {
            let place = delivery_place(&delivery.id, url);
            let body = parts.vault.decrypt(&place, &delivery.body_sealed);
            let Some(body) = body.ok().filter(|_| target.wants(&delivery.kind)) else {
                continue;
            };
            let place = delivery_place(&delivery.id, &target.url);
            let sealed = parts.vault.encrypt(&place, &body, &parts.entropy)?;
            let now = parts.clock.now().0;
            deliveries::redirect(tx, &delivery, (&target.url, &sealed), now).await?;
            moved += 1;
        }
        let (from, to) = (egress::shown(url), egress::shown(&target.url));
        tracing::info!(from, to, count = moved, "delivery.moved");
        Ok(())
    }

    fn secret_hash(&self, secret: &str) -> String {
        self.0.vault.hash(&format!("webhook secret {secret}"))
    }
}
