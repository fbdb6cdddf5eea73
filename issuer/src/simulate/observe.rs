//! What apps of each license answer: one that refreshes every day, and one that never
//! does. They take no seat, so that observing changes nothing.

use paidup::UnixTime;
use paidup_lifecycle::{Condition, Timestamp};

use super::outcome::Offline;
use super::world::World;
use crate::sandbox::{Customer, FINGERPRINT, Failure};
use crate::store::licenses::{self, LicenseRow};

/// The apps of one license.
pub(super) struct Apps {
    /// What the one that refreshes answers while this holds.
    condition: Condition,
    daily: String,
    /// The one that holds its first token.
    never: Customer,
}

impl World {
    /// What the apps of every license answer now.
    pub(super) async fn look(&mut self) -> Result<(), Failure> {
        let Ok(issuer) = self.stage.issuer() else {
            return Ok(());
        };
        let app = issuer.app.clone();
        let rows = {
            let mut db = app.store().read().await?;
            licenses::list(&mut db).await?
        };
        let now = self.now();
        for row in rows {
            let condition = row.condition(now);
            let known = self.apps.get(&row.id);
            if known.is_none_or(|apps| apps.condition != condition) {
                let token = app.observe(&row, FINGERPRINT).await?;
                let fresh = self.install(&row, token)?;
                let daily = answer(&fresh, now)?;
                let never = self.apps.remove(&row.id).map_or(fresh, |apps| apps.never);
                let apps = Apps {
                    condition,
                    daily,
                    never,
                };
                self.apps.insert(row.id.clone(), apps);
            }
            let Some(apps) = self.apps.get(&row.id) else {
                continue;
            };
            let offline = Offline {
                at: now,
                daily: apps.daily.clone(),
                never: answer(&apps.never, now)?,
                license: row.id,
            };
            let mut earlier = self.offline.iter().rev();
            let last = earlier.find(|other| other.license == offline.license);
            let same =
                |other: &Offline| (&other.daily, &other.never) == (&offline.daily, &offline.never);
            if !last.is_some_and(same) {
                self.offline.push(offline);
            }
        }
        Ok(())
    }

    fn install(&self, license: &LicenseRow, token: String) -> Result<Customer, Failure> {
        let issuer = self.stage.issuer()?;
        let pin = issuer.app.signing_key().ok_or("no key signs")?;
        let mut app = Customer::install(&issuer.base_url(), &license.product, pin);
        app.hold(token);
        Ok(app)
    }
}

fn answer(app: &Customer, now: Timestamp) -> Result<String, Failure> {
    let (standing, _) = app.look(UnixTime::from_secs(now.0))?;
    Ok(standing.code().as_str().to_owned())
}
