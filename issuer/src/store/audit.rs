//! The audit log: append-only, each entry's hash covering the one before, so
//! that an entry that was changed or taken out shows.
//!
//! An entry is written with the change that it records, without a number: two writers
//! would meet over the next one. [`chain_pending`] numbers and hashes committed entries
//! afterwards, and moves them to the chain in one transaction.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// What somebody did.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Who: `stripe`, `time`, `client` …
    pub actor: &'a str,
    /// What, as `noun.verb`.
    pub action: &'a str,
    /// To what: an identifier.
    pub subject: &'a str,
    /// How, without secrets and without personal data.
    pub detail: Value,
}

/// How many entries are chained in one transaction at most.
const BATCH: i64 = 500;

/// Appends an entry: it is kept if `tx` is committed, and chained afterwards.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn append(tx: &mut Tx, entry: &Entry<'_>, now: i64) -> Result<(), StoreError> {
    let place = tx.place();
    sqlx::query(
        "INSERT INTO audit_pending (id, at, actor, action, subject, detail)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(format!("{:020}-{place}", now.max(0)))
    .bind(now)
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.detail.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether any entry is not chained yet.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn is_pending(db: &mut AnyConnection) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT id FROM audit_pending LIMIT 1")
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Chains the oldest entries that are not chained yet; how many. `tx` is one of
/// [`Store::write`](super::Store::write): where two chain at once, the second waits for
/// the rows of the first and finds them gone, or conflicts over the next number.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn chain_pending(tx: &mut Tx) -> Result<usize, StoreError> {
    let rows = sqlx::query(
        "DELETE FROM audit_pending
         WHERE id IN (SELECT id FROM audit_pending ORDER BY id LIMIT $1) RETURNING *",
    )
    .bind(BATCH)
    .fetch_all(&mut **tx)
    .await?;
    let mut entries = BTreeMap::new();
    for row in &rows {
        entries.insert(row.try_get::<String, _>("id")?, row);
    }
    let last = sqlx::query("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await?;
    let (mut n, mut before) = match last {
        Some(row) => (row.try_get("n")?, row.try_get("hash")?),
        None => (0_i64, String::new()),
    };
    for row in entries.into_values() {
        n = n.saturating_add(1);
        let at: i64 = row.try_get("at")?;
        let text = |column: &str| row.try_get::<String, _>(column);
        let (actor, action) = (text("actor")?, text("action")?);
        let (subject, detail) = (text("subject")?, text("detail")?);
        let hash = chain(&before, n, at, &actor, &action, &subject, &detail);
        sqlx::query(
            "INSERT INTO audit (n, at, actor, action, subject, detail, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(n)
        .bind(at)
        .bind(actor)
        .bind(action)
        .bind(subject)
        .bind(detail)
        .bind(&hash)
        .execute(&mut **tx)
        .await?;
        before = hash;
    }
    Ok(rows.len())
}

/// Walks the whole chain; the number of the first entry that does not fit.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn first_broken(db: &mut AnyConnection) -> Result<Option<i64>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit ORDER BY n")
        .fetch_all(db)
        .await?;
    let mut before = String::new();
    for (row, expected) in rows.iter().zip(1_i64..) {
        let n: i64 = row.try_get("n")?;
        let text = |column: &str| row.try_get::<String, _>(column);
        let (actor, action, subject) = (text("actor")?, text("action")?, text("subject")?);
        let hash = chain(
            &before,
            n,
            row.try_get("at")?,
            &actor,
            &action,
            &subject,
            &text("detail")?,
        );
        if n != expected || hash != text("hash")? {
            return Ok(Some(expected));
        }
        before = hash;
    }
    Ok(None)
}

fn chain(
    before: &str,
    n: i64,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> String {
    let mut hasher = Sha256::new();
    for part in [
        before,
        &n.to_string(),
        &at.to_string(),
        actor,
        action,
        subject,
        detail,
    ] {
        // Each part's length first, so that no two entries read alike.
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    STANDARD.encode(hasher.finalize())
}
