//! Takes in the events that no webhook has brought: nothing is lost while the issuer
//! is off, or while Stripe's deliveries fail.

use std::error::Error;

use paidup_stripe::{Api, ApiError, EVENT_TYPES, Event, Page};
use serde_json::Value;

use super::connect::{in_lines, missing_permissions};
use super::{App, IngestError, Receipt};
use crate::store::{StoreError, instance};

/// The time of the newest event that was swept, by Stripe's clock, and never later than
/// Stripe's reply: an event of a test clock may be dated in the future.
const CURSOR: &str = "swept_until";
/// For how long Stripe keeps events, in seconds.
const KEPT: i64 = 30 * 86_400;
/// How far each sweep looks back beyond the last: an event can be listed late.
const OVERLAP: i64 = 3600;

/// What a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Swept {
    /// How many events that licenses follow were listed.
    pub listed: usize,
    /// How many of them nobody had brought.
    pub new: usize,
    /// Stripe no longer has everything since the last sweep: only a full comparison
    /// can tell what was missed.
    pub gap: bool,
}

/// Why Stripe's side could not be looked through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// There is no key to ask with.
    #[error(
        "there is no Stripe key to ask with; run `paidup stripe connect`, or set STRIPE_API_KEY"
    )]
    NoKey,
    /// Stripe refuses the key.
    #[error(
        "Stripe refuses the key ({0}); copy it again from https://dashboard.stripe.com/apikeys, and \
         give it to STRIPE_API_KEY or to `paidup stripe connect --api-key-file`"
    )]
    KeyRefused(ApiError),
    /// Stripe could not be asked, or gave no usable answer.
    #[error("Stripe could not be asked: {0}; nothing is lost, and it is tried again")]
    Api(ApiError),
    /// The key may not read what is needed.
    #[error(
        "the Stripe key lacks permissions; add them to the restricted key at \
         https://dashboard.stripe.com/apikeys:\n{}", in_lines(.0)
    )]
    Permissions(Vec<(&'static str, String)>),
    /// An event could not be stored.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LookError {
    /// Why Stripe refused: what the key lacks, where that can be found out.
    pub(super) async fn of(stripe: &Api, error: ApiError) -> Self {
        if error.is_unauthorized()
            && let Ok(missing) = missing_permissions(stripe).await
            && !missing.is_empty()
        {
            return Self::Permissions(missing);
        }
        Self::from(error)
    }
}

impl From<ApiError> for LookError {
    fn from(error: ApiError) -> Self {
        match error.is_unauthorized() {
            true => Self::KeyRefused(error),
            false => Self::Api(error),
        }
    }
}

/// From when on events are asked for.
fn since(cursor: Option<i64>, oldest: i64) -> i64 {
    cursor.map_or(oldest, |cursor| cursor.saturating_sub(OVERLAP))
}

impl App {
    /// Takes in all events since the last sweep, or all that Stripe still has. Each is
    /// stored before the next page is asked for; a sweep that breaks off is repeated
    /// from its beginning.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn sweep(&self) -> Result<Swept, LookError> {
        let stripe = self.api().ok_or(LookError::NoKey)?;
        let oldest = self.0.clock.now().plus(-KEPT).0;
        let cursor = instance::find(&mut *self.0.store.read().await?, CURSOR).await?;
        let mut cursor = cursor.and_then(|it| it.parse::<i64>().ok());
        let mut first = self.events(&stripe, since(cursor, oldest), None).await?;
        let now = first.at.map(|at| at.0);
        if cursor.zip(now).is_some_and(|(cursor, now)| cursor > now) {
            // Such a cursor hides what was made since it was stored.
            cursor = None;
            first = self.events(&stripe, oldest, None).await?;
        }
        let mut swept = Swept {
            gap: cursor.is_none_or(|it| it < oldest),
            ..Swept::default()
        };
        let mut newest = cursor.unwrap_or(oldest);
        let mut page = first;
        loop {
            for body in page.rows {
                // The others would not have come by a webhook either.
                let kind = body.get("type").and_then(Value::as_str);
                if !kind.is_some_and(|it| EVENT_TYPES.contains(&it)) {
                    continue;
                }
                swept.listed += 1;
                let text = body.to_string();
                let event = match Event::parse(text.as_bytes()) {
                    Ok(event) => event,
                    Err(error) => {
                        let id = body.get("id").map(ToString::to_string);
                        tracing::warn!(event.id = id, %error, "stripe.sweep.skipped");
                        continue;
                    }
                };
                newest = newest.max(now.map_or(newest, |now| event.created.min(now)));
                if self.take_in(&event, text, "sweep").await? == Receipt::Stored {
                    swept.new += 1;
                }
            }
            let Some(after) = page.next else { break };
            page = self
                .events(&stripe, since(cursor, oldest), Some(&after))
                .await?;
        }
        let mut tx = self.0.store.write().await?;
        instance::set(&mut tx, CURSOR, &newest.to_string()).await?;
        tx.commit().await?;
        Ok(swept)
    }

    async fn events(
        &self,
        stripe: &Api,
        since: i64,
        after: Option<&str>,
    ) -> Result<Page<Value>, LookError> {
        let page = stripe.events(since, after).await;
        self.note_answer(stripe, page.as_ref().err());
        match page {
            Ok(page) => Ok(page),
            Err(error) => Err(LookError::of(stripe, error).await),
        }
    }

    /// Sweeps, and compares everything where events alone cannot tell what was missed.
    pub(super) async fn look_after(&self, compare: bool) -> Result<(), StoreError> {
        self.check_key().await?;
        let swept = match self.sweep().await {
            Ok(swept) => swept,
            Err(error) => {
                failed("stripe.sweep.failed", &error);
                return Ok(());
            }
        };
        if swept.new > 0 {
            tracing::info!(listed = swept.listed, new = swept.new, "stripe.swept");
        }
        if !compare && !swept.gap {
            return Ok(());
        }
        match self.reconcile(false, &|_| {}).await {
            Ok(findings) => tracing::info!(findings = findings.len(), "stripe.reconciled"),
            Err(error) => failed("stripe.reconcile.failed", &error),
        }
        Ok(())
    }
}

fn failed(what: &'static str, error: &LookError) {
    let cause = error.source().map(ToString::to_string);
    tracing::error!(%error, cause, "{what}");
}
