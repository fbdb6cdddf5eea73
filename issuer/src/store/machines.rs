//! Machines: which devices use a license.

use paidup::MachineClass;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// A machine.
#[derive(Debug, Clone)]
pub struct MachineRow {
    /// `mac_…`
    pub id: String,
    /// The license it uses.
    pub license_id: String,
    /// What tells it apart.
    pub fingerprint: String,
    /// What its user calls it.
    pub name: Option<String>,
    /// What it runs.
    pub platform: Option<String>,
    /// The hash of the key that activated it.
    pub key_hash: String,
    /// When it was first activated.
    pub created_at: i64,
    /// When it was last heard of.
    pub last_seen_at: i64,
    /// When it was deactivated, if it is.
    pub deactivated_at: Option<i64>,
    /// What kind of machine it is.
    pub class: MachineClass,
    /// Its last heartbeat, if it sends any.
    pub heartbeat_at: Option<i64>,
}

impl MachineRow {
    /// It was activated, and not deactivated since.
    #[must_use]
    pub const fn has_seat(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

impl TryFrom<&AnyRow> for MachineRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        let id: String = row.try_get("id")?;
        let class: String = row.try_get("class")?;
        Ok(Self {
            class: class.parse().map_err(|_| StoreError::Inconsistent {
                table: "machines",
                column: "class",
                row: id.clone(),
            })?,
            heartbeat_at: row.try_get("heartbeat_at")?,
            id,
            license_id: row.try_get("license_id")?,
            fingerprint: row.try_get("fingerprint")?,
            name: row.try_get("name")?,
            platform: row.try_get("platform")?,
            key_hash: row.try_get("key_hash")?,
            created_at: row.try_get("created_at")?,
            last_seen_at: row.try_get("last_seen_at")?,
            deactivated_at: row.try_get("deactivated_at")?,
        })
    }
}

/// The machine of that fingerprint, active or not.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &mut AnyConnection,
    license_id: &str,
    fingerprint: &str,
) -> Result<Option<MachineRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM machines WHERE license_id = $1 AND fingerprint = $2")
        .bind(license_id)
        .bind(fingerprint)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(MachineRow::try_from).transpose()
}

/// How many machines a license has active.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_active(db: &mut AnyConnection, license_id: &str) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT count(*) AS n FROM machines WHERE license_id = $1 AND deactivated_at IS NULL",
    )
    .bind(license_id)
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(row.try_get::<i64, _>("n")?).unwrap_or_default())
}

/// Stores a machine as it now is. For who has decided on its seat, in a
/// [`Store::decide`](super::Store::decide): what others have written since it was read
/// is lost.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn save(tx: &mut Tx, machine: &MachineRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO machines
             (id, license_id, fingerprint, name, platform, key_hash, created_at, last_seen_at,
              deactivated_at, class, heartbeat_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO UPDATE
         SET name = $4, platform = $5, key_hash = $6, last_seen_at = $8, deactivated_at = $9,
             class = $10, heartbeat_at = $11",
    )
    .bind(&machine.id)
    .bind(&machine.license_id)
    .bind(&machine.fingerprint)
    .bind(&machine.name)
    .bind(&machine.platform)
    .bind(&machine.key_hash)
    .bind(machine.created_at)
    .bind(machine.last_seen_at)
    .bind(machine.deactivated_at)
    .bind(machine.class.as_str())
    .bind(machine.heartbeat_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a machine was heard of; whether it has a seat. Only one that has is
/// noted, and nothing else of it is written.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn note_seen(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    let noted = sqlx::query(
        "UPDATE machines SET last_seen_at = $2 WHERE id = $1 AND deactivated_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Notes a heartbeat, as [`note_seen`].
///
/// # Errors
/// [`StoreError::Database`].
pub async fn note_heartbeat(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    let noted = sqlx::query(
        "UPDATE machines SET last_seen_at = $2, heartbeat_at = $2
         WHERE id = $1 AND deactivated_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Frees the seat of a machine; whether it had one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn deactivate(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    let freed = sqlx::query(
        "UPDATE machines SET deactivated_at = $2 WHERE id = $1 AND deactivated_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(freed.rows_affected() == 1)
}

/// The active machines of a license, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn list_active(
    db: &mut AnyConnection,
    license_id: &str,
) -> Result<Vec<MachineRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM machines WHERE license_id = $1 AND deactivated_at IS NULL
         ORDER BY created_at, id",
    )
    .bind(license_id)
    .fetch_all(db)
    .await?;
    rows.iter().map(MachineRow::try_from).collect()
}

/// The machine of that id, active or not.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_id(
    db: &mut AnyConnection,
    id: &str,
) -> Result<Option<MachineRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM machines WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(MachineRow::try_from).transpose()
}

/// Notes that a seat of a license was taken.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn note_activation(tx: &mut Tx, license_id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO activations (license_id, at) VALUES ($1, $2)")
        .bind(license_id)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets how often seats of a license were taken; how often that was.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget_activations(tx: &mut Tx, license_id: &str) -> Result<u64, StoreError> {
    let forgotten = sqlx::query("DELETE FROM activations WHERE license_id = $1")
        .bind(license_id)
        .execute(&mut **tx)
        .await?;
    Ok(forgotten.rows_affected())
}

/// When seats of a license were taken since that moment, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn activations_since(
    db: &mut AnyConnection,
    license_id: &str,
    since: i64,
) -> Result<Vec<i64>, StoreError> {
    let rows =
        sqlx::query("SELECT at FROM activations WHERE license_id = $1 AND at > $2 ORDER BY at")
            .bind(license_id)
            .bind(since)
            .fetch_all(db)
            .await?;
    rows.iter().map(|row| Ok(row.try_get("at")?)).collect()
}

/// Notes that an offline request is answered.
///
/// # Errors
/// [`StoreError`]; [`StoreError::is_conflict`] where it was before.
pub async fn note_offline_request(
    tx: &mut Tx,
    nonce: &str,
    license_id: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO offline_requests (nonce, license_id, at) VALUES ($1, $2, $3)")
        .bind(nonce)
        .bind(license_id)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether an offline request was answered.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn is_answered(db: &mut AnyConnection, nonce: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT nonce FROM offline_requests WHERE nonce = $1")
        .bind(nonce)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}
