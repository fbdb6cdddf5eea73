//! Asks Stripe what facts lack, until a license can be decided.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use paidup_lifecycle::{CheckoutMode, History, Lack};
use paidup_stripe::ApiError;

use super::App;
use super::ask_more::Sought;
use crate::store::StoreError;
use crate::store::events::WaitsFor;
use crate::store::facts::{self, Sourced};

/// What keeps something from being decided for now.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) waits_for: WaitsFor,
    pub(super) reason: String,
}

impl App {
    /// Asks Stripe until nothing is lacking that it could tell, and adds what it told,
    /// `hinted` first. The first `fresh` of the facts are what Stripe says now: they
    /// hint at nothing.
    pub(super) async fn ask(
        &self,
        learnt: &mut Vec<Sourced>,
        touched: &BTreeSet<String>,
        hinted: &BTreeSet<Lack>,
        fresh: usize,
    ) -> Result<Result<(), Parked>, StoreError> {
        let mut asked = BTreeSet::new();
        let mut sought = Sought::default();
        let mut unknown: Vec<(Lack, String)> = Vec::new();
        loop {
            let history = facts::history(&mut *self.0.store.read().await?, learnt).await?;
            let open = |lack: &Lack| !asked.contains(lack);
            let mut lacks: BTreeSet<Lack> = history.lacks().into_iter().filter(open).collect();
            let Some(stripe) = self.api() else {
                return Ok(match hinted.first() {
                    Some(hint) => Err(Parked::without_a_key(hint.id())),
                    None => missing_without_a_key(&history, &lacks, touched),
                });
            };
            let told = learnt.iter().skip(fresh).filter_map(|it| it.fact.hint());
            let hints = told.chain(hinted.iter().cloned());
            lacks.extend(hints.filter(|hint| open(hint) && !is_final(&history, hint)));
            if lacks.is_empty() {
                let has_listed_checkouts = fresh > 0;
                if self
                    .ask_more(&stripe, &history, learnt, &mut sought, has_listed_checkouts)
                    .await?
                {
                    continue;
                }
                let lacks = history.lacks();
                unknown.retain(|(lack, _)| lacks.contains(lack));
                return Ok(match still_needed(&history, unknown, touched) {
                    None => Ok(()),
                    Some((lack, reason)) => Err(Parked::unknown(lack.id(), &reason)),
                });
            }
            for lack in lacks {
                let supplied = stripe.supply(&lack, self.next_question()).await;
                self.note_answer(&stripe, supplied.as_ref().err());
                match supplied {
                    Ok(facts) => learnt.extend(facts.into_iter().map(Sourced::asked)),
                    Err(error) if error.is_missing() => {
                        unknown.push((lack.clone(), error.to_string()));
                    }
                    Err(error) => return Ok(Err(Parked::by(&error))),
                }
                asked.insert(lack);
            }
        }
    }

    /// Numbers the questions to Stripe: milliseconds, and one more where the
    /// clock has not moved or has gone back.
    pub(super) fn next_question(&self) -> i64 {
        let millis = self.0.clock.millis();
        let next = |last: i64| Some(last.saturating_add(1).max(millis));
        let last = self
            .0
            .questions
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        last.map_or(millis, |last| last.saturating_add(1).max(millis))
    }
}

impl Parked {
    fn without_a_key(id: &str) -> Self {
        Self {
            waits_for: WaitsFor::Stripe,
            reason: format!(
                "Stripe must be asked about {id}, and there is no Stripe key that serves; run \
                 `paidup stripe connect`, or set STRIPE_API_KEY"
            ),
        }
    }

    fn unknown(id: &str, reason: &str) -> Self {
        Self {
            waits_for: WaitsFor::Stripe,
            reason: format!(
                "Stripe does not know {id}: {reason}; check that the API key belongs to the \
                 account that sends the webhooks"
            ),
        }
    }

    fn by(error: &ApiError) -> Self {
        let mut reason = error.to_string();
        if error.is_unauthorized() {
            reason.push_str("; `paidup stripe status` shows what the key may do");
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
    let needed = lacks.iter().find(|lack| is_needed(history, lack, touched));
    match needed {
        None => Ok(()),
        Some(lack) => Err(Parked::without_a_key(lack.id())),
    }
}

/// What Stripe does not know, and without which nothing can be decided.
fn still_needed(
    history: &History,
    unknown: Vec<(Lack, String)>,
    touched: &BTreeSet<String>,
) -> Option<(Lack, String)> {
    unknown
        .into_iter()
        .find(|(lack, _)| is_needed(history, lack, touched))
}

fn is_needed(history: &History, lack: &Lack, touched: &BTreeSet<String>) -> bool {
    match lack {
        // The subscription is licensed without it.
        Lack::CheckoutLines(id) => {
            let checkout = history.checkout(id);
            let recurring = checkout.is_some_and(|it| it.mode == CheckoutMode::Subscription);
            touched.contains(id) && !recurring
        }
        Lack::Origin(id) | Lack::Invoice(id) | Lack::Charge(id) | Lack::InvoiceOrigin(id) => {
            touched.contains(id)
        }
        Lack::Subscription(id) => {
            let bought = history.checkout_of(id);
            let unknown = history.subscription(id).is_none();
            let sold = bought.is_some_and(|it| it.mode == CheckoutMode::Subscription);
            touched.contains(id) && unknown && sold
        }
        // An active subscription is taken at its word.
        Lack::Invoices(_) | Lack::Customer(_) | Lack::Payment(_) => false,
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
