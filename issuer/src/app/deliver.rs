//! Delivers what was promised: signed, at least once, with patience.
//!
//! Signatures follow Standard Webhooks 1.0
//! (<https://www.standardwebhooks.com>), and beside them stand the headers that
//! the guide's own client checks. The first attempt is made at once; nine more
//! follow over some 76 hours.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::watch;

use super::App;
use super::announce::delivery_place;
use super::endpoints::{MAX_WAIT, NO_ENDPOINT};
use super::iso8601;
use super::worker::TICK;
use crate::egress;
use crate::store::StoreError;
use crate::store::deliveries::{self, Attempt, DeliveryRow};

/// Seconds before the second and each further attempt.
const PAUSES: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const JITTER: i64 = 10;
const MAX_RETRY_AFTER: i64 = 86_400;
const MAX_ERROR: usize = 200;
/// How many deliveries are under way at once, to all endpoints.
const AT_ONCE: usize = 64;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliverError {
    /// The target is not in the catalog any more.
    #[error("{NO_ENDPOINT}")]
    NoTarget,
    /// The address may not be used.
    #[error(transparent)]
    Refused(#[from] egress::Refusal),
    /// The target could not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The target answered, but not with success.
    #[error("the target answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How many seconds it asked to be left alone.
        retry_after: Option<i64>,
    },
    /// The attempt panicked.
    #[error("the attempt failed by a fault of the issuer")]
    Broke,
    /// The stored body cannot be read.
    #[error("the stored body cannot be decrypted")]
    Body,
}

/// `v1,<base64>` of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.
/// The key is what stands in base64 behind `whsec_`, or the secret's own bytes
/// where it is not of that form.
#[must_use]
pub fn sign_standard(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD
        .decode(encoded)
        .unwrap_or_else(|_| secret.as_bytes().to_vec());
    format!(
        "v1,{}",
        STANDARD.encode(hmac(&key, &format!("{id}.{timestamp}.{body}")))
    )
}

