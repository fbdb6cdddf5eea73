//! Finds licenses by what a vendor has at hand: an identifier of ours or of Stripe's, a
//! license key, an e-mail address.

use std::collections::{BTreeMap, BTreeSet};

use paidup::{LicenseKey, LicenseKeyError};
use paidup_lifecycle::{History, Item, Object, email_key};

use super::App;
use crate::store::customers::{self, CustomerRow};
use crate::store::licenses::{self, LicenseRow};
use crate::store::{StoreError, events, facts};

/// A license that was found, and whose it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Match {
    /// The license.
    pub license: LicenseRow,
    /// Who pays.
    pub customer: Option<CustomerRow>,
}

/// Why no license was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// No license has this identifier.
    #[error("there is no license {0}; see `paidup licenses list`")]
    License(String),
    /// No license has this key.
    #[error("no license has this key; it may have been reissued: see `paidup licenses list`")]
    Key,
    /// Not a form of identifier that is known here.
    #[error(
        "give a license (lic_…), a license key, an e-mail address, a subscription (sub_…), a \
         customer (cus_…) or a checkout (cs_…); `paidup licenses list` shows all licenses"
    )]
    Form(#[source] LicenseKeyError),
    /// Nothing has arrived about it.
    #[error(
        "nothing is known of {0} here; `paidup stripe reconcile` asks Stripe for what is missing"
    )]
    Unknown(String),
    /// What was bought is mapped to no policy.
    #[error(
        "{of} has no license: the price {price} is not mapped to a policy; map it in paidup.toml, \
         under [[stripe.mappings]]"
    )]
    Unmapped {
        /// What was asked for.
        of: String,
        /// The price.
        price: String,
    },
    /// What was bought is archived.
    #[error(
        "{of} has no license: the price {price} sells the policy {policy}, which is archived; map \
         the price to another policy, or remove `archived`"
    )]
    Archived {
        /// What was asked for.
        of: String,
        /// The price.
        price: String,
        /// The policy.
        policy: String,
    },
    /// An event about it could not be applied.
    #[error(
        "{of} has no license yet: the event {event} is not applied: {reason}; `paidup events show \
         {event}` shows it"
    )]
    Waiting {
        /// What was asked for.
        of: String,
        /// `evt_…`
        event: String,
        /// Why it is not applied.
        reason: String,
    },
    /// It is known, and nothing is paid for.
    #[error(
        "{0} has no license: nothing is paid for yet; `paidup events list` shows what has arrived"
    )]
    Unpaid(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody asks for.
enum Sought<'a> {
    License(&'a str),
    Customer(&'a str),
    /// A subscription or a checkout.
    Origin(&'a str),
    Email(String),
    Key,
}

impl<'a> Sought<'a> {
    fn of(text: &'a str) -> Self {
        let is = |prefix: &str| text.starts_with(prefix);
        match email_key(text) {
            Some(email) if text.contains('@') => Self::Email(email),
            _ if is("lic_") => Self::License(text),
            _ if is("cus_") => Self::Customer(text),
            _ if is("sub_") || is("cs_") => Self::Origin(text),
            _ => Self::Key,
        }
    }
}

impl App {
    /// Every license that a text speaks of, oldest first; at least one.
    ///
    /// # Errors
    /// [`LookupError`].
    pub async fn look_up(&self, text: &str) -> Result<Vec<Match>, LookupError> {
        let text = text.trim();
        let sought = Sought::of(text);
        let mut db = self.0.store.read().await?;
        let (stored, link) = match &sought {
            Sought::License(id) => {
                let found = licenses::find(&mut db, id).await?;
                let license = found.ok_or_else(|| LookupError::License((*id).to_owned()))?;
                return Ok(vec![Match::of(&mut db, license).await?]);
            }
            Sought::Key => {
                let key = LicenseKey::parse(text).map_err(LookupError::Form)?;
                let hash = self.0.vault.hash(key.canonical());
                let found = licenses::find_by_key(&mut db, &hash).await?;
                let license = found.ok_or(LookupError::Key)?;
                return Ok(vec![Match::of(&mut db, license).await?]);
            }
            Sought::Customer(id) => (licenses::of_customer(&mut db, id).await?, text.to_owned()),
            Sought::Origin(id) => (licenses::of_origin(&mut db, id).await?, text.to_owned()),
            Sought::Email(email) => {
                let stored = licenses::of_email(&mut db, email).await?;
                (stored, format!("email:{email}"))
            }
        };
        let by_id = |license: LicenseRow| (license.id.clone(), license);
        let mut found: BTreeMap<String, LicenseRow> = stored.into_iter().map(by_id).collect();
        // A license that was carried on has moved to another purchase.
        let history = facts::linked(&mut db, [link]).await?;
        let catalog = self.catalog();
        let mut bought = history.bought(catalog.mapping());
        bought
            .purchases
            .retain(|purchase| sought.covers(&history, &purchase.key.item));
        for purchase in &bought.purchases {
            let item = purchase.key.to_string();
            found.extend(licenses::find_by_item(&mut db, &item).await?.map(by_id));
        }
        let mut matches = Vec::new();
        for license in found.into_values() {
            matches.push(Match::of(&mut db, license).await?);
        }
        matches.sort_by(|a, b| {
            let key = |found: &Match| (found.license.created_at, found.license.id.clone());
            key(a).cmp(&key(b))
        });
        if !matches.is_empty() {
            return Ok(matches);
        }
        let of = text.to_owned();
        let mut unmapped = bought.unmapped.into_iter();
        if let Some(unmapped) = unmapped.find(|unmapped| sought.covers(&history, &unmapped.item)) {
            let price = unmapped.price;
            return Err(match unmapped.archived {
                Some(policy) => LookupError::Archived { of, price, policy },
                None => LookupError::Unmapped { of, price },
            });
        }
        let mut waiting = None;
        for id in sought.objects(text, &history) {
            waiting = waiting.or(events::waiting_about(&mut db, &id).await?);
        }
        Err(match waiting {
            Some(event) => LookupError::Waiting {
                of,
                event: event.arrival.id,
                reason: event
                    .reason
                    .unwrap_or_else(|| "it is being applied".to_owned()),
            },
            None if history.facts().next().is_none() => LookupError::Unknown(of),
            None => LookupError::Unpaid(of),
        })
    }
}

impl Match {
    async fn of(db: &mut sqlx::AnyConnection, license: LicenseRow) -> Result<Self, StoreError> {
        let customer = customers::find(db, &license.customer_id).await?;
        Ok(Self { license, customer })
    }
}

impl Sought<'_> {
    /// The objects of Stripe's whose events may speak of what is meant.
    fn objects(&self, text: &str, history: &History) -> BTreeSet<String> {
        let mut objects = BTreeSet::from([text.to_owned()]);
        let Self::Email(email) = self else {
            return objects;
        };
        let is_theirs = |address: &Option<String>| {
            address.as_deref().and_then(email_key).as_ref() == Some(email)
        };
        for fact in history.facts() {
            match &fact.object {
                Object::Customer(customer) if is_theirs(&customer.email) => {
                    objects.insert(customer.id.clone());
                }
                Object::Checkout(checkout) if is_theirs(&checkout.email) => {
                    objects.insert(checkout.id.clone());
                    objects.extend(checkout.customer.clone());
                }
                _ => {}
            }
        }
        objects
    }

    /// Whether a purchase is meant: the history also reaches what others bought who
    /// share an address.
    fn covers(&self, history: &History, item: &Item) -> bool {
        let origin = item.origin_id();
        let checkout = match item.subscription() {
            Some(subscription) => history.checkout_of(subscription),
            None => history.checkout(origin),
        };
        let subscription = item.subscription().and_then(|id| history.subscription(id));
        let customer = subscription
            .and_then(|subscription| subscription.customer.as_deref())
            .or_else(|| checkout?.customer.as_deref())
            .or_else(|| history.invoice(origin)?.customer.as_deref());
        match self {
            Self::Origin(id) => {
                origin == *id || checkout.is_some_and(|checkout| checkout.id == *id)
            }
            Self::Customer(id) => customer == Some(*id),
            Self::Email(email) => {
                let record = customer.and_then(|id| history.customer(id));
                let known = record.and_then(|record| record.email.as_deref());
                let typed = checkout.and_then(|checkout| checkout.email.as_deref());
                let same = |address: &str| email_key(address).as_ref() == Some(email);
                [known, typed].into_iter().flatten().any(same)
            }
            Self::License(_) | Self::Key => false,
        }
    }
}
