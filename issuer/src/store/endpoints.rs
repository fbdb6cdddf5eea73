//! The webhook endpoints that we made at Stripe, with their secrets.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// An endpoint of ours.
#[derive(Debug, Clone)]
pub struct EndpointRow {
    /// `we_…`
    pub id: String,
    /// Its secret, encrypted.
    pub secret_sealed: String,
    /// When it was made.
    pub created_at: i64,
    /// When the first delivery signed with its secret came.
    pub delivered_at: Option<i64>,
}

impl TryFrom<&AnyRow> for EndpointRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            secret_sealed: row.try_get("secret_sealed")?,
            created_at: row.try_get("created_at")?,
            delivered_at: row.try_get("delivered_at")?,
        })
    }
}

/// Stores an endpoint, with its secret.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn save(tx: &mut Tx, endpoint: &EndpointRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stripe_endpoints (id, secret_sealed, created_at, delivered_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET secret_sealed = $2",
    )
    .bind(&endpoint.id)
    .bind(&endpoint.secret_sealed)
    .bind(endpoint.created_at)
    .bind(endpoint.delivered_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes the first delivery signed with an endpoint's secret.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn delivered(tx: &mut Tx, id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE stripe_endpoints SET delivered_at = $1 WHERE id = $2 AND delivered_at IS NULL",
    )
    .bind(now)
    .bind(id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets an endpoint that is no more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM stripe_endpoints WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// All endpoints of ours, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(db: &mut AnyConnection) -> Result<Vec<EndpointRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM stripe_endpoints ORDER BY created_at, id")
        .fetch_all(db)
        .await?;
    rows.iter().map(EndpointRow::try_from).collect()
}
