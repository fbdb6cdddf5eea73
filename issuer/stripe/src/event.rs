//! The envelope of a webhook: which event it is, and the object it carries.

use chrono::DateTime;
use paidup_lifecycle::{Fact, Lack, Object, Timestamp};
use serde_json::{Value, json};

use crate::facts::set_before;
use crate::probe::{Probe, without_nul};
use crate::{FactError, facts_of};

/// The types of events that licenses follow: what our webhook endpoint asks for.
pub const EVENT_TYPES: &[&str] = &[
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
    "invoice_payment.paid",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// One event of Stripe's.
#[derive(Debug, Clone)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// `customer.subscription.deleted` and the like.
    pub kind: String,
    /// When Stripe made it, in Unix seconds by Stripe's clock.
    pub created: i64,
    /// Whether it speaks of real money.
    pub livemode: bool,
    /// The connected account it happened on, where it is not the endpoint's own.
    pub account: Option<String>,
    object: Value,
    /// What the event says of its object before.
    previous: Option<Value>,
    hint: Option<Lack>,
}

/// Why a body is not an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// It is not JSON.
    #[error("the body is not JSON")]
    Json(#[from] serde_json::Error),
    /// A member of the envelope is missing or of the wrong type.
    #[error("the event has no usable `{0}`")]
    Member(&'static str),
}

impl Event {
    /// Reads the envelope of a webhook body or of `GET /v1/events`.
    ///
    /// ```
    /// let body = br#"{"id": "evt_1", "object": "event", "type": "ping", "created": 7,
    ///                 "livemode": false, "data": {"object": {"object": "ping"}}}"#;
    /// let event = paidup_stripe::Event::parse(body)?;
    /// assert_eq!((event.id.as_str(), event.created), ("evt_1", 7));
    /// assert!(event.facts().unwrap().is_empty());
    /// # Ok::<_, paidup_stripe::EventError>(())
    /// ```
    ///
    /// # Errors
    /// [`EventError`]: which part is not usable.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let mut value: Value = serde_json::from_slice(body)?;
        let envelope = Probe::new(&value);
        match envelope.str("object") {
            Some("event") => {}
            Some("v2.core.event") => return Self::thin(envelope),
            _ => return Err(EventError::Member("object")),
        }
        let id = envelope.id().map_err(|_| EventError::Member("id"))?;
        let kind = envelope.text("type").ok_or(EventError::Member("type"))?;
        let created = envelope
            .integer("created")
            .ok_or(EventError::Member("created"))?;
        let account = envelope
            .reference("account")
            .map_err(|_| EventError::Member("account"))?;
        let livemode = match envelope.member("livemode") {
            Some(_) => envelope.flag("livemode"),
            None => return Err(EventError::Member("livemode")),
        };
        let mut data = value.get_mut("data").map(Value::take).unwrap_or_default();
        let previous = data.get_mut("previous_attributes").map(Value::take);
        let object = data
            .get_mut("object")
            .map(Value::take)
            .ok_or(EventError::Member("data.object"))?;
        Ok(Self {
            id,
            kind,
            created,
            livemode,
            account,
            object,
            previous: previous.filter(Value::is_object),
            hint: None,
        })
    }

    /// A thin event names an object and does not carry it
    /// (<https://docs.stripe.com/event-destinations>).
    fn thin(envelope: Probe<'_>) -> Result<Self, EventError> {
        let created = envelope
            .str("created")
            .and_then(|it| DateTime::parse_from_rfc3339(it).ok());
        let related = envelope
            .member("related_object")
            .ok_or(EventError::Member("related_object"))?;
        let id = related
            .id()
            .map_err(|_| EventError::Member("related_object.id"))?;
        let kind = envelope.str("type").ok_or(EventError::Member("type"))?;
        let context = envelope.reference("context");
        Ok(Self {
            id: envelope.id().map_err(|_| EventError::Member("id"))?,
            kind: without_nul(kind.trim_start_matches("v1.")),
            created: created.ok_or(EventError::Member("created"))?.timestamp(),
            livemode: match envelope.member("livemode") {
                Some(_) => envelope.flag("livemode"),
                None => return Err(EventError::Member("livemode")),
            },
            account: context
                .map_err(|_| EventError::Member("context"))?
                .filter(|it| it.starts_with("acct_")),
            hint: question(related.str("url").unwrap_or_default(), &id),
            object: json!({ "id": id }),
            previous: None,
        })
    }

    /// What should be asked because of it, where it carries nothing itself.
    #[must_use]
    pub fn hint(&self) -> Option<&Lack> {
        self.hint.as_ref()
    }

    /// What it tells; nothing where it carries no object that we follow.
    ///
    /// # Errors
    /// [`FactError`] where such an object lacks what its fact needs.
    pub fn facts(&self) -> Result<Vec<Fact>, FactError> {
        let at = Timestamp(self.created);
        let mut objects = facts_of(&self.object)?;
        if let Some(previous) = &self.previous {
            objects.extend(set_before(&self.object, previous)?.map(Object::ItemSet));
        }
        let deleted = self.kind == "customer.deleted";
        Ok(objects
            .into_iter()
            .map(|object| match object {
                // The event carries the customer as it was before.
                Object::Customer(it) if deleted => Object::Customer(it.forgotten()),
                object => object,
            })
            .map(|object| Fact::event(at, object))
            .collect())
    }

    /// Whose events should be looked at together: the customer's that the object names,
    /// or else the object's own.
    #[must_use]
    pub fn lane(&self) -> String {
        let object = Probe::new(&self.object);
        let customer = object.member("customer");
        let expanded = customer.and_then(|it| it.str("id"));
        let lane = expanded
            .or_else(|| object.str("customer"))
            .or_else(|| object.str("id"))
            .unwrap_or(&self.id);
        without_nul(lane)
    }

    /// The identifier of the object it carries, for display.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        Probe::new(&self.object).text("id")
    }
}

/// The question that an object answers: what is at this path of the API. The others
/// are found by a sweep, whose events carry them.
fn question(url: &str, id: &str) -> Option<Lack> {
    let question = match url.trim_start_matches("/v1/").trim_end_matches(id) {
        "subscriptions/" => Lack::Subscription,
        "invoices/" => Lack::Invoice,
        "charges/" => Lack::Charge,
        "customers/" => Lack::Customer,
        "checkout/sessions/" => Lack::CheckoutLines,
        _ => return None,
    };
    Some(question(id.to_owned()))
}
