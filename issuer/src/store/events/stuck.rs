//! The events that could not be applied: parked, or not understood.

use sqlx::{AnyConnection, Row};

use super::{EventRow, EventState, WaitsFor};
use crate::store::StoreError;

/// Events that could not be applied for one cause. Each unmapped price is a cause of its
/// own.
#[derive(Debug, Clone)]
pub struct Stuck {
    /// Parked or quarantined.
    pub state: EventState,
    /// What they wait for, where they are parked.
    pub waits_for: Option<WaitsFor>,
    /// How many there are.
    pub count: i64,
    /// The one that arrived first.
    pub oldest: EventRow,
}

/// The events that could not be applied, by cause, the cause with the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn stuck(db: &mut AnyConnection) -> Result<Vec<Stuck>, StoreError> {
    let rows = sqlx::query(
        "SELECT state, waits_for, price, count(*) AS n, min(received_at) AS since
         FROM (SELECT state, coalesce(waits_for, '') AS waits_for, received_at,
                      CASE WHEN waits_for = 'mapping' THEN reason ELSE '' END AS price
               FROM stripe_events WHERE state IN ('parked', 'quarantined')) AS stuck
         GROUP BY state, waits_for, price
         ORDER BY since, state, waits_for, price",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut causes = Vec::new();
    for row in rows {
        let state: String = row.try_get("state")?;
        let waits_for: String = row.try_get("waits_for")?;
        let price: String = row.try_get("price")?;
        let oldest = sqlx::query(
            "SELECT * FROM stripe_events
             WHERE state = $1 AND coalesce(waits_for, '') = $2 AND ($3 = '' OR reason = $3)
             ORDER BY received_at, created, id LIMIT 1",
        )
        .bind(state)
        .bind(&waits_for)
        .bind(price)
        .fetch_optional(&mut *db)
        .await?;
        // It may have been applied in between.
        let Some(oldest) = oldest.as_ref().map(EventRow::try_from).transpose()? else {
            continue;
        };
        causes.push(Stuck {
            state: oldest.state,
            waits_for: WaitsFor::named(&waits_for),
            count: row.try_get("n")?,
            oldest,
        });
    }
    Ok(causes)
}

/// The oldest event about an object, or of its lane, that is not applied.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting_about(
    db: &mut AnyConnection,
    object: &str,
) -> Result<Option<EventRow>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM stripe_events
         WHERE (subject = $1 OR lane = $1) AND state IN ('pending', 'parked', 'quarantined')
         ORDER BY state = 'pending', received_at, created, id LIMIT 1",
    )
    .bind(object)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(EventRow::try_from).transpose()
}
