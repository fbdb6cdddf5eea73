//! All that the fake Stripe knows, in memory: its objects, the log of its
//! events and the queue of their deliveries. No I/O.

mod catalog;
mod charge;
mod checkout;
mod customer;
mod dispute;
mod endpoint;
mod invoice;
mod invoice_item;
mod invoice_payment;
mod method;
mod offer;
mod payment;
mod refund;
mod subscription;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub use self::catalog::{Charging, Interval};
pub(crate) use self::catalog::{Price, Product, Recurring};
pub(crate) use self::charge::{Charge, ChargeStatus};
pub(crate) use self::checkout::{PaymentState, Session, SessionLine, SessionStatus};
pub(crate) use self::customer::Customer;
pub(crate) use self::dispute::Dispute;
pub use self::dispute::DisputeStatus;
pub(crate) use self::endpoint::{Endpoint, MAX_ENDPOINTS};
pub(crate) use self::invoice::{BillingReason, Invoice, InvoiceLine, InvoiceStatus};
pub(crate) use self::invoice_item::InvoiceItem;
pub(crate) use self::invoice_payment::InvoicePayment;
pub(crate) use self::method::{Fate, Method, PaymentMethod};
pub use self::offer::Checkout;
pub(crate) use self::offer::Mode;
pub(crate) use self::payment::{PaymentIntent, PaymentStatus};
pub(crate) use self::refund::Refund;
pub(crate) use self::subscription::{
    CancellationReason, Item, Pause, PauseReason, Period, Subscription,
};
pub use self::subscription::{PausedCollection, SubscriptionStatus};
pub(crate) use self::table::{Resource, Table};
use crate::billing::AfterDunning;
use crate::clock::Time;
use crate::delivery::Post;
use crate::event::{Cause, Event};
use crate::fault::Faults;
use crate::http::Replays;
use crate::id::Ids;
use crate::key::RestrictedKeys;
use crate::odds::Chance;
use crate::refusal::Refusal;
use crate::version::API_VERSION;

pub(crate) type Metadata = BTreeMap<String, String>;

pub(crate) struct World {
    pub(crate) account: String,
    pub(crate) livemode: bool,
    pub(crate) base_url: String,
    /// The account's default.
    pub(crate) api_version: String,
    pub(crate) after_dunning: AfterDunning,
    pub(crate) time: Time,
    pub(crate) ids: Ids,

    pub(crate) products: Table<Product>,
    pub(crate) prices: Table<Price>,
    pub(crate) customers: Table<Customer>,
    pub(crate) sessions: Table<Session>,
    pub(crate) subscriptions: Table<Subscription>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) invoice_payments: Table<InvoicePayment>,
    pub(crate) invoice_items: Table<InvoiceItem>,
    pub(crate) payment_methods: Table<PaymentMethod>,
    pub(crate) payment_intents: Table<PaymentIntent>,
    pub(crate) charges: Table<Charge>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) disputes: Table<Dispute>,
    pub(crate) endpoints: Table<Endpoint>,
    pub(crate) events: Table<Event>,

    pub(crate) post: Post,
    pub(crate) cause: Cause,
    pub(crate) faults: Faults,
    /// Objects that the API does not know for now.
    pub(crate) hidden: BTreeSet<String>,
    pub(crate) restricted_keys: RestrictedKeys,
    pub(crate) replays: Replays,
}

/// A resource that the world keeps in a table.
pub(crate) trait Stored: Resource + Sized {
    fn table(world: &World) -> &Table<Self>;
    fn table_mut(world: &mut World) -> &mut Table<Self>;
}

macro_rules! stored {
    ($($resource:ty => $table:ident,)*) => {$(
        impl Stored for $resource {
            fn table(world: &World) -> &Table<Self> {
                &world.$table
            }

            fn table_mut(world: &mut World) -> &mut Table<Self> {
                &mut world.$table
            }
        }
    )*};
}

stored! {
    Product => products,
    Price => prices,
    Customer => customers,
    Session => sessions,
    Subscription => subscriptions,
    Invoice => invoices,
    InvoicePayment => invoice_payments,
    InvoiceItem => invoice_items,
    PaymentMethod => payment_methods,
    PaymentIntent => payment_intents,
    Charge => charges,
    Refund => refunds,
    Dispute => disputes,
    Endpoint => endpoints,
    Event => events,
}

impl World {
    pub(crate) fn new(
        account: String,
        livemode: bool,
        time: Time,
        ids: Ids,
        seed: Option<u64>,
    ) -> Self {
        Self {
            account,
            livemode,
            base_url: String::new(),
            api_version: API_VERSION.to_owned(),
            after_dunning: AfterDunning::default(),
            time,
            ids,
            products: Table::default(),
            prices: Table::default(),
            customers: Table::default(),
            sessions: Table::default(),
            subscriptions: Table::default(),
            invoices: Table::default(),
            invoice_payments: Table::default(),
            invoice_items: Table::default(),
            payment_methods: Table::default(),
            payment_intents: Table::default(),
            charges: Table::default(),
            refunds: Table::default(),
            disputes: Table::default(),
            endpoints: Table::default(),
            events: Table::default(),
            post: Post::new(Chance::new(seed)),
            cause: Cause::default(),
            faults: Faults::new(Chance::new(seed)),
            hidden: BTreeSet::new(),
            restricted_keys: RestrictedKeys::new(),
            replays: Replays::default(),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.time.now()
    }

    /// The object as JSON.
    pub(crate) fn show<T: Stored>(&self, id: &str) -> Result<Value, Refusal> {
        Ok(T::table(self).get(id)?.render(self))
    }

    /// The object as JSON, whatever its kind.
    pub(crate) fn find(&self, id: &str) -> Option<Value> {
        self.show::<Customer>(id)
            .or_else(|_| self.show::<Subscription>(id))
            .or_else(|_| self.show::<Invoice>(id))
            .or_else(|_| self.show::<PaymentIntent>(id))
            .or_else(|_| self.show::<PaymentMethod>(id))
            .or_else(|_| self.show::<Charge>(id))
            .or_else(|_| self.show::<Price>(id))
            .or_else(|_| self.show::<Product>(id))
            .or_else(|_| self.show::<Refund>(id))
            .or_else(|_| self.show::<Session>(id))
            .ok()
    }

    /// Refuses an id that is taken, makes one up where none is given.
    pub(crate) fn fresh<T: Stored>(
        &mut self,
        id: Option<String>,
        prefix: &str,
    ) -> Result<String, Refusal> {
        match id {
            Some(id) if T::table(self).contains(&id) => Err(Refusal::Taken { id }),
            Some(id) => Ok(id),
            None => Ok(self.ids.next(prefix)),
        }
    }

    /// What a customer's invoice numbers begin with.
    pub(crate) fn invoice_prefix(&self, customer: &str) -> String {
        let letters = customer
            .bytes()
            .rev()
            .filter(u8::is_ascii_alphanumeric)
            .take(8);
        letters
            .map(|it| char::from(it.to_ascii_uppercase()))
            .collect()
    }
}

/// How many elements a list has that stands inside an object; the rest is at its URL.
const EMBEDDED: usize = 10;

/// A list as it stands inside an object.
pub(crate) fn list(url: &str, mut data: Vec<Value>) -> Value {
    let has_more = data.len() > EMBEDDED;
    data.truncate(EMBEDDED);
    json!({ "object": "list", "data": Value::Array(data), "has_more": has_more, "url": url })
}

/// Adds a field that not every object of the kind has.
pub(crate) fn add_field(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(field.to_owned(), value.into());
    }
}
