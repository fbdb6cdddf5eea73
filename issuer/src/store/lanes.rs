//! Who works on which events: those of one customer belong to one worker at a time.
//!
//! A claim holds the lease of a lane under a name of its own. The transaction that
//! applies events checks that name ([`Batch::settle_lease`]), so that a worker that was
//! too slow commits nothing and frees nobody else's lease.

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
    /// The claim that holds the lease.
    holder: String,
    /// Whether more of the same claim follows, under the same lease.
    more: bool,
    /// The events.
    pub events: Vec<EventRow>,
}

/// Takes the events of the lane that has been due for longest, for one lease: a
/// worker that dies gives them back by doing nothing. Nobody else gets events of that
/// lane meanwhile. `holder` names the claim, and no other claim has that name.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(tx: &mut Tx, holder: &str, now: i64) -> Result<Option<Batch>, StoreError> {
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
        "INSERT INTO leases (lane, until, holder) VALUES ($1, $2, $4)
         ON CONFLICT (lane) DO UPDATE SET until = $2, holder = $4 WHERE leases.until <= $3",
    )
    .bind(&lane)
    .bind(now.saturating_add(LEASE))
    .bind(now)
    .bind(holder)
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
    let events = rows.iter().map(EventRow::try_from);
    let mut events: Vec<EventRow> = events.collect::<Result<_, _>>()?;
    // PostgreSQL returns updated rows in any order.
    let place = |event: &EventRow| {
        let arrival = &event.arrival;
        (
            event.due_at,
            event.received_at,
            arrival.created,
            arrival.id.clone(),
        )
    };
    events.sort_by_cached_key(place);
    Ok(Some(Batch {
        lane,
        holder: holder.to_owned(),
        more: false,
        events,
    }))
}

impl Batch {
    /// The lane.
    #[must_use]
    pub fn lane(&self) -> &str {
        &self.lane
    }

    /// Releases the lease, or extends it where more of the same claim follows. `false`
    /// where another worker has taken it over: then nothing may be committed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn settle_lease(&self, tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
        let held = match self.more {
            true => sqlx::query("UPDATE leases SET until = $3 WHERE lane = $1 AND holder = $2")
                .bind(&self.lane)
                .bind(&self.holder)
                .bind(now.saturating_add(LEASE)),
            false => sqlx::query("DELETE FROM leases WHERE lane = $1 AND holder = $2")
                .bind(&self.lane)
                .bind(&self.holder),
        };
        Ok(held.execute(&mut **tx).await?.rows_affected() == 1)
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

    /// Splits off the first event, under the same lease, which only the last part
    /// releases; `None` where no event is left.
    pub fn split_first(&mut self) -> Option<Self> {
        if self.events.is_empty() {
            return None;
        }
        let rest = self.events.split_off(1);
        let events = std::mem::replace(&mut self.events, rest);
        Some(Self {
            lane: self.lane.clone(),
            holder: self.holder.clone(),
            more: !self.events.is_empty(),
            events,
        })
    }

    /// Puts back what was split off and not applied.
    pub fn unsplit(&mut self, mut first: Self) {
        first.events.append(&mut self.events);
        self.events = first.events;
    }
}
