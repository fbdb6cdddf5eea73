//! What was bought at a price that is mapped to no policy.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// An item at a price that is mapped to no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedItem {
    /// `sub_…/si_…`, `cs_…/li_…` or `in_…/il_…`
    pub item: String,
    /// The subscription, checkout or invoice.
    pub origin: String,
    /// `price_…`
    pub price: String,
    /// The policy that the price extends, where the subscription has no license of it.
    pub extends: Option<String>,
    /// The policy that the price sold until it was archived.
    pub archived: Option<String>,
    /// The license that keeps its last terms; absent if there is no license.
    pub license_id: Option<String>,
}

/// The items at one unmapped price.
#[derive(Debug, Clone)]
pub struct UnmappedCount {
    /// One of them.
    pub example: UnmappedItem,
    /// How many there are.
    pub items: i64,
    /// How many of them have a license that keeps its last terms.
    pub licensed: i64,
}

impl TryFrom<&AnyRow> for UnmappedItem {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            item: row.try_get("item")?,
            origin: row.try_get("origin")?,
            price: row.try_get("price")?,
            extends: row.try_get("extends")?,
            archived: row.try_get("archived")?,
            license_id: row.try_get("license_id")?,
        })
    }
}

/// What has changed among the unmapped items.
#[derive(Debug, Default)]
pub struct Replaced {
    /// What was not there before.
    pub new: Vec<UnmappedItem>,
    /// What is not there any more.
    pub gone: Vec<UnmappedItem>,
}

/// Stores what is unmapped in these origins now.
///
/// # Errors
/// [`StoreError`].
pub async fn replace(
    tx: &mut Tx,
    origins: impl IntoIterator<Item = &str>,
    unmapped: &[UnmappedItem],
    now: i64,
) -> Result<Replaced, StoreError> {
    let mut stored: BTreeMap<String, UnmappedItem> = BTreeMap::new();
    for origin in origins {
        let rows = sqlx::query("SELECT * FROM unmapped_items WHERE origin = $1")
            .bind(origin)
            .fetch_all(&mut **tx)
            .await?;
        for row in &rows {
            let item = UnmappedItem::try_from(row)?;
            stored.insert(item.item.clone(), item);
        }
    }
    let mut new = Vec::new();
    for item in unmapped {
        let before = stored.remove(&item.item);
        if before.as_ref() == Some(item) {
            continue;
        }
        insert(tx, item, now).await?;
        if before.is_none_or(|before| before.price != item.price) {
            new.push(item.clone());
        }
    }
    for item in stored.keys() {
        sqlx::query("DELETE FROM unmapped_items WHERE item = $1")
            .bind(item)
            .execute(&mut **tx)
            .await?;
    }
    let gone = stored.into_values().collect();
    Ok(Replaced { new, gone })
}

async fn insert(tx: &mut Tx, item: &UnmappedItem, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO unmapped_items (item, origin, price, extends, license_id, found_at, archived)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (item) DO UPDATE
         SET origin = $2, price = $3, extends = $4, license_id = $5, found_at = $6, archived = $7",
    )
    .bind(&item.item)
    .bind(&item.origin)
    .bind(&item.price)
    .bind(&item.extends)
    .bind(&item.license_id)
    .bind(now)
    .bind(&item.archived)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is unmapped, by price.
///
/// # Errors
/// [`StoreError`].
pub async fn by_price(db: &mut AnyConnection) -> Result<Vec<UnmappedCount>, StoreError> {
    let rows = sqlx::query(
        "SELECT unmapped_items.*, counted.items, counted.licensed
         FROM (SELECT min(item) AS first, count(*) AS items, count(license_id) AS licensed
               FROM unmapped_items GROUP BY price) AS counted
         JOIN unmapped_items ON unmapped_items.item = counted.first
         ORDER BY unmapped_items.price",
    )
    .fetch_all(db)
    .await?;
    let count = |row: &AnyRow| {
        Ok(UnmappedCount {
            example: UnmappedItem::try_from(row)?,
            items: row.try_get("items")?,
            licensed: row.try_get("licensed")?,
        })
    };
    rows.iter().map(count).collect()
}
