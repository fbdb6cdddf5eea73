//! The outbox: webhooks that were promised, until they are delivered.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// How long a delivery may take before another worker tries it, in seconds.
const LEASE: i64 = 120;

/// A webhook to be delivered.
#[derive(Debug, Clone)]
pub struct DeliveryRow {
    /// `evt_…`, the same for every target and every attempt.
    pub id: String,
    /// The target.
    pub url: String,
    /// The event's type.
    pub kind: String,
    /// The license it speaks of.
    pub license_id: String,
    /// The body, encrypted.
    pub body_sealed: String,
    /// Its place among those of its license: what happened first is told first.
    pub turn: i64,
    /// How often it was tried before.
    pub attempts: i64,
}

impl TryFrom<&AnyRow> for DeliveryRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            url: row.try_get("url")?,
            kind: row.try_get("type")?,
            license_id: row.try_get("license_id")?,
            body_sealed: row.try_get("body_sealed")?,
            turn: row.try_get("turn")?,
            attempts: row.try_get("attempts")?,
        })
    }
}

/// Promises a delivery.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert(tx: &mut Tx, delivery: &DeliveryRow, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO deliveries
             (id, url, type, license_id, body_sealed, turn, state, attempts, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, $7)",
    )
    .bind(&delivery.id)
    .bind(&delivery.url)
    .bind(&delivery.kind)
    .bind(&delivery.license_id)
    .bind(&delivery.body_sealed)
    .bind(delivery.turn)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the delivery that has been due for longest, for one lease. It waits while one
/// before it is on its way to the same target for the first time, but not for one that
/// has failed: a target that refuses one webhook still gets the others.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(tx: &mut Tx, now: i64) -> Result<Option<DeliveryRow>, StoreError> {
    let query = format!(
        "SELECT * FROM deliveries
         WHERE state = 'pending' AND due_at <= $1
           AND NOT EXISTS
               (SELECT 1 FROM deliveries AS earlier
                WHERE earlier.license_id = deliveries.license_id
                  AND earlier.url = deliveries.url AND earlier.turn < deliveries.turn
                  AND earlier.state = 'pending' AND earlier.last_error IS NULL)
         ORDER BY due_at, created_at, turn, id
         LIMIT 1 {}",
        tx.skip_locked()
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let delivery = DeliveryRow::try_from(&row)?;
    sqlx::query(
        "UPDATE deliveries SET due_at = $1, attempts = attempts + 1 WHERE id = $2 AND url = $3",
    )
    .bind(now.saturating_add(LEASE))
    .bind(&delivery.id)
    .bind(&delivery.url)
    .execute(&mut **tx)
    .await?;
    Ok(Some(delivery))
}

/// Forgets the bodies of what was delivered about a customer of Stripe's.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(tx: &mut Tx, stripe_customer: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET body_sealed = ''
         WHERE state = 'delivered' AND body_sealed <> '' AND license_id IN
             (SELECT licenses.id FROM licenses JOIN customers ON customers.id = customer_id
              WHERE stripe_customer = $1)",
    )
    .bind(stripe_customer)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many deliveries were not tried yet.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_fresh(db: &mut AnyConnection) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT count(*) AS n FROM deliveries WHERE state = 'pending' AND last_error IS NULL",
    )
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt {
    /// The target took it.
    Delivered,
    /// It did not; the next attempt is due then.
    Failed {
        /// What it said.
        error: String,
        /// When to try again.
        due_at: i64,
    },
    /// It did not, and it was the last attempt.
    Exhausted {
        /// What it said.
        error: String,
    },
}

/// Records what came of an attempt.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn record(
    tx: &mut Tx,
    delivery: &DeliveryRow,
    attempt: &Attempt,
    now: i64,
) -> Result<(), StoreError> {
    let (state, error, due_at) = match attempt {
        Attempt::Delivered => ("delivered", None, now),
        Attempt::Failed { error, due_at } => ("pending", Some(error), *due_at),
        Attempt::Exhausted { error } => ("dead", Some(error), now),
    };
    sqlx::query(
        "UPDATE deliveries SET state = $1, last_error = $2, due_at = $3 WHERE id = $4 AND url = $5",
    )
    .bind(state)
    .bind(error)
    .bind(due_at)
    .bind(&delivery.id)
    .bind(&delivery.url)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
