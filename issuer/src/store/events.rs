//! The inbox: Stripe's events, from their arrival until they are applied.

mod state;
mod stuck;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};
pub use state::{EventState, WaitsFor};
pub use stuck::{Stuck, stuck, waiting_about};

/// An event that arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The connected account; empty for the endpoint's own.
    pub account: String,
    /// `evt_…`
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// When Stripe made it.
    pub created: i64,
    /// The identifier of the object it carries.
    pub subject: Option<String>,
    /// Whose events are applied together: the customer's, where it names one.
    pub lane: String,
    /// The raw body; empty once it is forgotten with its customer.
    pub body: String,
}

/// An event in the inbox.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// What arrived.
    pub arrival: Arrival,
    /// When it arrived.
    pub received_at: i64,
    /// What became of it.
    pub state: EventState,
    /// Why it is not applied.
    pub reason: Option<String>,
    /// How often that was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub due_at: Option<i64>,
}

impl TryFrom<&AnyRow> for EventRow {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        let id: String = row.try_get("id")?;
        let state: String = row.try_get("state")?;
        let state = EventState::ALL.into_iter().find(|it| it.as_str() == state);
        Ok(Self {
            state: state.ok_or_else(|| StoreError::Inconsistent {
                table: "stripe_events",
                column: "state",
                row: id.clone(),
            })?,
            arrival: Arrival {
                account: row.try_get("account")?,
                id,
                kind: row.try_get("type")?,
                created: row.try_get("created")?,
                subject: row.try_get("subject")?,
                lane: row.try_get("lane")?,
                body: row.try_get("body")?,
            },
            received_at: row.try_get("received_at")?,
            reason: row.try_get("reason")?,
            attempts: row.try_get("attempts")?,
            due_at: row.try_get("due_at")?,
        })
    }
}

/// Stores an event; `false` where it was there already.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert(
    tx: &mut Tx,
    arrival: &Arrival,
    state: EventState,
    reason: Option<&str>,
    now: i64,
) -> Result<bool, StoreError> {
    let due_at = (state == EventState::Pending).then_some(now);
    let inserted = sqlx::query(
        "INSERT INTO stripe_events
             (account, id, type, created, received_at, body, subject, lane, state, reason, attempts,
              due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)
         ON CONFLICT (account, id) DO NOTHING",
    )
    .bind(&arrival.account)
    .bind(&arrival.id)
    .bind(&arrival.kind)
    .bind(arrival.created)
    .bind(now)
    .bind(&arrival.body)
    .bind(&arrival.subject)
    .bind(&arrival.lane)
    .bind(state.as_str())
    .bind(reason)
    .bind(due_at)
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Says what became of an event, for good.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn settle(
    tx: &mut Tx,
    event: &Arrival,
    state: EventState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE stripe_events SET state = $1, reason = $2, waits_for = NULL, due_at = NULL
         WHERE account = $3 AND id = $4",
    )
    .bind(state.as_str())
    .bind(reason)
    .bind(&event.account)
    .bind(&event.id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Says that an event cannot be applied yet, and when to try again; never by
/// itself where `due_at` is absent.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn park(
    tx: &mut Tx,
    event: &Arrival,
    waits_for: WaitsFor,
    reason: &str,
    due_at: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE stripe_events SET state = 'parked', reason = $1, waits_for = $2, due_at = $3
         WHERE account = $4 AND id = $5",
    )
    .bind(reason)
    .bind(waits_for.as_str())
    .bind(due_at)
    .bind(&event.account)
    .bind(&event.id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets the bodies of events about any of these objects that are settled for good:
/// nobody reads them again.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(tx: &mut Tx, objects: &BTreeSet<String>) -> Result<(), StoreError> {
    for object in objects {
        sqlx::query(
            "UPDATE stripe_events SET body = ''
             WHERE (lane = $1 OR subject = $1) AND state IN ('applied', 'ignored') AND body <> ''",
        )
        .bind(object)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Makes parked events due now; how many there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn wake(tx: &mut Tx, waits_for: WaitsFor, now: i64) -> Result<u64, StoreError> {
    let woken = sqlx::query(
        "UPDATE stripe_events SET due_at = $1, attempts = 0
         WHERE state = 'parked' AND waits_for = $2",
    )
    .bind(now)
    .bind(waits_for.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(woken.rows_affected())
}

/// Makes parked events about an object, or of its lane, due now.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn wake_about(
    tx: &mut Tx,
    waits_for: WaitsFor,
    object: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE stripe_events SET due_at = $1, attempts = 0
         WHERE state = 'parked' AND waits_for = $2 AND (lane = $3 OR subject = $3)",
    )
    .bind(now)
    .bind(waits_for.as_str())
    .bind(object)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes events of one state due now, or only one of them; how many there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn retry(
    tx: &mut Tx,
    state: EventState,
    id: Option<&str>,
    now: i64,
) -> Result<u64, StoreError> {
    let retried = sqlx::query(
        "UPDATE stripe_events
         SET state = 'pending', reason = NULL, waits_for = NULL, attempts = 0, due_at = $1
         WHERE state = $2 AND ($3 = '' OR id = $3)",
    )
    .bind(now)
    .bind(state.as_str())
    .bind(id.unwrap_or_default())
    .execute(&mut **tx)
    .await?;
    Ok(retried.rows_affected())
}

/// The event of that identifier; our own account's where others have one too.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &mut AnyConnection, id: &str) -> Result<Option<EventRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM stripe_events WHERE id = $1 ORDER BY account LIMIT 1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(EventRow::try_from).transpose()
}

/// All events, oldest arrival first; those in one state where it is given.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    db: &mut AnyConnection,
    state: Option<EventState>,
) -> Result<Vec<EventRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM stripe_events
         WHERE $1 = '' OR state = $1
         ORDER BY received_at, created, id",
    )
    .bind(state.map_or("", EventState::as_str))
    .fetch_all(db)
    .await?;
    rows.iter().map(EventRow::try_from).collect()
}

/// How many events there are in a state, and when the last event of all arrived.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn summary(
    db: &mut AnyConnection,
) -> Result<(BTreeMap<EventState, i64>, Option<i64>), StoreError> {
    let rows = sqlx::query(
        "SELECT state, count(*) AS n, max(received_at) AS last FROM stripe_events GROUP BY state",
    )
    .fetch_all(db)
    .await?;
    let (mut counts, mut last) = (BTreeMap::new(), None);
    for row in rows {
        let state: String = row.try_get("state")?;
        let state = EventState::ALL.into_iter().find(|it| it.as_str() == state);
        counts.extend(state.zip(Some(row.try_get::<i64, _>("n")?)));
        last = last.max(row.try_get::<Option<i64>, _>("last")?);
    }
    Ok((counts, last))
}

/// How many events should be looked at by now.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_due(db: &mut AnyConnection, now: i64) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT count(*) AS n FROM stripe_events
         WHERE state IN ('pending', 'parked') AND due_at <= $1",
    )
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}

/// How many events wait to be applied.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_waiting(db: &mut AnyConnection) -> Result<i64, StoreError> {
    // What is pending is always due at some time, and only that is indexed.
    let row = sqlx::query(
        "SELECT count(*) AS n FROM stripe_events WHERE state = 'pending' AND due_at IS NOT NULL",
    )
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}
