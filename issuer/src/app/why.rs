//! Why a license is what it is: the facts behind it, and the events that told them.

use paidup_lifecycle::{
    Condition, Flag, History, Object, Order, Source, SubscriptionStatus, Timestamp,
};

use super::App;
use crate::store::StoreError;
use crate::store::facts::{self, Sourced};
use crate::store::licenses::{self, LicenseRow};

/// Why a license is what it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Why {
    /// The license.
    pub license: String,
    /// What it follows now.
    pub item: String,
    /// What it followed before.
    pub followed: Vec<String>,
    /// What holds.
    pub condition: Condition,
    /// What an administrator ordered.
    pub order: Option<Order>,
    /// What the vendor should know although it changes nothing.
    pub flags: Vec<Flag>,
    /// The facts that the state is made of, oldest first.
    pub facts: Vec<Known>,
    /// When time alone will change it, and to what.
    pub next: Option<(Timestamp, Condition)>,
}

/// A fact behind a license.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Known {
    /// The object.
    pub object: Object,
    /// By Stripe's clock.
    pub at: Timestamp,
    /// The event that told it, or because of which Stripe was asked; absent where it
    /// was asked for no event's sake.
    pub event: Option<String>,
    /// Stripe was asked.
    pub asked: bool,
}

impl App {
    /// Why a license is what it is; nothing where there is no such license.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn why(&self, id: &str) -> Result<Option<Why>, StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(license) = licenses::find(&mut db, id).await? else {
            return Ok(None);
        };
        let origin = license
            .item
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let history = facts::linked(&mut db, [origin.clone()]).await?;
        let mut facts = facts::sources(&mut db, &history).await?;
        facts.retain(|it| concerns(&history, &it.fact.object, &origin));
        facts.sort_by_key(|it| it.fact.observed);
        let followed = licenses::items(&mut db, id).await?;
        Ok(Some(self.explain(license, followed, facts)))
    }

    fn explain(&self, license: LicenseRow, followed: Vec<String>, facts: Vec<Sourced>) -> Why {
        let now = self.0.clock.now();
        let known = |it: Sourced| Known {
            at: it.fact.observed.at,
            asked: it.fact.observed.source == Source::Fetch,
            event: it.event_id,
            object: it.fact.object,
        };
        Why {
            condition: license.condition(now),
            next: license
                .next_change(now)
                .map(|moment| (moment, license.condition(moment))),
            order: license.order,
            flags: license.state.flags.iter().copied().collect(),
            followed: followed
                .into_iter()
                .filter(|it| *it != license.item)
                .collect(),
            facts: facts.into_iter().map(known).collect(),
            item: license.item,
            license: license.id,
        }
    }
}

/// Whether an object says anything of what was bought there: not what the same buyer
/// bought elsewhere.
fn concerns(history: &History, object: &Object, origin: &str) -> bool {
    let subscription = history.subscription(origin);
    let checkouts = || {
        history
            .checkouts()
            .filter(|it| it.id == origin || it.subscription.as_deref() == Some(origin))
    };
    let invoices = || {
        let of_checkout = checkouts().filter_map(|it| it.invoice.as_deref());
        let of_subscription = history.invoices_of(origin).map(|it| it.id.as_str());
        of_checkout.chain(of_subscription)
    };
    let payment = |id: &str| {
        checkouts().any(|it| it.payment.as_deref() == Some(id))
            || history
                .settlements()
                .any(|it| it.payment == id && invoices().any(|invoice| invoice == it.invoice))
    };
    let charge = |id: &str| {
        let found = history.charge(id);
        let by_payment = found
            .and_then(|it| it.payment.as_deref())
            .is_some_and(payment);
        let invoice = found.and_then(|it| it.invoice.as_deref());
        by_payment || payment(id) || invoice.is_some_and(|id| invoices().any(|it| it == id))
    };
    let either = |by_charge: &Option<String>, by_payment: &Option<String>| {
        by_charge.as_deref().is_some_and(charge) || by_payment.as_deref().is_some_and(payment)
    };
    match object {
        Object::Subscription(it) => it.id == origin,
        // It matters where the subscription itself does not tell.
        Object::Course(it) => {
            let stopped = it.status != SubscriptionStatus::Active;
            it.subscription == origin
                && stopped
                && subscription.is_some_and(|it| it.status.is_final())
        }
        Object::Checkout(it) => checkouts().any(|known| known.id == it.id),
        Object::CheckoutLines(it) => it.checkout == origin,
        Object::Customer(it) => {
            let customer = subscription.and_then(|it| it.customer.as_deref());
            it.deleted && customer == Some(&it.id)
        }
        Object::Invoice(it) => invoices().any(|id| id == it.id),
        Object::Charge(it) => charge(&it.id),
        Object::Refund(it) => either(&it.charge, &it.payment),
        Object::Dispute(it) => either(&it.charge, &it.payment),
        // It ties the others together, and says nothing by itself.
        _ => false,
    }
}
