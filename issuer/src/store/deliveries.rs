//! The outbox: webhooks that were promised, until they are delivered.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// How long an attempt holds a delivery, in seconds; it gives up before.
const LEASE: i64 = 30;

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
    /// Since when it has waited for an endpoint at its address, if it does.
    pub waiting_since: Option<i64>,
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
            waiting_since: row.try_get("waiting_since")?,
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

/// Takes the delivery that has been due for longest, for one lease, but none to the addresses
/// in `except`. It waits while one before it is on its way to the same target for the first
/// time, but not for one that has failed: a target that refuses one webhook still gets the
/// others. `holder` names the attempt: the node that works, a slash, and what no other
/// attempt has.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(
    tx: &mut Tx,
    holder: &str,
    now: i64,
    except: &[String],
) -> Result<Option<DeliveryRow>, StoreError> {
    let mut excluded = String::new();
    for place in 0..except.len() {
        let place = place.saturating_add(2);
        excluded.push_str(&format!(" AND url <> ${place}"));
    }
    let query = format!(
        "SELECT * FROM deliveries
         WHERE state = 'pending' AND due_at <= $1{excluded}
           AND NOT EXISTS
               (SELECT 1 FROM deliveries AS earlier
                WHERE earlier.license_id = deliveries.license_id
                  AND earlier.url = deliveries.url AND earlier.turn < deliveries.turn
                  AND earlier.state = 'pending' AND earlier.last_error IS NULL)
         ORDER BY due_at, created_at, turn, id
         LIMIT 1 {}",
        tx.skip_locked()
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(now);
    for url in except {
        query = query.bind(url);
    }
    let row = query.fetch_optional(&mut **tx).await?;
    let Some(row) = row else { return Ok(None) };
    let delivery = DeliveryRow::try_from(&row)?;
    sqlx::query(
        "UPDATE deliveries SET due_at = $1, holder = $4, attempts = attempts + 1
         WHERE id = $2 AND url = $3",
    )
    .bind(now.saturating_add(LEASE))
    .bind(&delivery.id)
    .bind(&delivery.url)
    .bind(holder)
    .execute(&mut **tx)
    .await?;
    Ok(Some(delivery))
}

/// Makes due again what a node held: its former self, which cannot deliver it any more. How
/// many deliveries there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn give_back(tx: &mut Tx, node: &str, now: i64) -> Result<u64, StoreError> {
    let given = sqlx::query(
        "UPDATE deliveries SET due_at = $2, holder = NULL
         WHERE state = 'pending' AND substr(holder, 1, length($1) + 1) = $1 || '/'",
    )
    .bind(node)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(given.rows_affected())
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

/// The deliveries to one address that failed and are tried again.
#[derive(Debug, Clone)]
pub struct Failing {
    /// The address.
    pub url: String,
    /// How many there are.
    pub count: i64,
    /// When the next one is tried.
    pub next_at: i64,
    /// What the one that is tried next failed with.
    pub error: String,
}

/// The deliveries that failed and are tried again, by address.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn failing(db: &mut AnyConnection) -> Result<Vec<Failing>, StoreError> {
    let rows = sqlx::query(
        "SELECT url, count(*) AS n, min(due_at) AS next_at, max(last_error) AS error
         FROM deliveries
         WHERE state = 'pending' AND last_error IS NOT NULL AND waiting_since IS NULL
         GROUP BY url ORDER BY url",
    )
    .fetch_all(db)
    .await?;
    let failing = |row: &AnyRow| {
        Ok(Failing {
            url: row.try_get("url")?,
            count: row.try_get("n")?,
            next_at: row.try_get("next_at")?,
            error: row.try_get("error")?,
        })
    };
    rows.iter().map(failing).collect()
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
    /// The catalog has no endpoint for it; it waits until then, and is given up if it has
    /// waited so before.
    Waiting {
        /// What to tell people.
        error: String,
        /// When to give it up.
        until: i64,
    },
    /// It did not, and it was the last attempt.
    Exhausted {
        /// What it said.
        error: String,
    },
}

/// Records what came of the attempt of that name; nothing where another one has taken the
/// delivery over.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn record(
    tx: &mut Tx,
    delivery: &DeliveryRow,
    holder: &str,
    attempt: &Attempt,
    now: i64,
) -> Result<(), StoreError> {
    let (state, error, due_at, waiting_since) = match attempt {
        Attempt::Delivered => ("delivered", None, now, None),
        Attempt::Failed { error, due_at } => ("pending", Some(error), *due_at, None),
        Attempt::Waiting { error, until } => ("pending", Some(error), *until, Some(now)),
        Attempt::Exhausted { error } => ("dead", Some(error), now, None),
    };
    sqlx::query(
        "UPDATE deliveries
         SET state = $1, last_error = $2, due_at = $3, waiting_since = $6, holder = NULL
         WHERE id = $4 AND url = $5 AND holder = $7",
    )
    .bind(state)
    .bind(error)
    .bind(due_at)
    .bind(&delivery.id)
    .bind(&delivery.url)
    .bind(waiting_since)
    .bind(holder)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lets the pending deliveries to an address wait for its endpoint, until `until` at most.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn hold(
    tx: &mut Tx,
    url: &str,
    reason: &str,
    (now, until): (i64, i64),
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET waiting_since = $1, due_at = $2, last_error = $3
         WHERE url = $4 AND state = 'pending' AND waiting_since IS NULL",
    )
    .bind(now)
    .bind(until)
    .bind(reason)
    .bind(url)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the deliveries that wait for an endpoint at this address due: it is back.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn release(tx: &mut Tx, url: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET waiting_since = NULL, due_at = $1, last_error = NULL, attempts = 0
         WHERE url = $2 AND state = 'pending' AND waiting_since IS NOT NULL",
    )
    .bind(now)
    .bind(url)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The pending deliveries to an address that the endpoint at `other` was not promised too.
///
/// # Errors
/// [`StoreError`].
pub async fn movable(
    db: &mut AnyConnection,
    url: &str,
    other: &str,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM deliveries
         WHERE url = $1 AND state = 'pending' AND NOT EXISTS
             (SELECT 1 FROM deliveries AS promised
              WHERE promised.id = deliveries.id AND promised.url = $2)
         ORDER BY turn, id",
    )
    .bind(url)
    .bind(other)
    .fetch_all(db)
    .await?;
    rows.iter().map(DeliveryRow::try_from).collect()
}

/// Sends a pending delivery to another address, as if it had never been tried.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn redirect(
    tx: &mut Tx,
    delivery: &DeliveryRow,
    (url, body_sealed): (&str, &str),
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET url = $1, body_sealed = $2, due_at = $3, attempts = 0,
             last_error = NULL, waiting_since = NULL
         WHERE id = $4 AND url = $5 AND state = 'pending'",
    )
    .bind(url)
    .bind(body_sealed)
    .bind(now)
    .bind(&delivery.id)
    .bind(&delivery.url)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
