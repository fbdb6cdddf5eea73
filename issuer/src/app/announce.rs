//! Stores what became of a license, and promises to tell of each change once.

use paidup_lifecycle::{Condition, Timestamp, Transition, transitions};
use serde_json::json;

use super::App;
use super::record::Record;
use super::view::LicenseView;
use crate::catalog::Catalog;
use crate::store::audit::{self, Entry};
use crate::store::changes;
use crate::store::customers::CustomerRow;
use crate::store::deliveries::{self, DeliveryRow};
use crate::store::licenses::{self, LicenseRow};
use crate::store::{StoreError, Tx, machines};

/// What was made of a license.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Change {
    /// `lic_…`
    pub license: String,
    /// What it follows now.
    pub item: String,
    /// What held before; absent where there was no license.
    pub before: Option<Condition>,
    /// What holds now.
    pub after: Condition,
}

impl App {
    /// Stores what became of a license, and tells of it.
    pub(super) async fn change(
        &self,
        tx: &mut Tx,
        before: &LicenseRow,
        mut after: LicenseRow,
        customer: &CustomerRow,
        catalog: &Catalog,
        actor: &str,
    ) -> Result<Option<Change>, StoreError> {
        let now = self.0.clock.now();
        let condition = after.condition(now);
        after.ends_with_period = ends_with_period(tx, &after, &condition).await?;
        let told = match &after.told {
            Some(told) => *told == condition,
            None => !condition.usable(),
        };
        if told && *before == after {
            return Ok(None);
        }
        after.seq = after.seq.saturating_add(1).max(self.0.clock.millis());
        after.updated_at = now.0;
        if after.key_hash != before.key_hash {
            after.key_seq = after.seq;
        }
        let changed = self.announce(tx, Some(before), after, customer, catalog, actor);
        Ok(Some(changed.await?))
    }

    /// Stores a license as it now is, and tells of what changed since the last
    /// time something was told.
    pub(super) async fn announce(
        &self,
        tx: &mut Tx,
        before: Option<&LicenseRow>,
        mut license: LicenseRow,
        customer: &CustomerRow,
        catalog: &Catalog,
        actor: &str,
    ) -> Result<Change, StoreError> {
        let now = self.0.clock.now();
        let condition = license.condition(now);
        if before.is_none() {
            license.ends_with_period = ends_with_period(tx, &license, &condition).await?;
        }
        let prompted = self.prompted(tx, before, &license, customer, actor);
        let (prompts, since) = prompted.await?;
        if before.is_none_or(|before| before.recorded().status != condition.status) {
            license.status_since = since.0;
        }
        let mut told = transitions(license.told.as_ref(), &condition);
        // A period that was paid before the license was made here is history, and no news.
        let paid_here = license
            .state
            .paid_at
            .is_none_or(|paid_at| paid_at.0 >= license.created_at);
        told.retain(|transition| *transition != Transition::Renewed || paid_here);
        if license.told.is_some() || !told.is_empty() {
            license.told = Some(condition.clone());
        }
        licenses::save(tx, &license, now).await?;
        let record = Record::of(&license, &condition, since, prompts);
        let action = match told.first() {
            Some(transition) => transition.event_type(),
            None => "license.recorded",
        };
        let entry = Entry {
            actor,
            action,
            subject: &license.id,
            detail: json!(record),
        };
        audit::append(tx, &entry, now.0).await?;
        for (place, transition) in told.into_iter().enumerate() {
            let turn = turn(&license, place);
            self.promise(tx, &license, (transition, turn), customer, catalog, now)
                .await?;
        }
        Ok(Change {
            before: before.map(|it| it.condition(now)),
            after: condition,
            item: license.item,
            license: license.id,
        })
    }

    /// Promises every target that wants it a webhook about a transition.
    async fn promise(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
        (transition, turn): (Transition, i64),
        customer: &CustomerRow,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let parts = &self.0;
        let kind = transition.event_type();
        let id = parts.entropy.id("evt", parts.clock.millis())?;
        let machines = machines::count_active(tx, &license.id).await?;
        for target in catalog.targets().iter().filter(|target| target.wants(kind)) {
            let mut view = LicenseView::new(license, customer, catalog, parts.mode, now);
            view.sold_by(self.account());
            view.count_machines(machines, catalog);
            if transition == Transition::Created {
                view.reveal_key(&self.license_key(license)?);
            }
            let body = json!({
                "id": id,
                "type": kind,
                "createdAt": super::iso8601(now.0),
                "data": view.for_webhook(),
            });
            let place = delivery_place(&id, &target.url);
            let delivery = DeliveryRow {
                id: id.clone(),
                url: target.url.clone(),
                kind: kind.to_owned(),
                license_id: license.id.clone(),
                body_sealed: parts.vault.encrypt(
                    &place,
                    body.to_string().as_bytes(),
                    &parts.entropy,
                )?,
                turn,
                attempts: 0,
                waiting_since: None,
            };
            deliveries::insert(tx, &delivery, now.0).await?;
        }
        Ok(())
    }

    /// The key of a license, as its customer types it.
    ///
    /// # Errors
    /// [`StoreError::Secret`] where it cannot be decrypted.
    pub fn license_key(&self, license: &LicenseRow) -> Result<String, StoreError> {
        let key = self
            .0
            .vault
            .decrypt(&key_place(&license.id), &license.key_sealed)?;
        String::from_utf8(key.to_vec()).map_err(|_| StoreError::Secret)
    }
}

async fn ends_with_period(
    tx: &mut Tx,
    license: &LicenseRow,
    condition: &Condition,
) -> Result<bool, StoreError> {
    match (&license.subscription, condition.ends_at) {
        (Some(subscription), Some(_)) => changes::ends_with_period(tx, subscription).await,
        _ => Ok(false),
    }
}

/// Changes follow each other by `seq`, and a change is told in few webhooks.
fn turn(license: &LicenseRow, place: usize) -> i64 {
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    license.seq.saturating_mul(8).saturating_add(place)
}

pub(super) fn key_place(license_id: &str) -> String {
    format!("license key of {license_id}")
}

pub(super) fn delivery_place(id: &str, url: &str) -> String {
    format!("delivery {id} to {url}")
}
