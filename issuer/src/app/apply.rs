//! Turns a stored event into facts, asks Stripe for what they lack, and lets
//! the licenses follow. Whatever happens here, the event stays in the inbox.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use paidup_lifecycle::{Fact, History, Lack};
use paidup_stripe::{ApiError, Event};

use super::{App, MEETINGS};
use crate::store::events::{self, EventRow, EventState, WaitsFor};
use crate::store::facts::{self, Sourced};
use crate::store::{StoreError, Tx};

const FIRST_PAUSE: i64 = 5;
const LONGEST_PAUSE: i64 = 3600;

/// What keeps an event from being applied for now.
struct Parked {
    waits_for: WaitsFor,
    reason: String,
}

impl App {
    /// Applies one event that was claimed.
    pub(super) async fn apply(&self, event: &EventRow) -> Result<(), StoreError> {
        let arrival = &event.arrival;
        let told = Event::parse(arrival.body.as_bytes())
            .map_err(|error| error.to_string())
            .and_then(|event| event.facts().map_err(|error| error.to_string()));
        let told = match told {
            Ok(told) if told.is_empty() => {
                return self.settle(event, EventState::Ignored, None).await;
            }
            Ok(told) => told,
            Err(reason) => {
                tracing::warn!(event.id = arrival.id, reason, "stripe.event.quarantined");
                return self
                    .settle(event, EventState::Quarantined, Some(&reason))
                    .await;
            }
        };
        let event_id = Some(arrival.id.clone());
        let mut learnt: Vec<Sourced> = told
            .into_iter()
            .map(|fact| Sourced {
                fact,
                event_id: event_id.clone(),
            })
            .collect();
        let touched: BTreeSet<String> = links(learnt.iter().map(|it| &it.fact));
        if let Err(parked) = self.ask(&mut learnt, &touched).await? {
            return self.park(event, &parked, &learnt).await;
        }
        for attempt in 1.. {
            match self.follow(event, &learnt, &touched).await {
                // Two issuers met over one customer; the second looks again.
                Err(error) if error.is_conflict() && attempt < MEETINGS => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    /// Asks Stripe until nothing is lacking that it could tell.
    async fn ask(
        &self,
        learnt: &mut Vec<Sourced>,
        touched: &BTreeSet<String>,
    ) -> Result<Result<(), Parked>, StoreError> {
        let mut asked = BTreeSet::new();
        loop {
            let history = facts::history(&mut *self.0.store.read().await?, learnt).await?;
            let open = |lack: &Lack| !asked.contains(lack);
            let mut lacks: BTreeSet<Lack> = history.lacks().into_iter().filter(open).collect();
            let Some(stripe) = &self.0.stripe else {
                return Ok(missing_without_a_key(&history, &lacks, touched));
            };
            let hints = learnt.iter().filter_map(|it| it.fact.hint());
            lacks.extend(hints.filter(|hint| open(hint) && !is_final(&history, hint)));
            if lacks.is_empty() {
                return Ok(Ok(()));
            }
            for lack in lacks {
                match stripe.supply(&lack, self.next_question()).await {
                    Ok(facts) => learnt.extend(facts.into_iter().map(|fact| Sourced {
                        fact,
                        event_id: None,
                    })),
                    Err(error) => return Ok(Err(Parked::by(&error))),
                }
                asked.insert(lack);
            }
        }
    }

    /// Numbers the questions to Stripe: milliseconds, and one more where the
    /// clock has not moved or has gone back.
    fn next_question(&self) -> i64 {
        let millis = self.0.clock.millis();
        let next = |last: i64| Some(last.saturating_add(1).max(millis));
        let last = self
            .0
            .questions
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        last.map_or(millis, |last| last.saturating_add(1).max(millis))
    }

    /// One transaction: facts, licenses, what is to be told of them, the event.
    async fn follow(
        &self,
        event: &EventRow,
        learnt: &[Sourced],
        touched: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let mut tx = self.0.store.decide().await?;
        let history = facts::history(&mut tx, learnt).await?;
        facts::save(&mut tx, &history, learnt).await?;
        let unmapped = self.provision(&mut tx, &history, touched).await?;
        match unmapped.first() {
            None => {
                events::settle(&mut tx, &event.arrival, EventState::Applied, None).await?;
            }
            Some(price) => {
                let reason = format!("the price {price} is not mapped to a policy");
                tracing::warn!(event.id = event.arrival.id, reason, "stripe.event.parked");
                events::park(&mut tx, &event.arrival, WaitsFor::Mapping, &reason, None).await?;
            }
        }
        tx.commit().await?;
        self.0.bell.deliveries.notify_one();
        Ok(())
    }

    async fn settle(
        &self,
        event: &EventRow,
        state: EventState,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx: Tx = self.0.store.write().await?;
        events::settle(&mut tx, &event.arrival, state, reason).await?;
        tx.commit().await
    }

    /// Keeps what is known so far, and the event for another time.
    async fn park(
        &self,
        event: &EventRow,
        parked: &Parked,
        learnt: &[Sourced],
    ) -> Result<(), StoreError> {
        let doublings = u32::try_from(event.attempts.clamp(0, 20)).unwrap_or_default();
        let pause = FIRST_PAUSE
            .saturating_mul(1 << doublings)
            .min(LONGEST_PAUSE);
        let due_at = self.0.clock.now().plus(pause).0;
        tracing::warn!(
            event.id = event.arrival.id,
            reason = parked.reason,
            "stripe.event.parked"
        );
        let mut tx = self.0.store.decide().await?;
        let history = facts::history(&mut tx, learnt).await?;
        facts::save(&mut tx, &history, learnt).await?;
        events::park(
            &mut tx,
            &event.arrival,
            parked.waits_for,
            &parked.reason,
            Some(due_at),
        )
        .await?;
        tx.commit().await
    }
}

impl Parked {
    fn by(error: &ApiError) -> Self {
        let mut reason = error.to_string();
        if error.is_unauthorized() {
            reason.push_str("; check STRIPE_API_KEY and its permissions");
        }
        Self {
            waits_for: WaitsFor::Stripe,
            reason,
        }
    }
}

/// Without a key nothing can be asked. What events carry is enough for most
/// licenses; what a checkout sold and what a refund is of, they never carry.
fn missing_without_a_key(
    history: &History,
    lacks: &BTreeSet<Lack>,
    touched: &BTreeSet<String>,
) -> Result<(), Parked> {
    let needed = lacks.iter().find_map(|lack| match lack {
        Lack::CheckoutLines(id) | Lack::Origin(id) | Lack::Invoice(id) | Lack::Charge(id) => {
            touched.contains(id).then_some(id)
        }
        Lack::Subscription(id) => {
            (touched.contains(id) && history.checkout_of(id).is_some()).then_some(id)
        }
        // An active subscription is taken at its word.
        Lack::Invoices(_) | Lack::Customer(_) => None,
    });
    match needed {
        None => Ok(()),
        Some(id) => Err(Parked {
            waits_for: WaitsFor::Stripe,
            reason: format!("Stripe must be asked about {id}, and STRIPE_API_KEY is not set"),
        }),
    }
}

fn is_final(history: &History, hint: &Lack) -> bool {
    let Lack::Subscription(id) = hint else {
        return false;
    };
    history
        .subscription(id)
        .is_some_and(|it| it.status.is_final())
}

fn links<'a>(facts: impl Iterator<Item = &'a Fact>) -> BTreeSet<String> {
    facts.flat_map(|fact| fact.object.links()).collect()
}
