//! Which price each item of a subscription had, from when to when.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    History, ItemSet, Observed, Pricing, SoldItem, Source, Subscription, SubscriptionItem,
    SubscriptionStatus, Timestamp,
};

/// When something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) at: Option<Timestamp>,
    /// Only a later look showed it: it may have been earlier.
    pub(crate) inferred: bool,
    /// How the subscription stood then, where that is known.
    pub(crate) status: Option<SubscriptionStatus>,
}

/// A stretch of time in which an item had one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) price: &'a str,
    pub(crate) product: Option<&'a str>,
    pub(crate) pricing: Pricing,
    pub(crate) quantity: u64,
    pub(crate) from: Moment,
    /// Absent while it has that price.
    pub(crate) until: Option<Moment>,
}

/// The prices of each item that a subscription has ever had, oldest first.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    pub(crate) items: BTreeMap<&'a str, Vec<Segment<'a>>>,
    /// The items that were there from the beginning.
    founding: BTreeSet<&'a str>,
}

/// What a subscription sold from a moment on.
struct Point<'a> {
    moment: Moment,
    items: Vec<Sold<'a>>,
}

#[derive(Clone, Copy)]
struct Sold<'a> {
    id: &'a str,
    price: &'a str,
    product: Option<&'a str>,
    pricing: Pricing,
    quantity: u64,
}

impl<'a> Timeline<'a> {
    pub(crate) fn of(history: &'a History, subscription: &'a Subscription) -> Self {
        let points = points(history, subscription);
        let ids = points.iter().flat_map(|point| &point.items);
        let ids: BTreeSet<&str> = ids.map(|item| item.id).collect();
        let mut timeline = Self {
            items: BTreeMap::new(),
            founding: BTreeSet::new(),
        };
        for id in ids {
            let created = subscription.items.iter().find(|item| item.id == id);
            let created = created.and_then(|item| item.created);
            let begun = subscription.started_at;
            if points.first().is_some_and(|first| first.has(id)) && created <= begun {
                timeline.founding.insert(id);
            }
            let first = Moment {
                at: created.or(begun),
                inferred: false,
                status: None,
            };
            timeline.items.insert(id, segments(&points, id, first));
        }
        timeline
    }

    /// Whether the item joined the subscription after it had begun.
    pub(crate) fn joined_later(&self, item: &str) -> bool {
        self.items.contains_key(item) && !self.founding.contains(item)
    }
}

impl Point<'_> {
    fn has(&self, id: &str) -> bool {
        self.items.iter().any(|item| item.id == id)
    }
}

fn segments<'a>(points: &[Point<'a>], id: &str, first: Moment) -> Vec<Segment<'a>> {
    let mut segments: Vec<Segment<'a>> = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let now = point.items.iter().find(|item| item.id == id);
        let open = segments.last_mut().filter(|last| last.until.is_none());
        let moment = if place == 0 { first } else { point.moment };
        match (open, now) {
            (Some(open), Some(now)) if open.price == now.price => open.quantity = now.quantity,
            (open, now) => {
                if let Some(open) = open {
                    open.until = Some(moment);
                }
                segments.extend(now.map(|now| Segment {
                    price: now.price,
                    product: now.product,
                    pricing: now.pricing,
                    quantity: now.quantity,
                    from: moment,
                    until: None,
                }));
            }
        }
    }
    segments
}

/// What the subscription sold, change by change. The last is what it sells now.
fn points<'a>(history: &'a History, subscription: &'a Subscription) -> Vec<Point<'a>> {
    let current: Vec<Sold<'a>> = subscription.items.iter().map(Sold::from).collect();
    let sightings = in_order(history.item_sets(&subscription.id).collect(), &current);
    let mut points: Vec<Point<'a>> = Vec::new();
    let mut before = subscription.started_at;
    for (observed, set) in sightings {
        points.push(Point {
            moment: Moment {
                status: set.status,
                ..moment(history, subscription, before, observed)
            },
            items: set.items.iter().map(Sold::from).collect(),
        });
        before = before.max(Some(observed.at));
    }
    let known = points
        .last()
        .is_some_and(|last| same(&last.items, &current));
    if points.is_empty() || (!known && !subscription.truncated && !current.is_empty()) {
        // It returned to an earlier price, and no event says when.
        let at = newest_proration(history, subscription, before, None).or(before);
        points.push(Point {
            moment: Moment {
                at,
                inferred: true,
                status: None,
            },
            items: current,
        });
    }
    points
}

