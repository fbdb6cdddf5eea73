//! The catalog as it was: products, policies and mappings that were ever in use. The file
//! says what is sold now; what was sold before keeps its terms.

use std::collections::BTreeMap;

use paidup_lifecycle::{Mapped, Sale, Timestamp};
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx, json, to_json};
use crate::catalog::{Catalog, Policy, Product, RetiredMapping};

/// What the catalog has had.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Every product, and since when it is archived.
    pub products: Vec<(Product, Option<i64>)>,
    /// Every policy, and since when it is archived.
    pub policies: Vec<(Policy, Option<i64>)>,
    /// Mappings that were taken away.
    pub retired: Vec<RetiredMapping>,
    /// Mappings that are in force, each with its moment.
    pub current: BTreeMap<Mapped, (i64, Sale)>,
}

/// Everything that the catalog has ever had.
///
/// # Errors
/// [`StoreError`].
pub async fn kept(db: &mut AnyConnection) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    let rows = sqlx::query("SELECT code, body, archived_at FROM catalog_products ORDER BY code")
        .fetch_all(&mut *db)
        .await?;
    for row in rows {
        let (code, body): (String, String) = (row.try_get("code")?, row.try_get("body")?);
        let product = json(&body, "catalog_products", "body", &code)?;
        kept.products.push((product, row.try_get("archived_at")?));
    }
    let rows = sqlx::query("SELECT name, body, archived_at FROM catalog_policies ORDER BY name")
        .fetch_all(&mut *db)
        .await?;
    for row in rows {
        let (name, body): (String, String) = (row.try_get("name")?, row.try_get("body")?);
        let policy = json(&body, "catalog_policies", "body", &name)?;
        kept.policies.push((policy, row.try_get("archived_at")?));
    }
    let rows = sqlx::query(
        "SELECT mapped, since, sale, until FROM catalog_mappings ORDER BY mapped, since",
    )
    .fetch_all(&mut *db)
    .await?;
    for row in rows {
        let mapped: String = row.try_get("mapped")?;
        let sale: String = row.try_get("sale")?;
        let sale: Sale = json(&sale, "catalog_mappings", "sale", &mapped)?;
        let until: Option<i64> = row.try_get("until")?;
        let mapped: Mapped = json(&mapped, "catalog_mappings", "mapped", &mapped)?;
        match until {
            Some(until) => kept.retired.push(RetiredMapping {
                mapped,
                sale,
                until: Timestamp(until),
            }),
            None => {
                kept.current.insert(mapped, (row.try_get("since")?, sale));
            }
        }
    }
    Ok(kept)
}

/// Writes down what the catalog says now: what it has no more is archived, and a mapping
/// that is gone or serves another product is retired at that moment.
///
/// # Errors
/// [`StoreError`].
pub async fn record(
    tx: &mut Tx,
    kept: &Kept,
    catalog: &Catalog,
    now: i64,
) -> Result<(), StoreError> {
    for product in catalog.products() {
        sqlx::query(
            "INSERT INTO catalog_products (code, body, archived_at) VALUES ($1, $2, $3)
             ON CONFLICT (code) DO UPDATE SET body = $2, archived_at = $3",
        )
        .bind(&product.code)
        .bind(to_json(product))
        .bind(product.archived.then_some(now))
        .execute(&mut **tx)
        .await?;
    }
    for policy in catalog.policies() {
        sqlx::query(
            "INSERT INTO catalog_policies (name, body, archived_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET body = $2, archived_at = $3",
        )
        .bind(&policy.name)
        .bind(to_json(policy))
        .bind(policy.archived.then_some(now))
        .execute(&mut **tx)
        .await?;
    }
    for (policy, archived_at) in &kept.policies {
        if archived_at.is_none() && catalog.policy(&policy.name).is_none() {
            sqlx::query("UPDATE catalog_policies SET archived_at = $1 WHERE name = $2")
                .bind(now)
                .bind(&policy.name)
                .execute(&mut **tx)
                .await?;
        }
    }
    for (product, archived_at) in &kept.products {
        if archived_at.is_none() && catalog.product(&product.code).is_none() {
            sqlx::query("UPDATE catalog_products SET archived_at = $1 WHERE code = $2")
                .bind(now)
                .bind(&product.code)
                .execute(&mut **tx)
                .await?;
        }
    }
    for (mapped, sale) in catalog.mapping().archived() {
        let known = kept.retired.iter().any(|retired| retired.mapped == *mapped);
        if known || kept.current.contains_key(mapped) {
            continue;
        }
        // Archived from the beginning: it serves what was bought until now.
        sqlx::query(
            "INSERT INTO catalog_mappings (mapped, since, sale, until) VALUES ($1, $2, $3, $2)",
        )
        .bind(to_json(mapped))
        .bind(now)
        .bind(to_json(sale))
        .execute(&mut **tx)
        .await?;
    }
    let current: BTreeMap<&Mapped, &Sale> = catalog.mapping().current().collect();
    for (mapped, (since, sale)) in &kept.current {
        let goes_on = current
            .get(mapped)
            .is_some_and(|it| it.product() == sale.product());
        if !goes_on {
            sqlx::query("UPDATE catalog_mappings SET until = $1 WHERE mapped = $2 AND since = $3")
                .bind(now)
                .bind(to_json(mapped))
                .bind(since)
                .execute(&mut **tx)
                .await?;
        }
    }
    for (mapped, sale) in current {
        let known = kept.current.get(mapped);
        let known = known.filter(|(_, known)| known.product() == sale.product());
        let since = known.map_or(now, |(since, _)| *since);
        sqlx::query(
            "INSERT INTO catalog_mappings (mapped, since, sale) VALUES ($1, $2, $3)
             ON CONFLICT (mapped, since) DO UPDATE SET sale = $3, until = NULL",
        )
        .bind(to_json(mapped))
        .bind(since)
        .bind(to_json(sale))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// How many licenses of each product can be used, or could be again once they are paid.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn products_in_use(db: &mut AnyConnection) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = sqlx::query(
        "SELECT product, CAST(count(*) AS BIGINT) AS licenses FROM licenses
         WHERE status IN ('active', 'suspended') GROUP BY product",
    )
    .fetch_all(db)
    .await?;
    let count = |row: &sqlx::any::AnyRow| Ok((row.try_get("product")?, row.try_get("licenses")?));
    rows.iter().map(count).collect()
}

/// How many licenses of each policy can be used, or could be again once they are paid.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn policies_in_use(db: &mut AnyConnection) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = sqlx::query(
        "SELECT policy, CAST(count(*) AS BIGINT) AS licenses FROM licenses
         WHERE status IN ('active', 'suspended') GROUP BY policy",
    )
    .fetch_all(db)
    .await?;
    let count = |row: &sqlx::any::AnyRow| Ok((row.try_get("policy")?, row.try_get("licenses")?));
    rows.iter().map(count).collect()
}
