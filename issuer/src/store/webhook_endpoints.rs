//! The webhook endpoints that the catalog has had, and the pending deliveries that have
//! lost theirs.

use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// An endpoint as the catalog last had it at that address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpointRow {
    /// Its address.
    pub url: String,
    /// What the catalog called it.
    pub name: Option<String>,
    /// Tells its secret from others.
    pub secret_hash: String,
}

/// Deliveries that wait for their endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The address that the catalog has lost.
    pub url: String,
    /// How many wait.
    pub count: i64,
}

/// Notes an endpoint of the catalog.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn save(tx: &mut Tx, endpoint: &WebhookEndpointRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO webhook_endpoints (url, name, secret_hash) VALUES ($1, $2, $3)
         ON CONFLICT (url) DO UPDATE SET name = $2, secret_hash = $3",
    )
    .bind(&endpoint.url)
    .bind(&endpoint.name)
    .bind(&endpoint.secret_hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was at an address.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &mut AnyConnection,
    url: &str,
) -> Result<Option<WebhookEndpointRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM webhook_endpoints WHERE url = $1")
        .bind(url)
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        Ok(WebhookEndpointRow {
            url: row.try_get("url")?,
            name: row.try_get("name")?,
            secret_hash: row.try_get("secret_hash")?,
        })
    })
    .transpose()
}

/// The addresses of pending deliveries.
///
/// # Errors
/// [`StoreError`].
pub async fn pending_urls(db: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let rows =
        sqlx::query("SELECT DISTINCT url FROM deliveries WHERE state = 'pending' ORDER BY url")
            .fetch_all(db)
            .await?;
    rows.iter().map(|row| Ok(row.try_get("url")?)).collect()
}

/// The deliveries that wait for their endpoint, by address.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(db: &mut AnyConnection) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query(
        "SELECT url, count(*) AS n FROM deliveries
         WHERE state = 'pending' AND waiting_since IS NOT NULL
         GROUP BY url ORDER BY url",
    )
    .fetch_all(db)
    .await?;
    let waiting = |row: &sqlx::any::AnyRow| {
        Ok(Waiting {
            url: row.try_get("url")?,
            count: row.try_get("n")?,
        })
    };
    rows.iter().map(waiting).collect()
}
