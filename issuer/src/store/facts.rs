//! Facts at rest: the newest of each object, found by the identifiers it carries.

use std::collections::BTreeSet;

use paidup_lifecycle::{Fact, History};
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx, json, to_json};

/// A fact, and the event that told it where one did.
#[derive(Debug, Clone)]
pub struct Sourced {
    /// The fact.
    pub fact: Fact,
    /// `evt_…`: the event that told it, or because of which Stripe was asked; absent
    /// where Stripe was asked for no event's sake.
    pub event_id: Option<String>,
}

impl Sourced {
    /// Told by that event.
    #[must_use]
    pub fn told(fact: Fact, event_id: &str) -> Self {
        let event_id = Some(event_id.to_owned());
        Self { fact, event_id }
    }

    /// Learnt by asking.
    #[must_use]
    pub fn asked(fact: Fact) -> Self {
        let event_id = None;
        Self { fact, event_id }
    }
}

/// The history that these facts belong to: all that is stored and linked to
/// them, directly or through others, and the facts themselves.
///
/// # Errors
/// [`StoreError`].
pub async fn history(db: &mut AnyConnection, facts: &[Sourced]) -> Result<History, StoreError> {
    let links = facts.iter().flat_map(|it| it.fact.object.links());
    let mut history = linked(db, links).await?;
    history.extend(facts.iter().map(|it| it.fact.clone()));
    Ok(history)
}

/// The history of all that is stored and carries one of these identifiers, or is linked
/// to such.
///
/// # Errors
/// [`StoreError`].
pub async fn linked(
    db: &mut AnyConnection,
    links: impl IntoIterator<Item = String>,
) -> Result<History, StoreError> {
    let mut history = History::default();
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<String> = links.into_iter().collect();
    while let Some(link) = ahead.pop() {
        if !seen.insert(link.clone()) {
            continue;
        }
        let rows = sqlx::query(
            "SELECT facts.object, facts.body
             FROM fact_links JOIN facts ON facts.object = fact_links.object
             WHERE fact_links.link = $1",
        )
        .bind(&link)
        .fetch_all(&mut *db)
        .await?;
        for row in rows {
            let object: String = row.try_get("object")?;
            let body: String = row.try_get("body")?;
            let fact: Fact = json(&body, "facts", "body", &object)?;
            let links = fact.object.links().into_iter();
            ahead.extend(links.filter(|it| !seen.contains(it)));
            history.learn(fact);
        }
    }
    Ok(history)
}

/// The facts of a history, each with the event that told it.
///
/// # Errors
/// [`StoreError`].
pub async fn sources(
    db: &mut AnyConnection,
    history: &History,
) -> Result<Vec<Sourced>, StoreError> {
    let mut sources = Vec::new();
    for fact in history.facts() {
        let row = sqlx::query("SELECT event_id FROM facts WHERE object = $1")
            .bind(fact.key().as_str())
            .fetch_optional(&mut *db)
            .await?;
        let event_id = row.map(|row| row.try_get("event_id")).transpose()?;
        sources.push(Sourced {
            fact: fact.clone(),
            event_id: event_id.flatten(),
        });
    }
    Ok(sources)
}

/// The identifiers of everything in which something can be bought.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn origins(db: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT object FROM facts
         WHERE object LIKE 'subscription:%' OR object LIKE 'checkout:%'
            OR object LIKE 'invoice:%' ORDER BY object",
    )
    .fetch_all(db)
    .await?;
    let mut origins = Vec::new();
    for row in rows {
        let object: String = row.try_get("object")?;
        origins.extend(object.split_once(':').map(|(_, id)| id.to_owned()));
    }
    Ok(origins)
}

/// Stores those of the facts that are still the newest of their object. Nothing
/// personal is kept of a customer who was deleted.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn save(tx: &mut Tx, history: &History, facts: &[Sourced]) -> Result<(), StoreError> {
    for Sourced { fact, event_id } in facts {
        if history.holds(fact) {
            let fact = history.forgotten(fact).unwrap_or_else(|| fact.clone());
            write(tx, &fact, event_id.as_deref()).await?;
        }
    }
    for fact in history.facts().filter_map(|it| history.forgotten(it)) {
        sqlx::query("UPDATE facts SET body = $1 WHERE object = $2")
            .bind(to_json(&fact))
            .bind(fact.key().as_str())
            .execute(&mut **tx)
            .await?;
        sqlx::query("DELETE FROM fact_links WHERE object = $1 AND link LIKE 'email:%'")
            .bind(fact.key().as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, fact: &Fact, event_id: Option<&str>) -> Result<(), StoreError> {
    let key = fact.key();
    sqlx::query(
        "INSERT INTO facts (object, observed_at, event_id, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (object) DO UPDATE SET observed_at = $2, event_id = $3, body = $4",
    )
    .bind(key.as_str())
    .bind(fact.observed.at.0)
    .bind(event_id)
    .bind(to_json(fact))
    .execute(&mut **tx)
    .await?;
    // An address may have changed, or be forgotten; identifiers do not.
    sqlx::query("DELETE FROM fact_links WHERE object = $1 AND link LIKE 'email:%'")
        .bind(key.as_str())
        .execute(&mut **tx)
        .await?;
    for link in fact.object.links() {
        sqlx::query("INSERT INTO fact_links (link, object) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(link)
            .bind(key.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