/// Sightings in the order of their moments. Of those within one second, the set that a change
/// began with precedes the set that it made; where no change says so, the current set is last.
fn in_order<'a>(
    mut sightings: Vec<(Observed, &'a ItemSet)>,
    current: &[Sold<'_>],
) -> Vec<(Observed, &'a ItemSet)> {
    sightings.sort_by(|(a, set_a), (b, set_b)| {
        let is_current = |set: &ItemSet| sells(&set.items, current);
        (a.at, is_current(set_a), set_a).cmp(&(b.at, is_current(set_b), set_b))
    });
    let mut ordered = Vec::with_capacity(sightings.len());
    while let Some(second) = sightings.first().map(|(observed, _)| observed.at) {
        let tied = || {
            let sets = sightings
                .iter()
                .take_while(|(observed, _)| observed.at == second);
            sets.map(|(_, set)| *set)
        };
        let has_origin = |set: &ItemSet| {
            let mut changes = tied().filter(|change| sell_the_same(&change.items, &set.items));
            changes.any(|change| {
                let origin = change.before.as_deref().unwrap_or(&change.items);
                !sell_the_same(origin, &set.items)
                    && tied().any(|other| sell_the_same(&other.items, origin))
            })
        };
        let next = tied().position(|set| !has_origin(set)).unwrap_or_default();
        ordered.push(sightings.remove(next));
    }
    ordered
}

fn sell_the_same(one: &[SoldItem], other: &[SoldItem]) -> bool {
    let other: Vec<_> = other.iter().map(Sold::from).collect();
    sells(one, &other)
}

/// An event has its own moment. An answer shows a change after the fact: then the
/// correction that was billed for it says when it was.
fn moment(
    history: &History,
    subscription: &Subscription,
    before: Option<Timestamp>,
    observed: Observed,
) -> Moment {
    let billed = match observed.source {
        Source::Event => None,
        Source::Fetch => newest_proration(history, subscription, before, Some(observed.at)),
    };
    Moment {
        at: billed.or(Some(observed.at)),
        inferred: observed.source == Source::Fetch && billed.is_none(),
        status: None,
    }
}

fn newest_proration(
    history: &History,
    subscription: &Subscription,
    after: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Option<Timestamp> {
    let lines = history
        .invoices_of(&subscription.id)
        .flat_map(|invoice| &invoice.lines);
    let starts = lines
        .filter(|line| line.proration)
        .map(|line| line.period.start);
    starts
        .filter(|start| Some(*start) > after && until.is_none_or(|until| *start <= until))
        .max()
}

fn sells(set: &[SoldItem], current: &[Sold<'_>]) -> bool {
    let items: Vec<_> = set.iter().map(Sold::from).collect();
    same(&items, current)
}

/// Whether two sets have the same items at the same prices.
fn same(one: &[Sold<'_>], other: &[Sold<'_>]) -> bool {
    let has = |item: &Sold<'_>| {
        other
            .iter()
            .any(|it| (it.id, it.price) == (item.id, item.price))
    };
    one.len() == other.len() && one.iter().all(has)
}

impl<'a> From<&'a SoldItem> for Sold<'a> {
    fn from(item: &'a SoldItem) -> Self {
        Self {
            id: &item.id,
            price: &item.price,
            product: item.product.as_deref(),
            pricing: item.pricing,
            quantity: item.quantity,
        }
    }
}

impl<'a> From<&'a SubscriptionItem> for Sold<'a> {
    fn from(item: &'a SubscriptionItem) -> Self {
        Self {
            id: &item.id,
            price: &item.price,
            product: item.product.as_deref(),
            pricing: item.pricing,
            quantity: item.quantity,
        }
    }
}
