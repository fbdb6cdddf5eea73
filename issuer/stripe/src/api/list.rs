//! Everything of a kind that Stripe has, page by page.

use paidup_lifecycle::{Fact, Timestamp};
use serde_json::Value;
use stripe_billing::InvoiceStatus;
use stripe_billing::invoice::ListInvoice;
use stripe_billing::subscription::{ListSubscription, ListSubscriptionStatus};
use stripe_checkout::checkout_session::ListCheckoutSession;
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::dispute::ListDispute;
use stripe_core::event::ListEvent;
use stripe_core::refund::ListRefund;
use stripe_types::RangeQueryTs;

use super::{Api, ApiError};
use crate::{Event, facts};

const PAGE: i64 = 100;
const MAX_PAGES_OF_CHANGES: usize = 5;

/// A kind of object that licenses follow, in the order in which a full comparison
/// should learn them: what was taken back before what was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Disputes.
    Disputes,
    /// Refunds.
    Refunds,
    /// Subscriptions in any state, each with its customer and its latest invoice.
    Subscriptions,
    /// Completed checkouts, each with what it sold.
    Checkouts,
    /// Paid invoices that belong to no subscription, each with its payments.
    Invoices,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Disputes,
        Self::Refunds,
        Self::Subscriptions,
        Self::Checkouts,
        Self::Invoices,
    ];

    /// What people call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disputes => "disputes",
            Self::Refunds => "refunds",
            Self::Subscriptions => "subscriptions",
            Self::Checkouts => "checkouts",
            Self::Invoices => "invoices",
        }
    }

    fn request(self, after: Option<&str>) -> RequestBuilder {
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        match self {
            Self::Disputes => {
                let mut list = ListDispute::new().limit(PAGE);
                if let Some(after) = after {
                    list = list.starting_after(after);
                }
                list.build()
            }
            Self::Refunds => {
                let mut list = ListRefund::new().limit(PAGE);
                if let Some(after) = after {
                    list = list.starting_after(after);
                }
                list.build()
            }
            Self::Subscriptions => {
                let mut list = ListSubscription::new()
                    .status(ListSubscriptionStatus::All)
                    .expand(names(&["data.customer", "data.latest_invoice.payments"]))
                    .limit(PAGE);
                if let Some(after) = after {
                    list = list.starting_after(after);
                }
                list.build()
            }
            Self::Checkouts => {
                let mut list = ListCheckoutSession::new()
                    .expand(names(&["data.line_items"]))
                    .limit(PAGE);
                if let Some(after) = after {
                    list = list.starting_after(after);
                }
                list.build()
            }
            Self::Invoices => {
                let mut list = ListInvoice::new()
                    .status(InvoiceStatus::Paid)
                    .expand(names(&["data.payments"]))
                    .limit(PAGE);
                if let Some(after) = after {
                    list = list.starting_after(after);
                }
                list.build()
            }
        }
    }

    /// Whether an object that Stripe listed is wanted. Stripe cannot leave out the invoices
    /// of subscriptions, and those are asked for by subscription where they decide anything.
    fn wants(self, object: &Value) -> bool {
        self != Self::Invoices || !facts::is_of_subscription(object)
    }
}

/// One page.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub rows: Vec<T>,
    /// How many objects Stripe listed.
    pub objects: usize,
    /// Where the next one begins; absent on the last.
    pub next: Option<String>,
    /// When Stripe replied, by its own clock; absent where the reply carries no `Date`.
    pub at: Option<Timestamp>,
}

impl Api {
    /// A page of a kind, newest first. `asked` numbers the question, as for
    /// [`supply`](Self::supply).
    ///
    /// # Errors
    /// [`ApiError`] where Stripe did not answer, or not usefully.
    pub async fn list(
        &self,
        kind: Kind,
        after: Option<&str>,
        asked: i64,
    ) -> Result<Page<Fact>, ApiError> {
        let mut answer = self.0.ask(kind.request(after)).await?;
        let (data, next) = page(&answer.body)?;
        let objects = data.len();
        if let Some(Value::Array(data)) = answer.body.get_mut("data") {
            data.retain(|object| kind.wants(object));
        }
        self.complete(&mut answer.body).await?;
        let (data, _) = page(&answer.body)?;
        let mut rows = Vec::new();
        for object in data {
            // One object that cannot be read must not hide the others.
            match answer.tell(std::slice::from_ref(object)) {
                Ok(told) => {
                    let fact = |(at, object)| Fact::fetched(at, asked, object);
                    rows.extend(told.into_iter().map(fact));
                }
                Err(error) => {
                    let id = object.get("id").and_then(Value::as_str);
                    tracing::warn!(id, %error, "stripe.list.skipped");
                }
            }
        }
        Ok(Page {
            rows,
            objects,
            next,
            at: answer.at,
        })
    }

    /// What the events of a subscription told of its changes at `since` or later, each with
    /// the event's identifier. Looks at five pages at most: Stripe cannot list the events
    /// of one object.
    ///
    /// # Errors
    /// [`ApiError`] where Stripe did not answer, or not usefully.
    pub async fn changes_of(
        &self,
        subscription: &str,
        since: i64,
    ) -> Result<Vec<(String, Fact)>, ApiError> {
        let mut told = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MAX_PAGES_OF_CHANGES {
            let mut list = ListEvent::new()
                .limit(PAGE)
                .type_("customer.subscription.updated")
                .created(RangeQueryTs::gte(since));
            if let Some(after) = after {
                list = list.starting_after(after);
            }
            let answer = self.0.ask(list.build()).await?;
            let (data, next) = page(&answer.body)?;
            for body in data {
                let event = Event::parse(body.to_string().as_bytes());
                let Some(event) = event
                    .ok()
                    .filter(|event| event.subject().as_deref() == Some(subscription))
                else {
                    continue;
                };
                // One that cannot be read is quarantined when it arrives by itself.
                let facts = event.facts().unwrap_or_default();
                told.extend(facts.into_iter().map(|fact| (event.id.clone(), fact)));
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        Ok(told)
    }

    /// A page of the events made at `since` or later, newest first. Stripe keeps them
    /// for thirty days.
    ///
    /// # Errors
    /// [`ApiError`] where Stripe did not answer, or not usefully.
    pub async fn events(&self, since: i64, after: Option<&str>) -> Result<Page<Value>, ApiError> {
        let mut list = ListEvent::new()
            .limit(PAGE)
            .created(RangeQueryTs::gte(since));
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let answer = self.0.ask(list.build()).await?;
        let (data, next) = page(&answer.body)?;
        Ok(Page {
            rows: data.to_vec(),
            objects: data.len(),
            next,
            at: answer.at,
        })
    }
}

fn page(body: &Value) -> Result<(&[Value], Option<String>), ApiError> {
    let data = body.get("data").and_then(Value::as_array);
    let data = data.ok_or(ApiError::Unreadable(None))?;
    let more = body.get("has_more").and_then(Value::as_bool) == Some(true);
    let last = data
        .last()
        .and_then(|it| it.get("id"))
        .and_then(Value::as_str);
    let next = last.filter(|_| more).map(str::to_owned);
    Ok((data, next))
}
