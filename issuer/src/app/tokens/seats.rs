//! Seats: who has one, who gets one, and when one becomes free.

use paidup::LicenseKey;
use paidup_lifecycle::Condition;
use serde_json::json;

use super::activate::Activation;
use super::issue::{IssueError, MachineView};
use crate::app::App;
use crate::app::retry::again;
use crate::catalog::Policy;
use crate::entropy::NoEntropy;
use crate::store::audit::{self, Entry};
use crate::store::licenses::{self, LicenseRow};
use crate::store::machines::{self, MachineRow};
use crate::store::{StoreError, Tx};

/// Over how many seconds it is counted how often seats are taken.
const CHURN: i64 = 30 * 86_400;

impl App {
    /// Gives the machine its place, or lets it keep it.
    pub(super) async fn seat(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
        known: Option<MachineRow>,
        request: &Activation,
        policy: &Policy,
    ) -> Result<MachineRow, IssueError> {
        let now = self.0.clock.now().0;
        let activated = !known.as_ref().is_some_and(MachineRow::has_seat);
        if activated {
            let seats = license.condition(self.0.clock.now()).seats;
            self.make_room(tx, license, policy, policy.machine_limit(seats))
                .await?;
            let limit = policy.activation_limit(seats);
            check_churn(tx, &license.id, limit, now).await?;
        }
        let mut machine = match known {
            Some(machine) => machine,
            None => self.new_machine(license, request, now)?,
        };
        machine.name = request.name.clone().or(machine.name);
        machine.platform = request.platform.clone().or(machine.platform);
        machine.class = request.class;
        machine.key_hash.clone_from(&license.key_hash);
        machine.last_seen_at = now;
        machine.deactivated_at = None;
        machines::save(tx, &machine).await?;
        if activated {
            machines::note_activation(tx, &license.id, now).await?;
            let detail = json!({ "machine": machine.id, "class": machine.class.as_str() });
            log(tx, "client", "machine.activated", &license.id, detail, now).await?;
        }
        Ok(machine)
    }

    fn new_machine(
        &self,
        license: &LicenseRow,
        request: &Activation,
        now: i64,
    ) -> Result<MachineRow, NoEntropy> {
        Ok(MachineRow {
            id: self.0.entropy.id("mac", self.0.clock.millis())?,
            license_id: license.id.clone(),
            fingerprint: request.fingerprint.clone().unwrap_or_default(),
            name: None,
            platform: None,
            key_hash: String::new(),
            created_at: now,
            last_seen_at: now,
            deactivated_at: None,
            class: request.class,
            heartbeat_at: None,
        })
    }

    /// Sees to it that one more machine fits. Seats that nobody has used for a lease
    /// become free where their kind of machine forgets or is thrown away.
    async fn make_room(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
        policy: &Policy,
        max: u64,
    ) -> Result<(), IssueError> {
        let now = self.0.clock.now().0;
        let mut active = machines::list_active(tx, &license.id).await?;
        let count = |active: &[MachineRow]| u64::try_from(active.len()).unwrap_or(u64::MAX);
        while count(&active) >= max {
            let idle = active.iter().position(|it| {
                frees_itself(it)
                    && it.last_seen_at.saturating_add(policy.lease_for(it.class)) <= now
            });
            let Some(idle) = idle else {
                return Err(IssueError::MachineLimit {
                    max,
                    current: count(&active),
                    machines: active.iter().map(MachineView::from).collect(),
                });
            };
            let machine = active.remove(idle);
            machines::deactivate(tx, &machine.id, now).await?;
            let detail = json!({ "machine": machine.id, "why": "unused for a lease" });
            log(tx, "time", "machine.deactivated", &license.id, detail, now).await?;
        }
        Ok(())
    }

    /// The license of a key, as its customer typed it.
    pub(in crate::app) async fn license_of_key(
        &self,
        tx: &mut Tx,
        key: &str,
    ) -> Result<LicenseRow, IssueError> {
        let hash = self.0.vault.hash(LicenseKey::parse(key)?.canonical());
        let license = licenses::find_by_key(tx, &hash).await?;
        license.ok_or(IssueError::NotFound)
    }

