//! The audit log: what was changed or taken out shows.

use paidup_issuer::store::audit::{self, Entry};
use paidup_issuer::store::{Store, StoreError};
use paidup_tests::{Database, Failure, on_both_databases};
use serde_json::json;

use crate::store;

const FORMER_HASH: &str = "pqiDcKwltNeJJj8QhlRhyGwHq4ACvzvTQmusIECLCzg=";

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

/// Chains what was appended.
async fn chain(store: &Store) -> Result<usize, StoreError> {
    let mut tx = store.write().await?;
    let chained = audit::chain_pending(&mut tx).await?;
    tx.commit().await?;
    Ok(chained)
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
        assert_eq!(chain(&store).await?, 3);
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

    async fn writers_of_two_issuers_do_not_meet_and_make_one_chain(database: Database) -> Outcome {
        let folder = tempfile::tempdir()?;
        let url = database.make().await?.map(Into::into);
        let one = Store::open(url.as_ref(), folder.path()).await?;
        one.migrate().await?;
        let two = Store::open(url.as_ref(), folder.path()).await?;
        let entry = |at| Entry { actor: "stripe", action: "license.created", subject: "lic_1", detail: json!({ "at": at }) };
        // Both decide at once where the database lets them.
        for at in 0..8 {
            let mut first = one.decide().await?;
            audit::append(&mut first, &entry(at), at).await?;
            if database == Database::Postgres {
                let mut second = two.decide().await?;
                audit::append(&mut second, &entry(at), at).await?;
                second.commit().await?;
            }
            first.commit().await?;
        }
        let (first, second) = tokio::join!(chain(&one), chain(&two));
        // Of two that chain at once, one may have to begin again.
        for error in [first, second].into_iter().filter_map(Result::err) {
            assert!(error.is_conflict(), "{error}");
        }
        chain(&one).await?;
        let mut db = one.read().await?;
        assert_eq!(audit::first_broken(&mut db).await?, None);
        assert!(!audit::is_pending(&mut db).await?);
        let count = sqlx::query("SELECT n FROM audit").fetch_all(&mut *db).await?.len();
        assert_eq!(count, if database == Database::Postgres { 16 } else { 8 });
        Ok(())
    }

    async fn entries_are_chained_in_the_order_of_writing(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        for action in ["a.a", "c.c", "b.b"] {
            append(&store, action, 7).await?;
        }
        append(&store, "earlier", 6).await?;
        chain(&store).await?;
        append(&store, "later", 6).await?;
        chain(&store).await?;
        let mut db = store.read().await?;
        let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit ORDER BY n").fetch_all(&mut *db).await?;
        assert_eq!(actions, ["earlier", "a.a", "c.c", "b.b", "later"]);
        Ok(())
    }

    async fn a_chain_from_before_entries_waited_still_verifies_and_goes_on(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut tx = store.write().await?;
        // Written by the version before, with its hash.
        sqlx::query(
            "INSERT INTO audit (n, at, actor, action, subject, detail, hash)
             VALUES (1, 5, 'stripe', 'license.created', 'lic_1', '{}', $1)",
        )
        .bind(FORMER_HASH)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        append(&store, "license.suspended", 6).await?;
        assert_eq!(chain(&store).await?, 1);
        assert_eq!(audit::first_broken(&mut *store.read().await?).await?, None);
        Ok(())
    }

    async fn a_worker_that_dies_while_it_chains_loses_no_entry(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        append(&store, "license.created", 1).await?;
        let mut tx = store.write().await?;
        assert_eq!(audit::chain_pending(&mut tx).await?, 1);
        drop(tx);
        assert_eq!(chain(&store).await?, 1);
        Ok(())
    }
}
