//! Takes a webhook of Stripe's in: checked, stored, and only then acknowledged.
//!
//! Events that arrive together are committed together, so that a burst costs
//! few syncs of the disk.

use std::error::Error;

use paidup_stripe::{Event, EventError, SignatureError, SignatureHeader};
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
                let answers = store_all(&store, &batch, &clock).await;
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

/// Stores the events in one transaction; where the database refuses what is in one of them,
/// each in its own. Whether each is new.
async fn store_all(store: &Store, batch: &[Incoming], clock: &Clock) -> Vec<Result<bool, ()>> {
    match again(|| store_batch(store, batch, clock.now().0)).await {
        Ok(answers) => return answers.into_iter().map(Ok).collect(),
        Err(error) if error.is_of_data() && batch.len() > 1 => {}
        Err(error) => {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(%error, cause, events = batch.len(), "inbox.not_stored");
            return vec![Err(()); batch.len()];
        }
    }
    let mut answers = Vec::with_capacity(batch.len());
    for incoming in batch {
        let alone = std::slice::from_ref(incoming);
        let stored = again(|| store_batch(store, alone, clock.now().0)).await;
        if let Err(error) = &stored {
            let cause = error.source().map(ToString::to_string);
            let id = &incoming.arrival.id;
            tracing::error!(%error, cause, event.id = id, "inbox.not_stored");
        }
        let new = stored.map(|new| new.first().copied().unwrap_or_default());
        answers.push(new.map_err(|_| ()));
    }
    answers
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
    /// Looks at a webhook's `Stripe-Signature` before its body is read.
    ///
    /// # Errors
    /// [`IngestError`] where no body could make it valid.
    pub fn look_at_signature(&self, header: &str) -> Result<SignatureHeader, IngestError> {
        let parsed = SignatureHeader::parse(header, self.0.clock.now().0);
        parsed.map_err(|error| {
            self.note_refused_webhook(error);
            IngestError::Signature(error)
        })
    }

    /// Takes in the raw body of a webhook and its `Stripe-Signature`.
    ///
    /// # Errors
    /// [`IngestError`]; then nothing was stored.
    pub async fn ingest(&self, body: &[u8], signature: &str) -> Result<Receipt, IngestError> {
        if !self.has_secrets().await? {
            return Err(IngestError::NoSecret);
        }
        let header = self.look_at_signature(signature)?;
        if let Err(error) = self.check_signature(body, &header).await {
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
            // What carries no fact is done with.
            (true, None) if tells_nothing(event) => (EventState::Ignored, None),
            (true, None) => (EventState::Pending, None),
            (true, Some(_)) => (EventState::SetAside, Some("an event of another account")),
            (false, _) => (EventState::SetAside, Some("an event of the other mode")),
        };
        let arrival = Arrival {
            account: foreign.cloned().unwrap_or_default(),
            id: event.id.clone(),
            kind: event.kind.clone(),
            created: event.created,
            subject: event.subject(),
            lane: event.lane(),
            // What is not ours is counted, and not kept.
            body: match state {
                EventState::SetAside => String::new(),
                _ => body,
            },
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

fn tells_nothing(event: &Event) -> bool {
    event.hint().is_none() && event.facts().is_ok_and(|facts| facts.is_empty())
}
