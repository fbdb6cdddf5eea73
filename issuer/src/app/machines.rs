//! What an administrator does with the machines of a license.

use serde_json::json;

use super::retry::again;
use super::tokens::log;
use super::{App, MachineView, OrderError};
use crate::store::{Tx, licenses, machines};

/// Who frees a seat, as the audit log names it.
const ACTOR: &str = "administrator";

impl App {
    /// The machines that have a seat of a license.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn machines_of(&self, license: &str) -> Result<Vec<MachineView>, OrderError> {
        let mut db = self.0.store.read().await?;
        let found = licenses::find(&mut db, license).await?;
        found.ok_or_else(|| OrderError::NotFound(license.to_owned()))?;
        let machines = machines::list_active(&mut db, license).await?;
        Ok(machines.iter().map(MachineView::from).collect())
    }

    /// Frees the seat of a machine, for a reason that goes to the audit log. Its app is
    /// refused at its next contact.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn free_machine(
        &self,
        license: &str,
        machine: &str,
        reason: &str,
    ) -> Result<(), OrderError> {
        again(|| self.try_free_machine(license, machine, reason)).await
    }

    async fn try_free_machine(
        &self,
        license: &str,
        machine: &str,
        reason: &str,
    ) -> Result<(), OrderError> {
        let mut tx = self.0.store.write().await?;
        let found = licenses::find(&mut tx, license).await?;
        found.ok_or_else(|| OrderError::NotFound(license.to_owned()))?;
        let now = self.0.clock.now().0;
        let known = machines::find_by_id(&mut tx, machine).await?;
        let own = known.is_some_and(|known| known.license_id == license);
        if !own || !machines::deactivate(&mut tx, machine, now).await? {
            return Err(OrderError::NoMachine(machine.to_owned()));
        }
        let detail = json!({ "machine": machine, "why": reason });
        log(&mut tx, ACTOR, "machine.deactivated", license, detail, now).await?;
        Ok(tx.commit().await?)
    }

    /// Resets the count of activations of a license, for a reason that goes to the audit
    /// log. Returns how many had been counted.
    ///
    /// # Errors
    /// [`OrderError`].
    pub async fn reset_activations(&self, license: &str, reason: &str) -> Result<u64, OrderError> {
        again(|| self.try_reset_activations(license, reason)).await
    }

    async fn try_reset_activations(&self, license: &str, reason: &str) -> Result<u64, OrderError> {
        let mut tx = self.0.store.write().await?;
        let found = licenses::find(&mut tx, license).await?;
        found.ok_or_else(|| OrderError::NotFound(license.to_owned()))?;
        let counted = machines::forget_activations(&mut tx, license).await?;
        let (now, detail) = (
            self.0.clock.now().0,
            json!({ "counted": counted, "why": reason }),
        );
        log(
            &mut tx,
            ACTOR,
            "license.activations_reset",
            license,
            detail,
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(counted)
    }

    /// Frees every seat of a license whose key is replaced, and resets the count of its
    /// activations: what the old key took must not block the new one.
    pub(super) async fn free_all(&self, tx: &mut Tx, license: &str) -> Result<(), OrderError> {
        let now = self.0.clock.now().0;
        for machine in machines::list_active(tx, license).await? {
            machines::deactivate(tx, &machine.id, now).await?;
            let detail = json!({ "machine": machine.id, "why": "the key was reissued" });
            log(tx, ACTOR, "machine.deactivated", license, detail, now).await?;
        }
        machines::forget_activations(tx, license).await?;
        Ok(())
    }
}
