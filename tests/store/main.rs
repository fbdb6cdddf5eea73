//! One conformance suite for the store, on SQLite and on PostgreSQL.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod audit;
mod inbox;
mod outbox;
mod rows;
mod transactions;
mod upgrades;

use paidup_issuer::store::Store;
use paidup_tests::{Database, Failure};
use tempfile::TempDir;

/// A store with its schema, and the folder that it may live in.
async fn store(database: Database) -> Result<(Store, TempDir), Failure> {
    let folder = tempfile::tempdir()?;
    let url = database.make().await?.map(Into::into);
    let store = Store::open(url.as_ref(), folder.path()).await?;
    store.migrate().await?;
    Ok((store, folder))
}
