//! What was bought: which items and lines a license follows, under which terms, and from
//! when to when.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::timeline::{Moment, Segment, Timeline};
use crate::{
    CheckoutMode, CheckoutPayment, Extension, History, Invoice, InvoiceStatus, Item, Mapping,
    Pricing, Sale, Since, Subscription, SubscriptionStatus, Terms, Timestamp,
};

/// What one license follows: an item, as long as it is of one of the vendor's products.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PurchaseKey {
    /// The item.
    pub item: Item,
    /// The vendor's product.
    pub product: String,
    /// Counts from one: an item can leave a product and return to it.
    pub turn: u32,
}

impl fmt::Display for PurchaseKey {
    /// `subscription/item/product`, and `/2` where it is the second turn.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.item, self.product)?;
        match self.turn {
            1 => Ok(()),
            turn => write!(f, "/{turn}"),
        }
    }
}

/// Something that was bought, and that a license follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase<'a> {
    /// What a license follows.
    pub key: PurchaseKey,
    /// The terms that it was bought on, or was changed to.
    pub terms: &'a Terms,
    /// The price that it has, or had last.
    pub price: &'a str,
    /// How many; seats.
    pub quantity: u64,
    /// The paying customer; absent for guests.
    pub customer: Option<&'a str>,
    /// When it was bought.
    pub started_at: Option<Timestamp>,
    /// When its item was removed or moved to another product, which ends it while the
    /// subscription goes on.
    pub ended: Option<End>,
    /// Its price is mapped to nothing, and it keeps the terms that it had.
    pub unmapped: bool,
    /// The items that this one has replaced.
    pub replaces: Vec<String>,
    /// It joined a subscription that had begun before.
    pub joined: bool,
    /// When the item, or one that it has replaced, was of the same product before: from when
    /// to when.
    pub earlier: Vec<(Option<Timestamp>, Timestamp)>,
}

impl Purchase<'_> {
    /// Purchases follow each other by when they began; one that was replaced within the
    /// same second precedes what has replaced it.
    fn order(&self) -> (Option<Timestamp>, Timestamp, PurchaseKey) {
        let ended = self.ended.map_or(Timestamp(i64::MAX), |end| end.at);
        (self.started_at, ended, self.key.clone())
    }
}

/// When an item was removed or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The moment.
    pub at: Timestamp,
    /// Only a later look showed it: it may have been earlier.
    pub inferred: bool,
    /// How the subscription stood then, where that is known.
    pub status: Option<SubscriptionStatus>,
}

/// An item that adds to the license of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extending<'a> {
    /// What it adds.
    pub extension: &'a Extension,
    /// The item, as if it were bought by itself.
    pub purchase: Purchase<'a>,
}

/// Something that was bought at a price that is mapped to nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// The item.
    pub item: Item,
    /// The price.
    pub price: String,
    /// The policy that the price extends, where the subscription has no license of it.
    pub extends: Option<String>,
    /// The policy that the price sold until it was archived.
    pub archived: Option<String>,
}

/// Everything that was bought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bought<'a> {
    /// What licenses follow, in the order in which it was bought.
    pub purchases: Vec<Purchase<'a>>,
    /// What adds to other licenses.
    pub extending: Vec<Extending<'a>>,
    /// What is mapped to nothing, and never was.
    pub unmapped: Vec<Unmapped>,
}

impl History {
    /// Everything that was bought, under that mapping.
    #[must_use]
    pub fn bought<'a>(&'a self, mapping: &'a Mapping) -> Bought<'a> {
        let mut bought = Bought::default();
        for subscription in self.subscriptions() {
            self.recurring(subscription, mapping, &mut bought);
        }
        self.single(mapping, &mut bought);
        bought.purchases.sort_by_cached_key(Purchase::order);
        bought
    }

