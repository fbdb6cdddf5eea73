//! The audit log: what was changed or taken out shows.

use paidup_issuer::store::Store;
use paidup_issuer::store::audit::{self, Entry};
use paidup_tests::{Failure, on_both_databases};
use serde_json::json;

use crate::store;

async fn append(store: &Store, action: &str, at: i64) -> Result<(), Failure> {
    let detail = json!({ "status": "active" });
    let entry = Entry {
        actor: "stripe",
        action,
        subject: "lic_1",
        detail,
    };
    let mut tx = store.decide().await?;
    audit::append(&mut tx, &entry, at).await?;
    Ok(tx.commit().await?)
}

async fn tamper(store: &Store, statement: &'static str) -> Result<Option<i64>, Failure> {
    let mut tx = store.write().await?;
    sqlx::query(statement).execute(&mut *tx).await?;
    let broken = audit::first_broken(&mut tx).await?;
    // Not committed: the next tampering begins with a whole chain.
    drop(tx);
    Ok(broken)
}

on_both_databases! {
    async fn an_entry_that_was_touched_breaks_the_chain(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        for (n, action) in ["license.created", "license.suspended", "license.revoked"].into_iter().enumerate() {
            append(&store, action, i64::try_from(n)?).await?;
        }
        assert_eq!(audit::first_broken(&mut *store.read().await?).await?, None);
        let tampering = [
            ("UPDATE audit SET action = 'license.created' WHERE n = 2", 2),
            ("UPDATE audit SET detail = '{}' WHERE n = 3", 3),
            ("UPDATE audit SET at = at + 1 WHERE n = 1", 1),
            ("UPDATE audit SET actor = 'strip', action = 'elicense.created' WHERE n = 1", 1),
            ("DELETE FROM audit WHERE n = 2", 2),
        ];
        for (statement, n) in tampering {
            assert_eq!(tamper(&store, statement).await?, Some(n), "{statement}");
        }
        assert_eq!(audit::first_broken(&mut *store.read().await?).await?, None);
        Ok(())
    }

    async fn two_that_write_at_once_make_one_chain(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut writers = tokio::task::JoinSet::new();
        for n in 0..16 {
            let store = store.clone();
            writers.spawn(async move {
                // PostgreSQL gives one of two up, and it begins anew.
                while let Err(error) = append(&store, "license.created", n).await {
                    let conflict = error.downcast_ref().is_some_and(paidup_issuer::store::StoreError::is_conflict);
                    assert!(conflict, "{error}");
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done?;
        }
        let mut db = store.read().await?;
        assert_eq!(audit::first_broken(&mut db).await?, None);
        let count = sqlx::query("SELECT n FROM audit").fetch_all(&mut *db).await?.len();
        assert_eq!(count, 16);
        Ok(())
    }
}
