//! The outbox: a promise stays until it is kept or given up.

use paidup_issuer::store::deliveries::{self, Attempt, DeliveryRow};
use paidup_issuer::store::{Store, StoreError, webhook_endpoints};
use paidup_tests::on_both_databases;

use crate::store;

const HOLDER: &str = "nod_1/lse_1";

fn delivery(id: &str, url: &str) -> DeliveryRow {
    DeliveryRow {
        id: id.to_owned(),
        url: url.to_owned(),
        kind: "license.created".to_owned(),
        license_id: "lic_1".to_owned(),
        body_sealed: "sealed".to_owned(),
        turn: 1,
        attempts: 0,
        waiting_since: None,
    }
}

async fn insert(store: &Store, delivery: &DeliveryRow, now: i64) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    deliveries::insert(&mut tx, delivery, now).await?;
    tx.commit().await
}

async fn claim(store: &Store, now: i64) -> Result<Option<DeliveryRow>, StoreError> {
    let mut tx = store.write().await?;
    let claimed = deliveries::claim(&mut tx, HOLDER, now, &[]).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn record(store: &Store, delivery: &DeliveryRow, attempt: Attempt) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    deliveries::record(&mut tx, delivery, HOLDER, &attempt, 1).await?;
    tx.commit().await
}

on_both_databases! {
    async fn a_former_self_gives_back_what_it_held(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &delivery("evt_1", "https://a.example"), 1).await?;
        let held = claim(&store, 1).await?.unwrap();
        assert!(claim(&store, 30).await?.is_none(), "it is held for half a minute");
        let mut tx = store.write().await?;
        assert_eq!(deliveries::give_back(&mut tx, "nod_2", 2).await?, 0);
        assert_eq!(deliveries::give_back(&mut tx, "nod_1", 2).await?, 1);
        tx.commit().await?;
        // What the former attempt still records counts for nothing.
        record(&store, &held, Attempt::Delivered).await?;
        let again = claim(&store, 2).await?.unwrap();
        assert_eq!((again.id, again.attempts), (held.id, 1));
        Ok(())
    }

    async fn an_endpoint_that_is_busy_delays_no_other(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &delivery("evt_1", "https://a.example"), 1).await?;
        insert(&store, &delivery("evt_2", "https://b.example"), 2).await?;
        let mut tx = store.write().await?;
        let busy = ["https://a.example".to_owned()];
        let claimed = deliveries::claim(&mut tx, HOLDER, 2, &busy).await?.unwrap();
        assert_eq!(claimed.url, "https://b.example");
        let busy = [busy[0].clone(), claimed.url];
        assert!(deliveries::claim(&mut tx, HOLDER, 2, &busy).await?.is_none());
        Ok(())
    }

    async fn each_target_has_its_own_fate(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &delivery("evt_1", "https://a.example"), 1).await?;
        insert(&store, &delivery("evt_1", "https://b.example"), 1).await?;
        let first = claim(&store, 1).await?.unwrap();
        let second = claim(&store, 1).await?.unwrap();
        assert_ne!(first.url, second.url);
        assert!(claim(&store, 1).await?.is_none());
        record(&store, &first, Attempt::Delivered).await?;
        let failed = Attempt::Failed { error: "500".to_owned(), due_at: 50 };
        record(&store, &second, failed).await?;
        assert!(claim(&store, 49).await?.is_none());
        let again = claim(&store, 50).await?.unwrap();
        assert_eq!((&again.url, again.attempts), (&second.url, 1));
        record(&store, &again, Attempt::Exhausted { error: "500".to_owned() }).await?;
        assert!(claim(&store, i64::MAX).await?.is_none());
        Ok(())
    }

    async fn what_happened_first_is_told_first(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        // Its identifier says nothing of the order.
        insert(&store, &DeliveryRow { turn: 2, ..delivery("evt_a", "https://a.example") }, 1).await?;
        insert(&store, &DeliveryRow { turn: 1, ..delivery("evt_b", "https://a.example") }, 1).await?;
        let elsewhere = DeliveryRow {
            license_id: "lic_2".to_owned(),
            ..delivery("evt_c", "https://a.example")
        };
        insert(&store, &elsewhere, 2).await?;
        let first = claim(&store, 2).await?.unwrap();
        assert_eq!(first.id, "evt_b");
        assert_eq!(claim(&store, 2).await?.unwrap().id, "evt_c", "another license does not wait");
        assert!(claim(&store, 2).await?.is_none());
        let failed = Attempt::Failed { error: "500".to_owned(), due_at: 50 };
        record(&store, &first, failed).await?;
        assert_eq!(claim(&store, 2).await?.unwrap().id, "evt_a", "one that failed stops nobody");
        Ok(())
    }

    async fn a_worker_that_dies_gives_it_back(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &delivery("evt_1", "https://a.example"), 1).await?;
        assert!(claim(&store, 1).await?.is_some());
        assert!(claim(&store, 30).await?.is_none());
        assert!(claim(&store, 31).await?.is_some());
        Ok(())
    }

    async fn promised_twice_is_an_error_and_not_two_webhooks(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &delivery("evt_1", "https://a.example"), 1).await?;
        let again = insert(&store, &delivery("evt_1", "https://a.example"), 1).await;
        assert!(again.unwrap_err().is_conflict());
        Ok(())
    }

    async fn one_without_endpoint_waits_once_and_is_then_given_up(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &delivery("evt_1", "https://a.example"), 1).await?;
        let first = claim(&store, 1).await?.unwrap();
        let waits = Attempt::Waiting { error: "gone".to_owned(), until: 100 };
        record(&store, &first, waits).await?;
        assert!(claim(&store, 99).await?.is_none());
        let waiting = webhook_endpoints::waiting(&mut *store.read().await?).await?;
        assert_eq!((waiting[0].url.as_str(), waiting[0].count), ("https://a.example", 1));
        let last = claim(&store, 100).await?.unwrap();
        assert_eq!(last.waiting_since, Some(1));
        record(&store, &last, Attempt::Exhausted { error: "gone".to_owned() }).await?;
        assert!(claim(&store, i64::MAX).await?.is_none());
        assert!(webhook_endpoints::waiting(&mut *store.read().await?).await?.is_empty());
        Ok(())
    }

    async fn what_moves_to_another_address_keeps_its_order(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let (old, new) = ("https://old.example", "https://new.example");
        for (id, turn) in [("evt_a", 2), ("evt_b", 1), ("evt_c", 3)] {
            insert(&store, &DeliveryRow { turn, ..delivery(id, old) }, 1).await?;
        }
        insert(&store, &DeliveryRow { turn: 3, ..delivery("evt_c", new) }, 1).await?;
        let mut tx = store.write().await?;
        deliveries::hold(&mut tx, old, "gone", (5, 500)).await?;
        let movable = deliveries::movable(&mut tx, old, new).await?;
        let ids: Vec<&str> = movable.iter().map(|delivery| delivery.id.as_str()).collect();
        assert_eq!(ids, ["evt_b", "evt_a"], "the new address was promised the third itself");
        for delivery in &movable {
            deliveries::redirect(&mut tx, delivery, (new, "sealed again"), 9).await?;
        }
        tx.commit().await?;
        for id in ["evt_b", "evt_a", "evt_c"] {
            let next = claim(&store, 9).await?.unwrap();
            assert_eq!((next.id.as_str(), next.url.as_str()), (id, new));
            record(&store, &next, Attempt::Delivered).await?;
        }
        assert!(claim(&store, 9).await?.is_none(), "what is left waits");
        Ok(())
    }
}
