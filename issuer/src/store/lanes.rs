//! Who works on which events: those of one customer belong to one worker at a time.
//!
//! A lease is short, and its worker renews it for as long as it works. A claim holds the lease of a lane under a name of its own. The transaction that
//! applies events checks that name ([`Batch::settle_lease`]), so that a worker that was
//! too slow commits nothing and frees nobody else's lease.

use sqlx::Row;

use super::events::EventRow;
use super::{StoreError, Tx};

/// How long a lease lasts that is not renewed, in seconds: after a crash, events wait for that
/// long at most.
pub const LEASE: i64 = 20;
/// How many events are applied together at most.
const BATCH: i64 = 100;
/// How many events are looked at to find lanes that are due.
const HEAD: i64 = 256;

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

/// Takes the events of the lanes that have been due for longest, of `lanes` at most, for one
/// lease each. Nobody else gets events of those lanes meanwhile. `holder` names the claim:
/// the node that works, a slash, and what no other claim has.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(
    tx: &mut Tx,
    holder: &str,
    now: i64,
    lanes: usize,
) -> Result<Vec<Batch>, StoreError> {
    let query = format!(
        "SELECT lane FROM stripe_events
         WHERE state IN ('pending', 'parked') AND due_at <= $1
           AND NOT EXISTS
               (SELECT 1 FROM leases WHERE leases.lane = stripe_events.lane AND until > $1)
         ORDER BY due_at, received_at, created, id
         LIMIT $2 {}",
        tx.skip_locked()
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(now)
        .bind(HEAD)
        .fetch_all(&mut **tx)
        .await?;
    let mut due: Vec<String> = Vec::new();
    for row in rows {
        let lane: String = row.try_get("lane")?;
        if due.len() < lanes && !due.contains(&lane) {
            due.push(lane);
        }
    }
    let mut claimed = Vec::new();
    for lane in due {
        claimed.extend(claim_lane(tx, lane, holder, now).await?);
    }
    Ok(claimed)
}

async fn claim_lane(
    tx: &mut Tx,
    lane: String,
    holder: &str,
    now: i64,
) -> Result<Option<Batch>, StoreError> {
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

/// Gives back what a node held: its former self, which cannot work on it any more. How many
/// leases there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn give_back(tx: &mut Tx, node: &str) -> Result<u64, StoreError> {
    let given =
        sqlx::query("DELETE FROM leases WHERE substr(holder, 1, length($1) + 1) = $1 || '/'")
            .bind(node)
            .execute(&mut **tx)
            .await?;
    Ok(given.rows_affected())
}

impl Batch {
    /// The lane.
    #[must_use]
    pub fn lane(&self) -> &str {
        &self.lane
    }

    /// Makes the lease last from now on; `false` where another worker has taken it over.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn renew(&self, tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
        let renewed = sqlx::query("UPDATE leases SET until = $3 WHERE lane = $1 AND holder = $2")
            .bind(&self.lane)
            .bind(&self.holder)
            .bind(now.saturating_add(LEASE))
            .execute(&mut **tx)
            .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Releases the lease, or extends it where more of the same claim follows. `false`
    /// where another worker has taken it over: then nothing may be committed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn settle_lease(&self, tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
        if self.more {
            return self.renew(tx, now).await;
        }
        let released = sqlx::query("DELETE FROM leases WHERE lane = $1 AND holder = $2")
            .bind(&self.lane)
            .bind(&self.holder)
            .execute(&mut **tx)
            .await?;
        Ok(released.rows_affected() == 1)
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
