//! Keysets, as their roots have signed them.

use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// The version of the newest keyset, and 0 where there is none.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn newest_version(db: &mut AnyConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT version FROM keysets ORDER BY version DESC LIMIT 1")
        .fetch_optional(db)
        .await?;
    let version = row
        .map(|row| row.try_get::<i64, _>("version"))
        .transpose()?;
    Ok(version.and_then(|it| u64::try_from(it).ok()).unwrap_or(0))
}

/// All keysets, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(db: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT body FROM keysets ORDER BY version")
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| Ok(row.try_get("body")?)).collect()
}

/// Stores a keyset.
///
/// # Errors
/// [`StoreError`]; [`StoreError::is_conflict`] where the version is taken.
pub async fn insert(tx: &mut Tx, version: u64, body: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO keysets (version, body, created_at) VALUES ($1, $2, $3)")
        .bind(i64::try_from(version).unwrap_or(i64::MAX))
        .bind(body)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
