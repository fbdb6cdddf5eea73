//! What became of a license, change by change, and the events behind each change.

use std::collections::BTreeMap;

use paidup_lifecycle::{Fact, Object};
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx, json};

/// An entry of the audit log about a license.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// When it was recorded.
    pub recorded_at: i64,
    /// Who: `stripe`, `time`, `administrator` …
    pub actor: String,
    /// What: `license.suspended` …
    pub action: String,
    /// How, as JSON.
    pub detail: String,
}

/// An event that is being applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// `evt_…`
    pub event_id: String,
    /// When Stripe made it.
    pub created: i64,
}

/// Everything that became of a license, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_license(db: &mut AnyConnection, id: &str) -> Result<Vec<ChangeRow>, StoreError> {
    let rows = sqlx::query(
        // Entries that are not chained yet follow those that are.
        "SELECT at, actor, action, detail, n, '' AS pending FROM audit
         WHERE subject = $1 AND action LIKE 'license.%'
         UNION ALL
         SELECT at, actor, action, detail, 9223372036854775807 AS n, id AS pending
         FROM audit_pending
         WHERE subject = $1 AND action LIKE 'license.%'
         ORDER BY n, pending",
    )
    .bind(id)
    .fetch_all(db)
    .await?;
    let row = |row: &sqlx::any::AnyRow| {
        Ok(ChangeRow {
            recorded_at: row.try_get("at")?,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            detail: row.try_get("detail")?,
        })
    };
    rows.iter().map(row).collect()
}

/// The events that are being applied and say something of what was bought in `origin`,
/// oldest first. Facts are stored before licenses follow them, and events are settled
/// after. Another purchase of the same customer is not reached, and events of other
/// accounts are never applied.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prompts(
    tx: &mut Tx,
    origin: &str,
    stripe_customer: Option<&str>,
) -> Result<Vec<Prompt>, StoreError> {
    let rows = sqlx::query(
        // CROSS JOIN, so that SQLite begins with the purchase and not with the inbox.
        "WITH RECURSIVE reached (link) AS (
             SELECT link FROM fact_links WHERE link = $1
             UNION
             SELECT further.link
             FROM reached CROSS JOIN fact_links AS carrier CROSS JOIN fact_links AS further
             WHERE carrier.link = reached.link AND further.object = carrier.object
               AND further.link <> $2 AND further.link NOT LIKE 'email:%'
         )
         SELECT DISTINCT stripe_events.id, stripe_events.created
         FROM reached CROSS JOIN fact_links CROSS JOIN facts CROSS JOIN stripe_events
         WHERE fact_links.link = reached.link AND facts.object = fact_links.object
           AND stripe_events.account = '' AND stripe_events.id = facts.event_id
           AND stripe_events.state IN ('pending', 'parked')
         ORDER BY stripe_events.created, stripe_events.id",
    )
    .bind(origin)
    .bind(stripe_customer.unwrap_or_default())
    .fetch_all(&mut **tx)
    .await?;
    let prompt = |row: &sqlx::any::AnyRow| {
        Ok(Prompt {
            event_id: row.try_get("id")?,
            created: row.try_get("created")?,
        })
    };
    rows.iter().map(prompt).collect()
}

/// The type of each of these events that is still in the inbox.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn kinds<'a>(
    db: &mut AnyConnection,
    events: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut kinds = BTreeMap::new();
    for id in events {
        if kinds.contains_key(id) {
            continue;
        }
        let row = sqlx::query("SELECT type FROM stripe_events WHERE account = '' AND id = $1")
            .bind(id)
            .fetch_optional(&mut *db)
            .await?;
        if let Some(row) = row {
            kinds.insert(id.to_owned(), row.try_get("type")?);
        }
    }
    Ok(kinds)
}

/// Whether a subscription is to end with the period it is in.
///
/// # Errors
/// [`StoreError`].
pub async fn ends_with_period(
    db: &mut AnyConnection,
    subscription: &str,
) -> Result<bool, StoreError> {
    let fact = fact(db, &format!("subscription:{subscription}")).await?;
    let Some(fact) = fact else { return Ok(false) };
    Ok(match fact.object {
        Object::Subscription(subscription) => subscription.cancel_at_period_end,
        _ => false,
    })
}

/// What is known of one object, by its key.
///
/// # Errors
/// [`StoreError`].
pub async fn fact(db: &mut AnyConnection, object: &str) -> Result<Option<Fact>, StoreError> {
    let row = sqlx::query("SELECT body FROM facts WHERE object = $1")
        .bind(object)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let body: String = row.try_get("body")?;
    json(&body, "facts", "body", object).map(Some)
}
