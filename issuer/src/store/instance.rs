//! What an issuer knows of itself: what is fixed once and for all, and how far it has
//! come.

use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// A value that was fixed before, if it was.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find(db: &mut AnyConnection, name: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM instance WHERE name = $1")
        .bind(name)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

/// Fixes a value, unless one is fixed; what holds is returned.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn fix(tx: &mut Tx, name: &str, value: &str) -> Result<String, StoreError> {
    sqlx::query("INSERT INTO instance (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(value)
        .execute(&mut **tx)
        .await?;
    Ok(find(tx, name).await?.unwrap_or_default())
}

/// Keeps a value that changes with time.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO instance (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = $2",
    )
    .bind(name)
    .bind(value)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes a value that was fixed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn replace(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE instance SET value = $2 WHERE name = $1")
        .bind(name)
        .bind(value)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
