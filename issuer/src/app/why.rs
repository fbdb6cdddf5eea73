//! Why a license is what it is: its history, the facts behind it, and the events that
//! brought them.

mod concerns;
mod steps;

use paidup_lifecycle::{Condition, Flag, History, InvoiceStatus, Object, Order, Source, Timestamp};
use serde::Serialize;

use super::App;
use super::known::item_of;
use super::record::is_removed;
use crate::store::facts::{self, Sourced};
use crate::store::licenses::{self, LicenseRow};
use crate::store::{StoreError, changes, events};
use concerns::concerns;
pub(crate) use steps::KEY_REISSUED;
pub use steps::{Step, StepEvent};

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
    /// Since when it has its status.
    pub since: Timestamp,
    /// Its known end is the end of the period that is paid.
    pub ends_with_period: bool,
    /// What an administrator ordered.
    pub order: Option<Order>,
    /// What the vendor should know although it changes nothing.
    pub flags: Vec<Flag>,
    /// What is missing or outstanding.
    pub notes: Vec<Note>,
    /// Its changes, oldest first.
    pub history: Vec<Step>,
    /// The facts that the state is made of, oldest first.
    pub facts: Vec<Known>,
    /// When time alone will change it, and to what.
    pub next: Option<(Timestamp, Condition)>,
}

/// What is missing or outstanding around a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Note {
    /// The item that the license follows left its subscription.
    ItemRemoved {
        /// `sub_…/si_…`
        item: String,
    },
    /// Something in the same purchase is mapped to no policy.
    PriceUnmapped {
        /// `sub_…/si_…` or `cs_…/li_…`
        item: String,
        /// The price.
        price: String,
    },
    /// A bill is open.
    BillOpen {
        /// `in_…`
        invoice: String,
        /// The last moment to pay it, where it has one.
        #[serde(serialize_with = "moment")]
        due_at: Option<Timestamp>,
    },
    /// An event about the purchase could not be applied.
    EventWaits {
        /// `evt_…`
        event: String,
        /// Why not.
        reason: String,
    },
}

fn moment<S: serde::Serializer>(
    moment: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    moment
        .map(|moment| super::iso8601(moment.0))
        .serialize(serializer)
}

/// A fact behind a license.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Known {
    /// The object.
    pub object: Object,
    /// By Stripe's clock.
    pub at: Timestamp,
    /// The event that brought it, or because of which Stripe was asked; absent where it
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
        facts.retain(|sourced| concerns(&history, &sourced.fact.object, &origin));
        facts.sort_by_key(|sourced| sourced.fact.observed);
        let followed = licenses::items(&mut db, id).await?;
        let mut steps = steps::steps(changes::of_license(&mut db, id).await?);
        let prompts = steps.iter().flat_map(|step| &step.events);
        let kinds = changes::kinds(&mut db, prompts.map(|event| event.id.as_str())).await?;
        for step in &mut steps {
            step.name_events(&kinds);
        }
        let waiting = events::waiting_about(&mut db, &origin).await?;
        let mut notes = self.notes(&license, &history, &origin);
        notes.extend(waiting.map(|event| {
            Note::EventWaits {
                event: event.arrival.id,
                reason: event
                    .reason
                    .unwrap_or_else(|| "it is being applied".to_owned()),
            }
        }));
        let why = self.explain(license, followed, facts);
        Ok(Some(Why {
            notes,
            history: steps,
            ..why
        }))
    }

    fn explain(&self, license: LicenseRow, followed: Vec<String>, facts: Vec<Sourced>) -> Why {
        let now = self.0.clock.now();
        let known = |sourced: Sourced| Known {
            at: sourced.fact.observed.at,
            asked: sourced.fact.observed.source == Source::Fetch,
            event: sourced.event_id,
            object: sourced.fact.object,
        };
        Why {
            condition: license.condition(now),
            since: license.since(now),
            ends_with_period: license.ends_with_period,
            next: license
                .next_change(now)
                .map(|moment| (moment, license.condition(moment))),
            order: license.order,
            flags: license.state.flags.iter().copied().collect(),
            notes: Vec::new(),
            history: Vec::new(),
            followed: followed
                .into_iter()
                .filter(|item| *item != license.item)
                .collect(),
            facts: facts.into_iter().map(known).collect(),
            item: license.item,
            license: license.id,
        }
    }

    fn notes(&self, license: &LicenseRow, history: &History, origin: &str) -> Vec<Note> {
        let mut notes = Vec::new();
        if is_removed(license) {
            let item = item_of(license).map(|item| item.to_string());
            notes.push(Note::ItemRemoved {
                item: item.unwrap_or_else(|| license.item.clone()),
            });
        }
        let catalog = self.catalog();
        let bought = history.bought(catalog.mapping());
        let ours = bought
            .purchases
            .iter()
            .filter(|purchase| purchase.key.to_string() == license.item && purchase.unmapped);
        notes.extend(ours.map(|purchase| Note::PriceUnmapped {
            item: purchase.key.item.to_string(),
            price: purchase.price.to_owned(),
        }));
        let others = bought
            .unmapped
            .into_iter()
            .filter(|unmapped| unmapped.item.origin_id() == origin);
        notes.extend(others.map(|unmapped| Note::PriceUnmapped {
            item: unmapped.item.to_string(),
            price: unmapped.price,
        }));
        let open = |status| matches!(status, InvoiceStatus::Open | InvoiceStatus::Uncollectible);
        for invoice in history.invoices_of(origin) {
            if open(invoice.status) {
                notes.push(Note::BillOpen {
                    invoice: invoice.id.clone(),
                    due_at: invoice.due_date,
                });
            }
        }
        notes
    }
}
