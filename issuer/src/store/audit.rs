//! The audit log: append-only, each entry's hash covering the one before, so
//! that an entry that was changed or taken out shows.

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

/// Appends an entry.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn append(tx: &mut Tx, entry: &Entry<'_>, now: i64) -> Result<(), StoreError> {
    let last = sqlx::query("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await?;
    let (n, before) = match last {
        Some(row) => (
            row.try_get::<i64, _>("n")?,
            row.try_get::<String, _>("hash")?,
        ),
        None => (0, String::new()),
    };
    let n = n.saturating_add(1);
    let detail = entry.detail.to_string();
    let hash = chain(
        &before,
        n,
        now,
        entry.actor,
        entry.action,
        entry.subject,
        &detail,
    );
    sqlx::query(
        "INSERT INTO audit (n, at, actor, action, subject, detail, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(n)
    .bind(now)
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(&detail)
    .bind(&hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
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
