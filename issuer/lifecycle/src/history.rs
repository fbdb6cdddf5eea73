//! Joins facts like a lattice: any order, repetition or splitting of the same
//! facts gives the same history.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Charge, Checkout, CheckoutLines, Customer, Dispute, Fact, Invoice, ItemSet, Object, ObjectKey,
    Observed, Refund, Settlement, Subscription, SubscriptionStatus, Timestamp,
};

/// The newest knowledge of every object of one purchase history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    facts: BTreeMap<ObjectKey, Fact>,
}

impl History {
    /// Joins one fact; `true` where it told something new.
    pub fn learn(&mut self, fact: Fact) -> bool {
        match self.facts.entry(fact.key()) {
            Entry::Vacant(place) => {
                place.insert(fact);
                true
            }
            Entry::Occupied(mut known) => {
                let newer = fact.cmp_knowledge(known.get()).is_gt();
                if newer {
                    known.insert(fact);
                }
                newer
            }
        }
    }

    /// All facts, in the order of their keys.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    /// Whether this fact is the newest of its object.
    #[must_use]
    pub fn holds(&self, fact: &Fact) -> bool {
        self.facts.get(&fact.key()) == Some(fact)
    }

    fn object(&self, kind: &str, id: &str) -> Option<&Object> {
        let fact = self.facts.get(&ObjectKey::new(kind, id))?;
        Some(&fact.object)
    }

    pub(crate) fn observed(&self, kind: &str, id: &str) -> Option<Observed> {
        let fact = self.facts.get(&ObjectKey::new(kind, id))?;
        Some(fact.observed)
    }

    fn objects(&self) -> impl Iterator<Item = &Object> {
        self.facts.values().map(|fact| &fact.object)
    }

