//! The secrets that Stripe's webhooks may be signed with: those of the settings, and
//! those of the endpoints that we made.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use paidup_stripe::{SignatureError, SignatureHeader, WebhookSecret};

use super::super::{App, IngestError};
use crate::store::{StoreError, endpoints};

/// How often the database is asked for new secrets at most: anybody may send what no
/// secret fits.
const PAUSE: Duration = Duration::from_secs(2);

/// The secrets of endpoints, as they were last read.
#[derive(Debug, Default)]
pub(in crate::app) struct Secrets(Mutex<Read>);

#[derive(Debug, Default, Clone)]
struct Read {
    at: Option<Instant>,
    /// The endpoint, its secret, and whether it has delivered.
    endpoints: Vec<(String, WebhookSecret, bool)>,
}

pub(super) fn place(endpoint: &str) -> String {
    format!("webhook secret of {endpoint}")
}

impl App {
    /// Checks a webhook's signature against every secret. One that fits none is tried
    /// again with what another process may have stored meanwhile.
    pub(in crate::app) async fn check_signature(
        &self,
        body: &[u8],
        header: &SignatureHeader,
    ) -> Result<(), IngestError> {
        let outcome = self.try_signature(body, header).await?;
        if outcome.is_ok() || !self.read_secrets().await? {
            return Ok(outcome?);
        }
        Ok(self.try_signature(body, header).await??)
    }

    async fn try_signature(
        &self,
        body: &[u8],
        header: &SignatureHeader,
    ) -> Result<Result<(), SignatureError>, IngestError> {
        if header.verify(body, &self.0.webhook_secrets).is_ok() {
            return Ok(Ok(()));
        }
        for (endpoint, secret, delivered) in self.known_secrets() {
            if header.verify(body, &[secret]).is_ok() {
                if !delivered {
                    self.note_delivery(&endpoint).await?;
                }
                return Ok(Ok(()));
            }
        }
        Ok(Err(SignatureError::NoMatch))
    }

    /// Whether there is any secret to check with.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_secrets(&self) -> Result<bool, StoreError> {
        if !self.0.webhook_secrets.is_empty() || !self.known_secrets().is_empty() {
            return Ok(true);
        }
        self.read_secrets().await?;
        Ok(!self.known_secrets().is_empty())
    }

    fn known_secrets(&self) -> Vec<(String, WebhookSecret, bool)> {
        let read = self.0.secrets.0.lock();
        read.unwrap_or_else(PoisonError::into_inner)
            .endpoints
            .clone()
    }

    /// Reads the secrets anew, unless that was done a moment ago.
    async fn read_secrets(&self) -> Result<bool, StoreError> {
        {
            let mut read = self
                .0
                .secrets
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if read.at.is_some_and(|at| at.elapsed() < PAUSE) {
                return Ok(false);
            }
            read.at = Some(Instant::now());
        }
        let rows = endpoints::list(&mut *self.0.store.read().await?).await?;
        let mut endpoints = Vec::new();
        for row in rows {
            let secret = self.0.vault.decrypt(&place(&row.id), &row.secret_sealed)?;
            let secret = std::str::from_utf8(&secret).map_err(|_| StoreError::Secret)?;
            let secret = WebhookSecret::new(secret).map_err(|_| StoreError::Secret)?;
            endpoints.push((row.id, secret, row.delivered_at.is_some()));
        }
        let mut read = self
            .0
            .secrets
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        read.endpoints = endpoints;
        Ok(true)
    }

    async fn note_delivery(&self, endpoint: &str) -> Result<(), StoreError> {
        let mut tx = self.0.store.write().await?;
        endpoints::delivered(&mut tx, endpoint, self.0.clock.now().0).await?;
        tx.commit().await?;
        let mut read = self
            .0
            .secrets
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (known, _, delivered) in &mut read.endpoints {
            *delivered |= known == endpoint;
        }
        Ok(())
    }
}