    fn recurring<'a>(
        &'a self,
        subscription: &'a Subscription,
        mapping: &'a Mapping,
        bought: &mut Bought<'a>,
    ) {
        let timeline = Timeline::of(self, subscription);
        let mut found = Vec::new();
        for (id, segments) in &timeline.items {
            let tenures = Tenures {
                history: self,
                subscription,
                mapping,
                item: Item::of_subscription(&subscription.id, id),
                joined: timeline.joined_later(id),
            };
            found.extend(tenures.read(segments, &mut bought.unmapped));
        }
        for (sale, purchase) in inherit(found) {
            match sale {
                Sale::License(_) => bought.purchases.push(purchase),
                Sale::Extension(extension) => bought.extending.push(Extending {
                    extension,
                    purchase,
                }),
            }
        }
    }

    fn single<'a>(&'a self, mapping: &'a Mapping, bought: &mut Bought<'a>) {
        let mut add =
            |item: Item, price: &'a str, product: Option<&str>, quantity, of: Buyer<'a>| {
                match mapping.sale(price, product, Pricing::Licensed, of.at) {
                    Some(Sale::License(terms)) => bought.purchases.push(Purchase {
                        key: PurchaseKey {
                            item,
                            product: terms.product.clone(),
                            turn: 1,
                        },
                        terms,
                        price,
                        quantity,
                        customer: of.customer,
                        started_at: of.at,
                        ended: None,
                        unmapped: false,
                        replaces: Vec::new(),
                        joined: false,
                        earlier: Vec::new(),
                    }),
                    Some(Sale::Extension(extension)) => bought.unmapped.push(Unmapped {
                        item,
                        price: price.to_owned(),
                        extends: Some(extension.policy.clone()),
                        archived: None,
                    }),
                    None => bought.unmapped.push(Unmapped {
                        item,
                        price: price.to_owned(),
                        extends: None,
                        archived: mapping
                            .archived_policy(price, product, Pricing::Licensed)
                            .map(str::to_owned),
                    }),
                }
            };
        for checkout in self.checkouts() {
            if checkout.payment_status == CheckoutPayment::Open {
                continue;
            }
            let lines = self
                .lines_of(&checkout.id)
                .map(|lines| lines.lines.as_slice());
            for line in lines.unwrap_or_default() {
                let once = match checkout.mode {
                    CheckoutMode::Payment => true,
                    CheckoutMode::Subscription => line.one_time,
                    CheckoutMode::Other => false,
                };
                if once {
                    let buyer = Buyer {
                        customer: checkout.customer.as_deref(),
                        at: checkout.created,
                    };
                    let item = Item::of_checkout(&checkout.id, &line.id);
                    add(
                        item,
                        &line.price,
                        line.product.as_deref(),
                        line.quantity,
                        buyer,
                    );
                }
            }
        }
        let single = |invoice: &&Invoice| invoice.subscription.is_none();
        for invoice in self.invoices().filter(single) {
            // A checkout's own line owns the license.
            let by_itself = || self.invoice_origin(&invoice.id) == Some(None);
            if invoice.status != InvoiceStatus::Paid || !by_itself() {
                continue;
            }
            for line in &invoice.lines {
                if let (Some(id), Some(price)) = (&line.id, &line.price) {
                    let buyer = Buyer {
                        customer: invoice.customer.as_deref(),
                        at: invoice.made_at(),
                    };
                    let item = Item::of_invoice(&invoice.id, id);
                    add(item, price, line.product.as_deref(), line.quantity, buyer);
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Buyer<'a> {
    customer: Option<&'a str>,
    at: Option<Timestamp>,
}

/// Reads the tenures of one item: the stretches in which it was of one product.
struct Tenures<'a, 'm> {
    history: &'a History,
    subscription: &'a Subscription,
    mapping: &'m Mapping,
    item: Item,
    joined: bool,
}

impl<'a> Tenures<'a, 'a> {
    fn read(
        &self,
        segments: &[Segment<'a>],
        unmapped: &mut Vec<Unmapped>,
    ) -> Vec<(&'a Sale, Purchase<'a>)> {
        let mut tenures: Vec<(&'a Sale, Purchase<'a>)> = Vec::new();
        let mut turns: BTreeMap<&'a str, u32> = BTreeMap::new();
        let mut newest: Option<&'a Sale> = None;
        let mut before: Option<Moment> = None;
        let bought_at = segments.first().and_then(|first| first.from.at);
        for segment in segments {
            let since = Since {
                price: segment.from.at,
                purchase: bought_at,
            };
            let (price, pricing) = (segment.price, segment.pricing);
            let mapped = self.mapping.sale(price, segment.product, pricing, since);
            let covered = self
                .mapping
                .covers(segment.price, segment.product, segment.pricing);
            newest = mapped.or(newest);
            let sale = match mapped {
                Some(sale) => Some(sale),
                // Free, and mapped to nothing: the item was canceled, now or before it was
                // first seen. What it was billed for until then is over.
                None if segment.pricing == Pricing::Free => None,
                None => newest.or_else(|| self.billed(segment)),
            };
            let left = std::mem::replace(&mut before, segment.until);
            let contiguous = left == Some(segment.from);
            let last = tenures.last_mut().filter(|(last, purchase)| {
                contiguous
                    && purchase.ended.is_none()
                    && sale.is_some_and(|sale| kind(sale) == kind(last))
            });
            if let (Some((last, purchase)), Some(sale)) = (last, sale) {
                *last = sale;
                purchase.price = segment.price;
                purchase.quantity = segment.quantity;
                purchase.unmapped = !covered;
                if let Sale::License(terms) = sale {
                    purchase.terms = terms;
                }
                continue;
            }
            // An item that was away in between ended when it left.
            if let Some(left) = left {
                end(&mut tenures, left);
            }
            let Some(sale) = sale else {
                if newest.is_none() {
                    unmapped.push(Unmapped {
                        item: self.item.clone(),
                        price: segment.price.to_owned(),
                        extends: None,
                        archived: self
                            .mapping
                            .archived_policy(segment.price, segment.product, segment.pricing)
                            .map(str::to_owned),
                    });
                }
                continue;
            };
            let turn = turns.entry(sale.product()).or_default();
            *turn += 1;
            let mut purchase = self.purchase(segment, sale, *turn, tenures.is_empty());
            let same = tenures
                .iter()
                .filter(|(other, _)| kind(other) == kind(sale));
            purchase.earlier = same.filter_map(|(_, ended)| tenure(ended)).collect();
            tenures.push((
                sale,
                Purchase {
                    unmapped: !covered,
                    ..purchase
                },
            ));
        }
        if let Some(removed) = before {
            end(&mut tenures, removed);
        }
        tenures
    }

    fn purchase(
        &self,
        segment: &Segment<'a>,
        sale: &'a Sale,
        turn: u32,
        first: bool,
    ) -> Purchase<'a> {
        Purchase {
            key: PurchaseKey {
                item: self.item.clone(),
                product: sale.product().to_owned(),
                turn,
            },
            terms: match sale {
                Sale::License(terms) => terms,
                Sale::Extension(_) => &NO_TERMS,
            },
            price: segment.price,
            quantity: segment.quantity,
            customer: self.subscription.customer.as_deref(),
            started_at: segment.from.at,
            ended: None,
            unmapped: false,
            replaces: Vec::new(),
            joined: self.joined || !first,
            earlier: Vec::new(),
        }
    }

    /// What the newest mapped price sells that was billed for the item.
    fn billed(&self, segment: &Segment<'a>) -> Option<&'a Sale> {
        let lines = self
            .history
            .invoices_of(&self.subscription.id)
            .flat_map(|invoice| &invoice.lines)
            .filter(|line| line.item.as_ref() == Some(&self.item.id));
        let sold = lines.filter_map(|line| {
            let price = line.price.as_deref()?;
            let since = Some(line.period.start);
            // A line does not say how its price charges; the item does, of the price it has.
            let pricing = match price == segment.price {
                true => segment.pricing,
                false => Pricing::Licensed,
            };
            let product = line.product.as_deref();
            let sale = self.mapping.sale(price, product, pricing, since)?;
            Some(((line.period, price), sale))
        });
        sold.max_by_key(|(newest, _)| *newest).map(|(_, sale)| sale)
    }
}

/// The terms of what only adds to another license: it has no life of its own.
static NO_TERMS: Terms = Terms {
    policy: String::new(),
    product: String::new(),
    grace: 0,
    payment_grace: 0,
};

/// What makes two sales one tenure: a license of one product, or an extension of one policy.
fn kind(sale: &Sale) -> (bool, &str) {
    match sale {
        Sale::License(terms) => (true, &terms.product),
        Sale::Extension(extension) => (false, &extension.policy),
    }
}

fn end(tenures: &mut [(&Sale, Purchase<'_>)], moment: Moment) {
    if let Some((_, open)) = tenures.last_mut().filter(|(_, it)| it.ended.is_none()) {
        open.ended = Some(End {
            at: moment.at.unwrap_or_default(),
            inferred: moment.inferred,
            status: moment.status,
        });
    }
}

/// From when to when something was sold, where it has ended.
fn tenure(purchase: &Purchase<'_>) -> Option<(Option<Timestamp>, Timestamp)> {
    let end = purchase.ended?;
    Some((purchase.started_at, end.at))
}

/// An item that joined at the very moment at which another one of the same kind left has
/// replaced it, and what was billed for that one was billed for it.
fn inherit<'a>(mut found: Vec<(&'a Sale, Purchase<'a>)>) -> Vec<(&'a Sale, Purchase<'a>)> {
    found.sort_by_cached_key(|(_, purchase)| purchase.order());
    let mut earlier: Vec<(&'a Sale, Purchase<'a>)> = Vec::new();
    for (sale, mut purchase) in found {
        let replaced = earlier.iter().filter(|(other, ended)| {
            kind(other) == kind(sale)
                && ended.key.item != purchase.key.item
                && purchase.joined
                && ended.ended.map(|end| end.at) == purchase.started_at
        });
        let items = replaced.flat_map(|(_, ended)| {
            ended
                .replaces
                .iter()
                .cloned()
                .chain([ended.key.item.id.clone()])
        });
        let items: Vec<String> = items.collect();
        let replaced = earlier.iter().filter(|(other, ended)| {
            kind(other) == kind(sale) && items.contains(&ended.key.item.id)
        });
        let tenures = replaced.filter_map(|(_, ended)| tenure(ended));
        purchase.earlier.extend(tenures.collect::<Vec<_>>());
        purchase.replaces = items;
        earlier.push((sale, purchase));
    }
    earlier
}
