//! Takes a webhook of Stripe's in: checked, stored, and only then acknowledged.
//!
//! Events that arrive together are committed together, so that a burst costs
//! few syncs of the disk.

use std::error::Error;

use paidup_stripe::{Event, EventError, SignatureError};
use tokio::sync::{mpsc, oneshot};

use super::App;
use super::retry::again;
use crate::clock::Clock;
use crate::store::events::{self, Arrival, EventState};
use crate::store::{Store, StoreError};

const QUEUE: usize = 1024;
const BATCH: usize = 256;

/// Why a webhook is not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// No secret is configured, so that nothing can be checked.
    #[error(
        "no webhook secret is known; run `paidup stripe connect`, or set STRIPE_WEBHOOK_SECRET \
         to the whsec_… of the endpoint in Stripe's dashboard"
    )]
    NoSecret,
    /// It is not Stripe's.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is Stripe's, but no event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The secrets could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be stored; Stripe will send it again.
    #[error("the event could not be stored; send it again")]
    NotStored,
}

/// What became of a webhook that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// Stored.
    Stored,
    /// It was there before.
    Duplicate,
}

/// The way into the inbox: hands events to one task that commits them in groups.
#[derive(Debug, Clone)]
pub struct Inbox(mpsc::Sender<Incoming>);

#[derive(Debug)]
struct Incoming {
    arrival: Arrival,
    state: EventState,
    reason: Option<&'static str>,
    stored: oneshot::Sender<Result<bool, ()>>,
}

impl Inbox {
    pub(super) fn start(store: Store, clock: Clock) -> Self {
        let (sender, mut receiver) = mpsc::channel::<Incoming>(QUEUE);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while receiver.recv_many(&mut batch, BATCH).await > 0 {
                let stored = again(|| store_batch(&store, &batch, clock.now().0)).await;
                if let Err(error) = &stored {
                    let cause = error.source().map(ToString::to_string);
                    tracing::error!(%error, cause, events = batch.len(), "inbox.not_stored");
                }
                let answers: Vec<Result<bool, ()>> = match stored {
                    Ok(answers) => answers.into_iter().map(Ok).collect(),
                    Err(_) => vec![Err(()); batch.len()],
                };
                for (incoming, answer) in batch.drain(..).zip(answers) {
                    // Whoever asked may have hung up; the event is stored all the same.
                    let _ = incoming.stored.send(answer);
                }
            }
        });
        Self(sender)
    }

    async fn store(
        &self,
        arrival: Arrival,
        state: EventState,
        reason: Option<&'static str>,
    ) -> Result<bool, IngestError> {
        let (stored, answer) = oneshot::channel();
        let incoming = Incoming {
            arrival,
            state,
            reason,
            stored,
        };
        self.0
            .send(incoming)
            .await
            .map_err(|_| IngestError::NotStored)?;
        match answer.await {
            Ok(Ok(new)) => Ok(new),
            Ok(Err(())) | Err(_) => Err(IngestError::NotStored),
        }
    }
}

async fn store_batch(store: &Store, batch: &[Incoming], now: i64) -> Result<Vec<bool>, StoreError> {
    let mut tx = store.write().await?;
    let mut new = Vec::with_capacity(batch.len());
    for Incoming {
        arrival,
        state,
        reason,
        ..
    } in batch
    {
        new.push(events::insert(&mut tx, arrival, *state, *reason, now).await?);
    }
    tx.commit().await?;
    Ok(new)
}

impl App {
    /// Takes in the raw body of a webhook and its `Stripe-Signature`.
    ///
    /// # Errors
    /// [`IngestError`]; then nothing was stored.
    pub async fn ingest(&self, body: &[u8], signature: &str) -> Result<Receipt, IngestError> {
        if !self.has_secrets().await? {
            return Err(IngestError::NoSecret);
        }
        if let Err(error) = self.check_signature(body, signature).await {
            if let IngestError::Signature(error) = error {
                self.note_refused_webhook(error);
            }
            return Err(error);
        }
        self.note_genuine_webhook();
        let event = Event::parse(body)?;
        // Whatever parsed as JSON is UTF-8.
        let body = String::from_utf8_lossy(body).into_owned();
        self.take_in(&event, body, "webhook").await
    }

    /// Stores an event that is Stripe's, whichever way it came.
    pub(super) async fn take_in(
        &self,
        event: &Event,
        body: String,
        by: &'static str,
    ) -> Result<Receipt, IngestError> {
        let parts = &self.0;
        // Stripe names the account only where it is not the endpoint's own.
        let own = self.account();
        let foreign = event.account.as_ref().filter(|it| own.as_ref() != Some(it));
        let (state, reason) = match (event.livemode == parts.mode.is_live(), foreign) {
            (true, None) => (EventState::Pending, None),
            (true, Some(_)) => (EventState::SetAside, Some("an event of another account")),
            (false, _) => (EventState::SetAside, Some("an event of the other mode")),
        };
        let arrival = Arrival {
            account: foreign.cloned().unwrap_or_default(),
            id: event.id.clone(),
            kind: event.kind.clone(),
            created: event.created,
            subject: event.subject().map(str::to_owned),
            lane: event.lane().to_owned(),
            body,
        };
        let new = parts.inbox.store(arrival, state, reason).await?;
        if let Some(reason) = reason.filter(|_| new) {
            tracing::warn!(event.id = event.id, reason, "stripe.event.set_aside");
        }
        tracing::info!(
            event.id = event.id,
            event.kind = event.kind,
            by,
            new,
            "stripe.event"
        );
        if new {
            parts.bell.events.notify_one();
        }
        Ok(if new {
            Receipt::Stored
        } else {
            Receipt::Duplicate
        })
    }
}
