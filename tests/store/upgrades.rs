//! What an upgrade makes of the rows that are there.

use std::path::Path;

use paidup_issuer::store::Store;
use paidup_tests::{Failure, on_both_databases};
use sqlx::{AnyConnection, Row};

/// The migrations, in order.
fn migrations() -> Result<Vec<(String, String)>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../issuer/migrations");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        found.push((name, std::fs::read_to_string(file.path())?));
    }
    found.sort();
    Ok(found)
}

async fn execute(db: &mut AnyConnection, sql: &str) -> Result<(), Failure> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await?;
    Ok(())
}

on_both_databases! {
    async fn a_status_of_before_counts_from_the_last_change(database: Database) -> Outcome {
        let folder = tempfile::tempdir()?;
        let url = database.make().await?.map(Into::into);
        let store = Store::open(url.as_ref(), folder.path()).await?;
        let mut db = store.read().await?;
        let split = |(name, _): &(String, String)| name.as_str() < "0008";
        let (before, after): (Vec<_>, Vec<_>) = migrations()?.into_iter().partition(split);
        for (_, sql) in &before {
            execute(&mut db, sql).await?;
        }
        execute(
            &mut db,
            "INSERT INTO customers (id, created_at, updated_at) VALUES ('cst_1', 1, 1);
             INSERT INTO licenses
                 (id, item, customer_id, product, policy, key_hash, key_sealed, state, status, seq,
                  created_at, updated_at)
             VALUES ('lic_1', 'sub_1/si_1', 'cst_1', 'notes', 'growth_policy', 'h', 's', '{}',
                     'revoked', 1, 5, 70)",
        )
        .await?;
        for (_, sql) in &after {
            execute(&mut db, sql).await?;
        }
        let row = sqlx::query("SELECT status_since, ends_with_period FROM licenses")
            .fetch_one(&mut *db)
            .await?;
        let found: (i64, i64) = (row.try_get("status_since")?, row.try_get("ends_with_period")?);
        assert_eq!(found, (70, 0));
        Ok(())
    }
}
