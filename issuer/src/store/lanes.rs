//! Who works on which events: those of one customer belong to one worker at a time.

use sqlx::Row;

use super::events::EventRow;
use super::{StoreError, Tx};

/// How long a worker may take before another takes over, in seconds.
const LEASE: i64 = 300;
/// How many events are applied together at most.
const BATCH: i64 = 100;

/// Events of one lane that are applied together.
#[derive(Debug, Clone)]
pub struct Batch {
    lane: String,
    /// The events.
    pub events: Vec<EventRow>,
}

/// Takes the events of the lane that has been due for longest, for one lease: a
/// worker that dies gives them back by doing nothing. Nobody else gets events of that
/// lane meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(tx: &mut Tx, now: i64) -> Result<Option<Batch>, StoreError> {
    let query = format!(
        "SELECT lane FROM stripe_events
         WHERE state IN ('pending', 'parked') AND due_at <= $1
           AND NOT EXISTS
               (SELECT 1 FROM leases WHERE leases.lane = stripe_events.lane AND until > $1)
         ORDER BY due_at, received_at, created, id
         LIMIT 1 {}",
        tx.skip_locked()
    );
    let due = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(due) = due else { return Ok(None) };
    let lane: String = due.try_get("lane")?;
    let leased = sqlx::query(
        "INSERT INTO leases (lane, until) VALUES ($1, $2)
         ON CONFLICT (lane) DO UPDATE SET until = $2 WHERE leases.until <= $3",
    )
    .bind(&lane)
    .bind(now.saturating_add(LEASE))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    if leased.rows_affected() == 0 {
        return Ok(None);
    }
    let rows = sqlx::query(
        "UPDATE stripe_events SET attempts = attempts + 1
         WHERE (account, id) IN
             (SELECT account, id FROM stripe_events
              WHERE lane = $1 AND state IN ('pending', 'parked') AND due_at <= $2
              ORDER BY due_at, received_at, created, id LIMIT $3)
         RETURNING *",
    )
    .bind(&lane)
    .bind(now)
    .bind(BATCH)
    .fetch_all(&mut **tx)
    .await?;
    let events = rows
        .iter()
        .map(EventRow::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Some(Batch { lane, events }))
}

impl Batch {
    /// Gives the lease back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release(&self, tx: &mut Tx) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM leases WHERE lane = $1")
            .bind(&self.lane)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Makes its events due at that moment.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn postpone(&self, tx: &mut Tx, due_at: i64) -> Result<(), StoreError> {
        for event in &self.events {
            sqlx::query("UPDATE stripe_events SET due_at = $1 WHERE account = $2 AND id = $3")
                .bind(due_at)
                .bind(&event.arrival.account)
                .bind(&event.arrival.id)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// The same lease, one event at a time.
    #[must_use]
    pub fn singly(self) -> Vec<Self> {
        let lane = self.lane;
        let single = |event| Self {
            lane: lane.clone(),
            events: vec![event],
        };
        self.events.into_iter().map(single).collect()
    }
}
