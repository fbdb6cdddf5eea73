//! The billing objects that facts speak of, cut down to what decides a license.
//!
//! All identifiers are the billing system's own, taken as opaque text.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Charge, Checkout, CheckoutLines, CheckoutPayment, Course, Dispute, Invoice, InvoiceOrigin,
    ItemSet, Refund, Settlement, Subscription,
};

/// One billing object as it stood at some moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Object {
    /// Who pays.
    Customer(Customer),
    /// A purchase made through a hosted checkout.
    Checkout(Checkout),
    /// What a checkout sold, line by line. Never changes once known.
    CheckoutLines(CheckoutLines),
    /// A recurring purchase.
    Subscription(Subscription),
    /// How a subscription stood when it was last seen alive.
    Course(Course),
    /// What a subscription sold at some moment.
    ItemSet(ItemSet),
    /// A bill, for a subscription or on its own.
    Invoice(Invoice),
    /// Whether a bill on its own was made by a checkout.
    InvoiceOrigin(InvoiceOrigin),
    /// The knowledge that a payment went towards an invoice.
    Settlement(Settlement),
    /// Money that moved, and how much of it went back.
    Charge(Charge),
    /// One transfer of money back.
    Refund(Refund),
    /// A customer's bank wants a payment back.
    Dispute(Dispute),
}

/// Names one object across all kinds, as `kind:id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectKey(String);

impl ObjectKey {
    pub(crate) fn new(kind: &str, id: &str) -> Self {
        Self(format!("{kind}:{id}"))
    }

    /// The key as text, for storage.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Object {
    /// The name under which snapshots of this object are joined.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        match self {
            Self::Customer(it) => ObjectKey::new("customer", &it.id),
            Self::Checkout(it) => ObjectKey::new("checkout", &it.id),
            Self::CheckoutLines(it) => ObjectKey::new("checkout_lines", &it.checkout),
            Self::Subscription(it) => ObjectKey::new("subscription", &it.id),
            Self::Course(it) => ObjectKey::new("course", &it.subscription),
            Self::ItemSet(it) => ObjectKey::new("item_set", &it.fingerprint()),
            Self::Invoice(it) => ObjectKey::new("invoice", &it.id),
            Self::InvoiceOrigin(it) => ObjectKey::new("invoice_origin", &it.invoice),
            Self::Settlement(it) => {
                ObjectKey::new("settlement", &format!("{}:{}", it.invoice, it.payment))
            }
            Self::Charge(it) => ObjectKey::new("charge", &it.id),
            Self::Refund(it) => ObjectKey::new("refund", &it.id),
            Self::Dispute(it) => ObjectKey::new("dispute", &it.id),
        }
    }

    /// Every identifier this object carries, and who bought: facts that share one
    /// belong to the same purchase history.
    #[must_use]
    pub fn links(&self) -> BTreeSet<String> {
        fn some<'a>(ids: impl IntoIterator<Item = Option<&'a String>>) -> BTreeSet<String> {
            ids.into_iter().flatten().cloned().collect()
        }
        let mut links = match self {
            Self::Customer(it) => some([Some(&it.id)]),
            Self::Checkout(it) => some([
                Some(&it.id),
                it.customer.as_ref(),
                it.subscription.as_ref(),
                it.payment.as_ref(),
                it.invoice.as_ref(),
            ]),
            Self::CheckoutLines(it) => some([Some(&it.checkout)]),
            Self::Subscription(it) => some([Some(&it.id), it.customer.as_ref()]),
            Self::Course(it) => some([Some(&it.subscription)]),
            Self::ItemSet(it) => some([Some(&it.subscription)]),
            Self::InvoiceOrigin(it) => some([Some(&it.invoice), it.checkout.as_ref()]),
            Self::Invoice(it) => {
                some([Some(&it.id), it.customer.as_ref(), it.subscription.as_ref()])
            }
            Self::Settlement(it) => some([Some(&it.invoice), Some(&it.payment)]),
            Self::Charge(it) => some([
                Some(&it.id),
                it.customer.as_ref(),
                it.payment.as_ref(),
                it.invoice.as_ref(),
            ]),
            Self::Refund(it) => some([Some(&it.id), it.charge.as_ref(), it.payment.as_ref()]),
            Self::Dispute(it) => some([Some(&it.id), it.charge.as_ref(), it.payment.as_ref()]),
        };
        links.extend(self.email().map(|key| format!("email:{key}")));
        links
    }

    /// The identifiers that this object shares with what belongs to the same purchase, and
    /// not with everything else that its customer bought.
    #[must_use]
    pub fn own_links(&self) -> BTreeSet<String> {
        let customer = match self {
            Self::Checkout(checkout) => checkout.customer.as_ref(),
            Self::Subscription(subscription) => subscription.customer.as_ref(),
            Self::Invoice(invoice) => invoice.customer.as_ref(),
            Self::Charge(charge) => charge.customer.as_ref(),
            _ => None,
        };
        let mut links = self.links();
        links.retain(|link| !link.starts_with("email:") && Some(link) != customer);
        links
    }

    /// The buyer's address, in the form that makes two of them the same one. A
    /// checkout that sold nothing does not make its visitor a buyer.
    fn email(&self) -> Option<String> {
        match self {
            Self::Customer(it) => email_key(it.email.as_deref()?),
            Self::Checkout(it) if it.payment_status != CheckoutPayment::Open => {
                email_key(it.email.as_deref()?)
            }
            _ => None,
        }
    }
}

/// What makes two e-mail addresses the same one: trimmed, in lower case.
#[must_use]
pub fn email_key(email: &str) -> Option<String> {
    let key = email.trim().to_lowercase();
    (!key.is_empty()).then_some(key)
}

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Customer {
    /// The billing system's identifier.
    pub id: String,
    /// Where to reach them.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// The record was deleted, and with it the personal data. Final.
    pub deleted: bool,
}

impl Customer {
    /// The customer once the record is deleted.
    #[must_use]
    pub fn forgotten(self) -> Self {
        Self {
            id: self.id,
            email: None,
            name: None,
            deleted: true,
        }
    }
}