    /// The machines that have a seat, for whoever holds the key.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn machines(&self, key: &str) -> Result<Vec<MachineView>, IssueError> {
        let mut tx = self.0.store.write().await?;
        let license = self.license_of_key(&mut tx, key).await?;
        let machines = machines::list_active(&mut tx, &license.id).await?;
        Ok(machines.iter().map(MachineView::from).collect())
    }

    /// Frees a seat, for whoever holds the key.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn deactivate(&self, key: &str, id: &str) -> Result<(), IssueError> {
        again(|| self.try_deactivate(key, id)).await
    }

    async fn try_deactivate(&self, key: &str, id: &str) -> Result<(), IssueError> {
        let mut tx = self.0.store.write().await?;
        let license = self.license_of_key(&mut tx, key).await?;
        let machine = own(&mut tx, &license, id).await?;
        let why = "by the holder of the key";
        match self.free(&mut tx, &machine, why).await? {
            true => Ok(tx.commit().await?),
            false => Err(IssueError::NoMachine),
        }
    }

    /// Frees the seat of a machine; whether it had one.
    pub(super) async fn free(
        &self,
        tx: &mut Tx,
        machine: &MachineRow,
        why: &str,
    ) -> Result<bool, StoreError> {
        let now = self.0.clock.now().0;
        let freed = machines::deactivate(tx, &machine.id, now).await?;
        if freed {
            let detail = json!({ "machine": machine.id, "why": why });
            let license = &machine.license_id;
            log(tx, "client", "machine.deactivated", license, detail, now).await?;
        }
        Ok(freed)
    }

    /// Takes a sign of life of a machine.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn heartbeat(&self, key: &str, id: &str) -> Result<MachineView, IssueError> {
        let mut tx = self.0.store.write().await?;
        let license = self.license_of_key(&mut tx, key).await?;
        let mut machine = own(&mut tx, &license, id).await?;
        let now = self.0.clock.now().0;
        if !machines::note_heartbeat(&mut tx, &machine.id, now).await? {
            return Err(IssueError::NoMachine);
        }
        tx.commit().await?;
        machine.last_seen_at = now;
        machine.heartbeat_at = Some(now);
        Ok(MachineView::from(&machine))
    }
}

/// Whether an activation gives the machine a seat: only a usable license gives out seats,
/// and a machine that has one keeps it.
pub(super) fn gets_seat(condition: &Condition, known: Option<&MachineRow>) -> bool {
    condition.usable() || known.is_some_and(MachineRow::has_seat)
}

/// The active machine of that id, of that license.
async fn own(tx: &mut Tx, license: &LicenseRow, id: &str) -> Result<MachineRow, IssueError> {
    machines::find_by_id(tx, id)
        .await?
        .filter(|it| it.license_id == license.id && it.has_seat())
        .ok_or(IssueError::NoMachine)
}

fn frees_itself(machine: &MachineRow) -> bool {
    !matches!(machine.class, paidup::MachineClass::Desktop)
}

/// A key that goes from hand to hand shows by how often its seats are taken.
async fn check_churn(tx: &mut Tx, license: &str, max: u64, now: i64) -> Result<(), IssueError> {
    let recent = machines::activations_since(tx, license, now.saturating_sub(CHURN)).await?;
    let count = u64::try_from(recent.len()).unwrap_or(u64::MAX);
    // The one that has to be left behind before there is room for another.
    let behind = count
        .checked_sub(max)
        .and_then(|it| usize::try_from(it).ok());
    match behind.and_then(|it| recent.get(it)) {
        None => Ok(()),
        Some(activation) => {
            let next_at = activation.saturating_add(CHURN);
            Err(IssueError::Churn {
                count,
                max,
                next_at,
                retry_after: next_at.saturating_sub(now).max(1),
            })
        }
    }
}

pub(in crate::app) async fn log(
    tx: &mut Tx,
    actor: &str,
    action: &str,
    subject: &str,
    detail: serde_json::Value,
    now: i64,
) -> Result<(), StoreError> {
    let entry = Entry {
        actor,
        action,
        subject,
        detail,
    };
    audit::append(tx, &entry, now).await
}