/// The guide's signature: hexadecimal HMAC-SHA256 over `timestamp.body`, keyed
/// with the secret's whole text.
#[must_use]
pub fn sign_licentric(secret: &str, timestamp: i64, body: &str) -> String {
    let tag = hmac(secret.as_bytes(), &format!("{timestamp}.{body}"));
    tag.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length, so this never refuses one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl App {
    /// Attempts what is due, a few deliveries at a time; how many there were.
    pub(super) async fn deliver_due(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<usize, StoreError> {
        self.follow_endpoints().await?;
        let mut under_way = tokio::task::JoinSet::new();
        let mut begun = Ok(0);
        loop {
            while under_way.len() < AT_ONCE && begun.is_ok() && !*stop.borrow() {
                let now = self.0.clock.now();
                let busy = self.0.targets.busy(now);
                let holder = self.holder()?;
                let mut tx = self.0.store.write().await?;
                let claimed = deliveries::claim(&mut tx, &holder, now.0, &busy).await?;
                tx.commit().await?;
                let Some(delivery) = claimed else { break };
                begun = begun.map(|count| count + 1);
                self.0.targets.begin(&delivery.url);
                let app = self.clone();
                under_way.spawn(async move { app.deliver(&delivery, &holder).await });
            }
            if under_way.is_empty() {
                return begun;
            }
            // What is promised meanwhile does not wait for an endpoint that hangs.
            tokio::select! {
                Some(delivered) = under_way.join_next() => match delivered {
                    Ok(Ok(())) => {}
                    // The others are finished first.
                    Ok(Err(error)) => begun = Err(error),
                    Err(error) => tracing::error!(%error, "delivery.aborted"),
                },
                () = self.0.bell.deliveries.notified() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    async fn deliver(&self, delivery: &DeliveryRow, holder: &str) -> Result<(), StoreError> {
        let (app, attempted) = (self.clone(), delivery.clone());
        let outcome = match tokio::spawn(async move { app.attempt(&attempted).await }).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, "delivery.broke");
                Err(DeliverError::Broke)
            }
        };
        let now = self.0.clock.now();
        let failed = self.0.targets.end(&delivery.url, outcome.is_ok(), now);
        if let Some(failures) = failed {
            tracing::warn!(
                url = delivery.url,
                failures,
                "deliveries.endpoint_failing: it gets one webhook at a time, with growing pauses, \
                 until one succeeds"
            );
        }
        let attempt = match outcome {
            Ok(()) => Attempt::Delivered,
            Err(error @ DeliverError::NoTarget) => {
                let error = error.to_string();
                match delivery.waiting_since {
                    None => Attempt::Waiting {
                        error,
                        until: now.plus(MAX_WAIT).0,
                    },
                    // It has waited for as long as it may.
                    Some(_) => Attempt::Exhausted { error },
                }
            }
            Err(error) => {
                let mut text = error.to_string();
                text.truncate(text.floor_char_boundary(MAX_ERROR));
                let made = usize::try_from(delivery.attempts).unwrap_or(usize::MAX);
                match PAUSES.get(made) {
                    None => Attempt::Exhausted { error: text },
                    Some(_) if matches!(error, DeliverError::Status { status: 410, .. }) => {
                        Attempt::Exhausted { error: text }
                    }
                    Some(pause) => {
                        let asked = match error {
                            DeliverError::Status {
                                retry_after: Some(seconds),
                                ..
                            } => seconds,
                            _ => 0,
                        };
                        let pause = (*pause).max(asked).saturating_add(self.jitter(*pause)?);
                        Attempt::Failed {
                            error: text,
                            due_at: now.plus(pause).0,
                        }
                    }
                }
            }
        };
        log(delivery, &attempt);
        let mut tx = self.0.store.write().await?;
        deliveries::record(&mut tx, delivery, holder, &attempt, now.0).await?;
        tx.commit().await
    }

    async fn attempt(&self, delivery: &DeliveryRow) -> Result<(), DeliverError> {
        let catalog = self.catalog();
        let target = catalog
            .targets()
            .iter()
            .find(|target| target.url == delivery.url);
        let target = target.ok_or(DeliverError::NoTarget)?;
        let url = egress::check_url(&target.url, self.0.settings.allow_insecure_webhooks)?;
        let place = delivery_place(&delivery.id, &delivery.url);
        let body = self.0.vault.decrypt(&place, &delivery.body_sealed);
        let body = body
            .ok()
            .and_then(|body| String::from_utf8(body.to_vec()).ok());
        let body = body.ok_or(DeliverError::Body)?;

        let secret = target.secret.expose();
        let timestamp = self.0.clock.now().0;
        // Both sign while receivers change over.
        let secrets = std::iter::once(&target.secret).chain(&target.previous_secret);
        let signatures: Vec<_> = secrets
            .map(|it| sign_standard(it.expose(), &delivery.id, timestamp, &body))
            .collect();
        let signatures = signatures.join(" ");
        let request = self
            .0
            .egress
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &delivery.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .header("x-licentric-timestamp", timestamp)
            .header(
                "x-licentric-signature",
                sign_licentric(secret, timestamp, &body),
            );
        let reply = request
            .body(body)
            .send()
            .await
            .map_err(|error| DeliverError::Unreachable(root(&error)))?;
        if reply.status().is_success() {
            return Ok(());
        }
        let retry_after = reply
            .headers()
            .get("retry-after")
            .and_then(|it| it.to_str().ok());
        let retry_after = retry_after
            .and_then(|it| it.parse().ok())
            .map(|seconds: i64| seconds.clamp(0, MAX_RETRY_AFTER));
        Err(DeliverError::Status {
            status: reply.status().as_u16(),
            retry_after,
        })
    }

    /// Up to a tenth of the pause, so that targets are not hit all at once.
    fn jitter(&self, pause: i64) -> Result<i64, StoreError> {
        let [byte] = self.0.entropy.bytes::<1>()?;
        Ok(pause.saturating_mul(i64::from(byte)) / (255 * JITTER))
    }
}

fn log(delivery: &DeliveryRow, attempt: &Attempt) {
    let DeliveryRow {
        id,
        kind,
        license_id: license,
        ..
    } = delivery;
    let url = egress::shown(&delivery.url);
    match attempt {
        Attempt::Delivered => tracing::info!(id, kind, license, url, "webhook.delivered"),
        Attempt::Failed { error, due_at } => {
            let next = iso8601(*due_at);
            tracing::warn!(id, kind, license, url, error, next, "webhook.failed");
        }
        Attempt::Waiting { error, until } => {
            let until = iso8601(*until);
            tracing::warn!(id, kind, license, url, error, until, "webhook.waits");
        }
        Attempt::Exhausted { error } => {
            tracing::error!(id, kind, license, url, error, "webhook.given_up");
        }
    }
}

/// The innermost cause, which is the one that tells something.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match error.is_timeout() {
        true => format!("no answer within {} s", Duration::from_secs(15).as_secs()),
        false => cause.to_string(),
    }
}
