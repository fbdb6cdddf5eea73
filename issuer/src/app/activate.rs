//! A license key becomes a token, and the machine that asks gets its place.

use backon::Retryable;
use paidup::LicenseKey;
use serde::Deserialize;
use serde_json::json;

use super::issue::{IssueError, Issued, check_lengths};
use super::seal::Verdict;
use super::{App, MEETING};
use crate::store::Tx;
use crate::store::audit::{self, Entry};
use crate::store::licenses::{self, LicenseRow};
use crate::store::machines::{self, MachineRow};

const MAX_NAME: usize = 200;

/// A request for a token by key; activates the machine if need be.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Activation {
    /// The license key as it was typed.
    pub key: String,
    /// What tells the machine apart.
    pub fingerprint: Option<String>,
    /// What its user calls it.
    pub name: Option<String>,
    /// What it runs.
    pub platform: Option<String>,
    /// Echoed in the token.
    pub nonce: Option<String>,
}

impl App {
    /// Gives a token for a license key, and activates the machine if need be.
    ///
    /// # Errors
    /// [`IssueError`]. A license that is suspended or over is no error: the
    /// token says so.
    pub async fn activate(&self, request: &Activation) -> Result<Issued, IssueError> {
        check_lengths(request.fingerprint.as_deref(), request.nonce.as_deref())?;
        for text in [&request.name, &request.platform].into_iter().flatten() {
            if text.len() > MAX_NAME {
                return Err(IssueError::Value(
                    "name and platform have at most 200 bytes",
                ));
            }
        }
        let key = LicenseKey::parse(&request.key)?;
        (|| self.try_activate(request, &key))
            .retry(MEETING)
            .when(|error| matches!(error, IssueError::Store(error) if error.is_conflict()))
            .await
    }

    async fn try_activate(
        &self,
        request: &Activation,
        key: &LicenseKey,
    ) -> Result<Issued, IssueError> {
        let hash = self.0.vault.hash(key.canonical());
        let mut tx = self.0.store.decide().await?;
        let license = licenses::find_by_key(&mut tx, &hash)
            .await?
            .ok_or(IssueError::NotFound)?;
        let now = self.0.clock.now();
        let condition = license.condition(now);
        let policy = self.policy(&condition)?;
        let machine = match &request.fingerprint {
            None if policy.needs_fingerprint() => return Err(IssueError::FingerprintRequired),
            None => None,
            Some(fingerprint) => {
                let known = machines::find(&mut tx, &license.id, fingerprint).await?;
                match condition.usable() {
                    true => {
                        let limit = policy.machine_limit(condition.seats);
                        let seated = self.seat(&mut tx, &license, known, request, limit);
                        Some(seated.await?)
                    }
                    false => known,
                }
            }
        };
        let fingerprint = request.fingerprint.as_deref();
        let nonce = request.nonce.as_deref();
        let token = self
            .seal(
                &mut tx,
                &license,
                &Verdict::AsTheLicense,
                fingerprint,
                nonce,
            )
            .await?;
        tx.commit().await?;
        Ok(self.issued(&license, token, machine.as_ref()))
    }

    /// Gives the machine its place, or lets it keep it.
    async fn seat(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
        known: Option<MachineRow>,
        request: &Activation,
        max: u64,
    ) -> Result<MachineRow, IssueError> {
        let now = self.0.clock.now().0;
        let activated = known.as_ref().is_none_or(|it| it.deactivated_at.is_some());
        if activated {
            let current = machines::count_active(tx, &license.id).await?;
            if current >= max {
                return Err(IssueError::MachineLimit { max, current });
            }
        }
        let mut machine = match known {
            Some(machine) => machine,
            None => MachineRow {
                id: self.0.entropy.id("mac", self.0.clock.millis())?,
                license_id: license.id.clone(),
                fingerprint: request.fingerprint.clone().unwrap_or_default(),
                name: None,
                platform: None,
                key_hash: String::new(),
                created_at: now,
                last_seen_at: now,
                deactivated_at: None,
            },
        };
        machine.name = request.name.clone().or(machine.name);
        machine.platform = request.platform.clone().or(machine.platform);
        machine.key_hash.clone_from(&license.key_hash);
        machine.last_seen_at = now;
        machine.deactivated_at = None;
        machines::save(tx, &machine).await?;
        if activated {
            let detail = json!({ "machine": machine.id });
            let entry = Entry {
                actor: "client",
                action: "machine.activated",
                subject: &license.id,
                detail,
            };
            audit::append(tx, &entry, now).await?;
        }
        Ok(machine)
    }
}