    /// The subscriptions.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.objects().filter_map(|it| match it {
            Object::Subscription(it) => Some(it),
            _ => None,
        })
    }

    /// The subscription of that identifier.
    #[must_use]
    pub fn subscription(&self, id: &str) -> Option<&Subscription> {
        match self.object("subscription", id)? {
            Object::Subscription(it) => Some(it),
            _ => None,
        }
    }

    /// How the subscription of that identifier stood when it was last seen alive, and
    /// when that was.
    #[must_use]
    pub fn last_alive(&self, subscription: &str) -> Option<(SubscriptionStatus, Timestamp)> {
        let fact = self.facts.get(&ObjectKey::new("course", subscription))?;
        match &fact.object {
            Object::Course(course) => Some((course.status, fact.observed.at)),
            _ => None,
        }
    }

    /// What that subscription sold at which moments, and how each was learnt.
    pub(crate) fn item_sets(
        &self,
        subscription: &str,
    ) -> impl Iterator<Item = (Observed, &ItemSet)> {
        let first = ObjectKey::new("item_set", subscription);
        // The keys of sets begin with their subscription's.
        let sets = self.facts.range(first.clone()..);
        let sets = sets.take_while(move |(key, _)| key.as_str().starts_with(first.as_str()));
        sets.filter_map(move |(_, fact)| match &fact.object {
            Object::ItemSet(set) if set.subscription == subscription => Some((fact.observed, set)),
            _ => None,
        })
    }

    /// Whether a change of that subscription is known whose beginning was never seen: another
    /// change came before it, and no event or answer has shown that one.
    #[must_use]
    pub fn lacks_changes(&self, subscription: &str) -> bool {
        let prices = |items: &[crate::SoldItem]| -> BTreeSet<(String, String)> {
            let items = items.iter();
            items
                .map(|item| (item.id.clone(), item.price.clone()))
                .collect()
        };
        let sets = || self.item_sets(subscription).map(|(_, set)| set);
        let seen: Vec<_> = sets().map(|set| prices(&set.items)).collect();
        let mut begun = sets().filter_map(|set| set.before.as_deref());
        begun.any(|before| !seen.contains(&prices(before)))
    }

    /// Whether that invoice, of no subscription, was made by a checkout: unknown, none,
    /// or which one.
    #[must_use]
    pub fn invoice_origin(&self, invoice: &str) -> Option<Option<&str>> {
        let made_by = self
            .checkouts()
            .find(|checkout| checkout.invoice.as_deref() == Some(invoice));
        if let Some(checkout) = made_by {
            return Some(Some(&checkout.id));
        }
        match self.object("invoice_origin", invoice)? {
            Object::InvoiceOrigin(origin) => Some(origin.checkout.as_deref()),
            _ => None,
        }
    }

    /// The invoice of that identifier.
    #[must_use]
    pub fn invoice(&self, id: &str) -> Option<&Invoice> {
        match self.object("invoice", id)? {
            Object::Invoice(invoice) => Some(invoice),
            _ => None,
        }
    }

    /// The checkouts.
    pub fn checkouts(&self) -> impl Iterator<Item = &Checkout> {
        self.objects().filter_map(|it| match it {
            Object::Checkout(it) => Some(it),
            _ => None,
        })
    }

    /// The checkout of that identifier.
    #[must_use]
    pub fn checkout(&self, id: &str) -> Option<&Checkout> {
        match self.object("checkout", id)? {
            Object::Checkout(it) => Some(it),
            _ => None,
        }
    }

    /// The checkout that started that subscription.
    #[must_use]
    pub fn checkout_of(&self, subscription: &str) -> Option<&Checkout> {
        self.checkouts()
            .find(|it| it.subscription.as_deref() == Some(subscription))
    }

    /// What that checkout sold, where it is known.
    #[must_use]
    pub fn lines_of(&self, checkout: &str) -> Option<&CheckoutLines> {
        match self.object("checkout_lines", checkout)? {
            Object::CheckoutLines(it) => Some(it),
            _ => None,
        }
    }

    /// The invoices of that subscription.
    pub fn invoices_of(&self, subscription: &str) -> impl Iterator<Item = &Invoice> {
        self.invoices()
            .filter(move |it| it.subscription.as_deref() == Some(subscription))
    }

    pub(crate) fn invoices(&self) -> impl Iterator<Item = &Invoice> {
        self.objects().filter_map(|it| match it {
            Object::Invoice(it) => Some(it),
            _ => None,
        })
    }

    /// The charges.
    pub fn charges(&self) -> impl Iterator<Item = &Charge> {
        self.objects().filter_map(|it| match it {
            Object::Charge(it) => Some(it),
            _ => None,
        })
    }

    /// The charge of that identifier.
    #[must_use]
    pub fn charge(&self, id: &str) -> Option<&Charge> {
        match self.object("charge", id)? {
            Object::Charge(it) => Some(it),
            _ => None,
        }
    }

    /// The refunds.
    pub fn refunds(&self) -> impl Iterator<Item = &Refund> {
        self.objects().filter_map(|it| match it {
            Object::Refund(it) => Some(it),
            _ => None,
        })
    }

    /// The disputes.
    pub fn disputes(&self) -> impl Iterator<Item = &Dispute> {
        self.objects().filter_map(|it| match it {
            Object::Dispute(it) => Some(it),
            _ => None,
        })
    }

    /// Which payment went towards which invoice.
    pub fn settlements(&self) -> impl Iterator<Item = &Settlement> {
        self.objects().filter_map(|it| match it {
            Object::Settlement(it) => Some(it),
            _ => None,
        })
    }

    /// The fact without what is personal, where it tells of a customer who was deleted
    /// and still holds such; otherwise nothing.
    #[must_use]
    pub fn forgotten(&self, fact: &Fact) -> Option<Fact> {
        let Object::Checkout(checkout) = &fact.object else {
            return None;
        };
        let deleted = self.customer(checkout.customer.as_ref()?)?.deleted;
        let personal = checkout.email.is_some() || checkout.name.is_some();
        (deleted && personal).then(|| Fact {
            object: Object::Checkout(Checkout {
                email: None,
                name: None,
                ..checkout.clone()
            }),
            ..fact.clone()
        })
    }

    /// The customers whose records were deleted, each with the identifiers of everything
    /// that is theirs. Another customer of the same address is somebody else.
    #[must_use]
    pub fn deleted_customers(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let deleted = self.objects().filter_map(|it| match it {
            Object::Customer(it) if it.deleted => Some(it.id.as_str()),
            _ => None,
        });
        deleted.map(|id| (id, self.reached_from(id))).collect()
    }

    /// Every identifier that hangs together with one, addresses apart.
    fn reached_from(&self, id: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::from([id.to_owned()]);
        loop {
            let known = reached.len();
            for object in self.objects() {
                let mut links = object.links();
                links.retain(|it| !it.starts_with("email:"));
                if !links.is_disjoint(&reached) {
                    reached.append(&mut links);
                }
            }
            if reached.len() == known {
                return reached;
            }
        }
    }

    /// The customer of that identifier.
    #[must_use]
    pub fn customer(&self, id: &str) -> Option<&Customer> {
        match self.object("customer", id)? {
            Object::Customer(it) => Some(it),
            _ => None,
        }
    }
}

impl Extend<Fact> for History {
    fn extend<I: IntoIterator<Item = Fact>>(&mut self, facts: I) {
        for fact in facts {
            self.learn(fact);
        }
    }
}

impl FromIterator<Fact> for History {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut history = Self::default();
        history.extend(facts);
        history
    }
}
