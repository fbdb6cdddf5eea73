//! What goes wrong outside of any license: webhooks that are refused, a catalog that is not
//! in force. It is logged, and stored so that `/readyz` and `stripe status` show it.

use std::sync::{Mutex, PoisonError};

use paidup_lifecycle::Timestamp;
use paidup_stripe::SignatureError;
use serde::{Deserialize, Serialize};

use super::App;
use crate::app::iso8601;
use crate::store::{StoreError, instance};

const TROUBLE: &str = "trouble";
/// How often refused webhooks are logged at most, in seconds: anybody may send them.
const LOGGED: i64 = 60;
/// For how many seconds a refused webhook is a warning.
const RECENT: i64 = 86_400;

/// What goes wrong, as this process knows it.
#[derive(Debug, Default)]
pub(super) struct Troubles(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    trouble: Trouble,
    logged_at: Option<Timestamp>,
    /// It differs from what is stored.
    changed: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Trouble {
    /// Webhooks that were refused since the last that was genuine.
    webhooks: Option<RefusedWebhooks>,
    /// The catalog file that is not in force.
    catalog: Option<RefusedCatalog>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RefusedWebhooks {
    count: u64,
    at: Timestamp,
    reason: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RefusedCatalog {
    at: Timestamp,
    reason: String,
}

impl Trouble {
    fn warnings(&self, now: Timestamp) -> Vec<String> {
        let catalog = self.catalog.iter().map(|refused| {
            format!(
                "the catalog file as of {} is not in force, and the one before is: {}",
                iso8601(refused.at.0),
                refused.reason
            )
        });
        let recent = |refused: &&RefusedWebhooks| now < refused.at.plus(RECENT);
        let webhooks = self.webhooks.iter().filter(recent).map(|refused| {
            format!(
                "{} webhooks were refused since the last genuine one, the last at {}: {}",
                refused.count,
                iso8601(refused.at.0),
                refused.reason
            )
        });
        catalog.chain(webhooks).collect()
    }
}

impl App {
    /// Notes a webhook whose signature is refused.
    pub(super) fn note_refused_webhook(&self, error: SignatureError) {
        let reason = match error {
            // Whatever came, it was not from Stripe.
            SignatureError::Malformed => return,
            SignatureError::OutOfTolerance(seconds) => format!(
                "its time is {seconds} s behind this machine's: if these come from Stripe, set \
                 this machine's clock"
            ),
            _ => {
                "no known secret fits its signature: if these come from Stripe, run `paidup stripe \
                  connect`, or set STRIPE_WEBHOOK_SECRET to the endpoint's whsec_…"
                    .to_owned()
            }
        };
        let now = self.0.clock.now();
        let mut known = self
            .0
            .troubles
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = known
            .trouble
            .webhooks
            .as_ref()
            .map_or(0, |before| before.count);
        let count = before.saturating_add(1);
        if known.logged_at.is_none_or(|at| now >= at.plus(LOGGED)) {
            known.logged_at = Some(now);
            tracing::warn!(count, reason, "stripe.webhook.refused");
        }
        known.trouble.webhooks = Some(RefusedWebhooks {
            count,
            at: now,
            reason,
        });
        known.changed = true;
    }

    /// Notes a webhook that is Stripe's.
    pub(super) fn note_genuine_webhook(&self) {
        let mut known = self
            .0
            .troubles
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.changed |= known.trouble.webhooks.take().is_some();
    }

    /// Notes why the catalog file is not in force, or that it is.
    pub(super) fn note_catalog(&self, refused: Option<String>) {
        let mut known = self
            .0
            .troubles
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.changed |= refused.is_some() || known.trouble.catalog.is_some();
        let at = self.0.clock.now();
        known.trouble.catalog = refused.map(|reason| RefusedCatalog { at, reason });
    }

    /// Why the catalog file is not in force, where it is not.
    #[must_use]
    pub fn catalog_refusal(&self) -> Option<String> {
        let known = self
            .0
            .troubles
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let refused = known.trouble.catalog.as_ref();
        refused.map(|refused| refused.reason.clone())
    }

    /// Stores what goes wrong, where that has changed.
    pub(super) async fn store_trouble(&self) -> Result<usize, StoreError> {
        let changed = {
            let mut known = self
                .0
                .troubles
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut known.changed).then(|| known.trouble.clone())
        };
        let Some(trouble) = changed else { return Ok(0) };
        let mut tx = self.0.store.write().await?;
        instance::set(&mut tx, TROUBLE, &serde_json::json!(trouble).to_string()).await?;
        tx.commit().await?;
        Ok(1)
    }

    /// What goes wrong outside of any license, in sentences.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trouble(&self) -> Result<Vec<String>, StoreError> {
        let stored = instance::find(&mut *self.0.store.read().await?, TROUBLE).await?;
        let trouble: Option<Trouble> = stored.and_then(|text| serde_json::from_str(&text).ok());
        Ok(trouble.unwrap_or_default().warnings(self.0.clock.now()))
    }
}
