//! The keys of the management API, without the keys themselves.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// A key of the management API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// `key_…`
    pub id: String,
    /// What it is for, in the vendor's words.
    pub name: String,
    /// The name under which it is recognized.
    pub key_hash: String,
    /// How it ends.
    pub hint: String,
    /// What it may do, separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: i64,
    /// When it ends by itself.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

impl TryFrom<&AnyRow> for ApiKeyRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            key_hash: row.try_get("key_hash")?,
            hint: row.try_get("hint")?,
            scopes: row.try_get("scopes")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            last_used_at: row.try_get("last_used_at")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    }
}

/// Stores a key that was made.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert(tx: &mut Tx, key: &ApiKeyRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO api_keys (id, name, key_hash, hint, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&key.id)
    .bind(&key.name)
    .bind(&key.key_hash)
    .bind(&key.hint)
    .bind(&key.scopes)
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The key that is recognized by this hash.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_hash(
    db: &mut AnyConnection,
    key_hash: &str,
) -> Result<Option<ApiKeyRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM api_keys WHERE key_hash = $1")
        .bind(key_hash)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(ApiKeyRow::try_from).transpose()
}

/// All keys, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(db: &mut AnyConnection) -> Result<Vec<ApiKeyRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM api_keys ORDER BY created_at, id")
        .fetch_all(db)
        .await?;
    rows.iter().map(ApiKeyRow::try_from).collect()
}

/// Notes that a key was used.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn used(tx: &mut Tx, id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE api_keys SET last_used_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes a key back; `false` where there is none of this id that is not.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn revoke(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    let revoked =
        sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
            .bind(now)
            .bind(id)
            .execute(&mut **tx)
            .await?;
    Ok(revoked.rows_affected() == 1)
}
