//! What is not committed did not happen, and what was read still holds when it is.

use paidup_issuer::store::instance;
use paidup_tests::on_both_databases;

use crate::store;

on_both_databases! {
    async fn a_dropped_transaction_did_nothing(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut tx = store.write().await?;
        instance::fix(&mut tx, "mode", "test").await?;
        drop(tx);
        assert_eq!(instance::find(&mut *store.read().await?, "mode").await?, None);
        Ok(())
    }

    async fn a_transaction_that_the_database_ended_by_itself_costs_no_connection(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        // SQLite does this by itself when the disk is full. More often than there
        // are connections, so that one that is lost is missed.
        for _ in 0..20 {
            let mut tx = store.write().await?;
            sqlx::query("ROLLBACK").execute(&mut *tx).await?;
            drop(tx);
        }
        let mut tx = store.write().await?;
        instance::fix(&mut tx, "mode", "test").await?;
        tx.commit().await?;
        Ok(())
    }

    async fn what_is_fixed_first_holds(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut tx = store.write().await?;
        assert_eq!(instance::fix(&mut tx, "mode", "test").await?, "test");
        assert_eq!(instance::fix(&mut tx, "mode", "live").await?, "test");
        tx.commit().await?;
        assert_eq!(instance::find(&mut *store.read().await?, "mode").await?.as_deref(), Some("test"));
        Ok(())
    }

    async fn of_two_decisions_on_the_same_reading_one_holds(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut deciders = tokio::task::JoinSet::new();
        for n in 0..8 {
            let store = store.clone();
            deciders.spawn(async move {
                let mut tx = store.decide().await?;
                if instance::find(&mut tx, "first").await?.is_some() {
                    return Ok(false);
                }
                instance::fix(&mut tx, "first", &n.to_string()).await?;
                instance::fix(&mut tx, &format!("winner {n}"), "yes").await?;
                tx.commit().await.map(|()| true)
            });
        }
        let mut winners = 0;
        while let Some(decided) = deciders.join_next().await {
            match decided? {
                Ok(won) => winners += usize::from(won),
                Err(error) => assert!(error.is_conflict(), "{error}"),
            }
        }
        assert_eq!(winners, 1);
        Ok(())
    }

    async fn the_schema_can_be_brought_up_to_date_twice_and_by_two(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let (one, two) = tokio::join!(store.migrate(), store.migrate());
        one?;
        two?;
        Ok(())
    }
}
