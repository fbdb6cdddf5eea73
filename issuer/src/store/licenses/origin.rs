//! Where a license was bought, and what the vendor gave to Stripe with the purchase.

use std::collections::BTreeMap;

use paidup_lifecycle::{Checkout, History, Item, ItemOrigin};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::store::{StoreError, json};

/// The vendor's own values, as they were given to Stripe.
pub type Metadata = BTreeMap<String, String>;

/// Where a license was bought, and what the vendor gave to Stripe with the purchase.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PurchaseOrigin {
    /// `cs_…`: the Checkout session, where there was one.
    pub session: Option<String>,
    /// The session's `client_reference_id`.
    pub client_reference_id: Option<String>,
    /// The session's `metadata`.
    pub session_metadata: Metadata,
    /// The subscription's `metadata`.
    pub subscription_metadata: Metadata,
}

impl PurchaseOrigin {
    /// What a history tells of the origin of an item.
    #[must_use]
    pub fn of(history: &History, item: &Item) -> Self {
        let checkout = match &item.origin {
            ItemOrigin::Subscription(id) => history.checkout_of(id),
            ItemOrigin::Checkout(id) => history.checkout(id),
            ItemOrigin::Invoice(_) => None,
        };
        let subscription = item.subscription().and_then(|id| history.subscription(id));
        let of_checkout = |checkout: &Checkout| Self {
            session: Some(checkout.id.clone()),
            client_reference_id: checkout.reference.clone(),
            session_metadata: checkout.metadata.clone(),
            subscription_metadata: Metadata::new(),
        };
        Self {
            subscription_metadata: subscription
                .map(|subscription| subscription.metadata.clone())
                .unwrap_or_default(),
            ..checkout.map(of_checkout).unwrap_or_default()
        }
    }

    /// The origin of what a license follows now; where it came by no session, the session
    /// before goes on being the one that is known.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        if self.session.is_some() {
            return self;
        }
        Self {
            subscription_metadata: self.subscription_metadata,
            ..before.clone()
        }
    }

    pub(super) fn read(row: &AnyRow, license_id: &str) -> Result<Self, StoreError> {
        let metadata = |column: &'static str| -> Result<Metadata, StoreError> {
            let text: String = row.try_get(column)?;
            json(&text, "licenses", column, license_id)
        };
        Ok(Self {
            session: row.try_get("session")?,
            client_reference_id: row.try_get("client_reference_id")?,
            session_metadata: metadata("session_metadata")?,
            subscription_metadata: metadata("subscription_metadata")?,
        })
    }
}
