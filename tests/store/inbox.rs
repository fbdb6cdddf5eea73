//! The inbox: stored once, claimed once, given back when its worker dies.

use std::collections::BTreeSet;
use std::time::Duration;

use paidup_issuer::store::events::{self, Arrival, EventState, WaitsFor};
use paidup_issuer::store::lanes;
use paidup_issuer::store::{Store, StoreError};
use paidup_tests::on_both_databases;

use crate::store;

fn arrival(account: &str, id: &str) -> Arrival {
    Arrival {
        account: account.to_owned(),
        id: id.to_owned(),
        kind: "invoice.paid".to_owned(),
        created: 1,
        subject: None,
        lane: id.to_owned(),
        body: "{}".to_owned(),
    }
}

async fn insert(store: &Store, arrival: &Arrival, now: i64) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let new = events::insert(&mut tx, arrival, EventState::Pending, None, now).await?;
    tx.commit().await?;
    Ok(new)
}

fn holder() -> String {
    ulid::Ulid::generate().to_string()
}

async fn claim(store: &Store, now: i64) -> Result<Option<String>, StoreError> {
    let mut tx = store.write().await?;
    let claimed = lanes::claim(&mut tx, &holder(), now, 1).await?.pop();
    tx.commit().await?;
    let ids = claimed.map(|it| {
        it.events
            .into_iter()
            .map(|it| it.arrival.id)
            .collect::<Vec<_>>()
    });
    Ok(ids.map(|ids| ids.join(" ")))
}

on_both_databases! {
    async fn an_event_is_one_of_its_account(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        assert!(insert(&store, &arrival("", "evt_1"), 1).await?);
        assert!(!insert(&store, &arrival("", "evt_1"), 2).await?);
        assert!(insert(&store, &arrival("acct_1", "evt_1"), 3).await?);
        let listed = events::list(&mut *store.read().await?, None).await?;
        assert_eq!(listed.len(), 2);
        // The first arrival is the one that stays.
        assert_eq!(listed[0].received_at, 1);
        Ok(())
    }

    async fn a_claim_lasts_for_its_lease_and_then_the_event_is_due_again(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &arrival("", "evt_1"), 100).await?;
        assert_eq!(claim(&store, 99).await?, None);
        assert_eq!(claim(&store, 100).await?.as_deref(), Some("evt_1"));
        assert_eq!(claim(&store, 119).await?, None);
        assert_eq!(claim(&store, 120).await?.as_deref(), Some("evt_1"));
        let listed = events::list(&mut *store.read().await?, None).await?;
        assert_eq!(listed[0].attempts, 2);
        Ok(())
    }

    async fn the_events_of_a_lane_are_taken_together_and_by_nobody_else(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let of_ada = |id: &str| Arrival { lane: "cus_ada".to_owned(), ..arrival("", id) };
        for id in ["evt_1", "evt_2"] {
            insert(&store, &of_ada(id), 1).await?;
        }
        insert(&store, &arrival("", "evt_bob"), 2).await?;
        let mut tx = store.write().await?;
        let batch = lanes::claim(&mut tx, &holder(), 5, 1).await?.pop().unwrap();
        tx.commit().await?;
        assert_eq!(batch.events.len(), 2);
        // What arrives meanwhile waits for the lease, whoever is at work.
        insert(&store, &of_ada("evt_3"), 5).await?;
        assert_eq!(claim(&store, 5).await?.as_deref(), Some("evt_bob"));
        assert_eq!(claim(&store, 5).await?, None);
        let mut tx = store.write().await?;
        for event in &batch.events {
            events::settle(&mut tx, &event.arrival, EventState::Applied, None).await?;
        }
        assert!(batch.settle_lease(&mut tx, 5).await?);
        tx.commit().await?;
        assert_eq!(claim(&store, 5).await?.as_deref(), Some("evt_3"));
        Ok(())
    }

    async fn a_lease_that_was_taken_over_is_no_longer_the_first_holders(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &arrival("", "evt_1"), 1).await?;
        let mut tx = store.write().await?;
        let slow = lanes::claim(&mut tx, "slow", 1, 1).await?.pop().unwrap();
        tx.commit().await?;
        let mut tx = store.write().await?;
        let other = lanes::claim(&mut tx, "other", 21, 1).await?.pop().unwrap();
        tx.commit().await?;
        let mut tx = store.write().await?;
        assert!(!slow.settle_lease(&mut tx, 22).await?);
        tx.commit().await?;
        // The other still has the lane for itself.
        insert(&store, &Arrival { lane: "evt_1".to_owned(), ..arrival("", "evt_2") }, 22).await?;
        assert_eq!(claim(&store, 22).await?, None);
        let mut tx = store.write().await?;
        assert!(other.settle_lease(&mut tx, 22).await?);
        tx.commit().await?;
        assert!(claim(&store, 22).await?.is_some());
        Ok(())
    }

    async fn a_lease_that_is_renewed_lasts(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &arrival("", "evt_1"), 1).await?;
        let mut tx = store.write().await?;
        let held = lanes::claim(&mut tx, "nod_1/one", 1, 1).await?.pop().unwrap();
        assert!(held.renew(&mut tx, 15).await?);
        tx.commit().await?;
        assert_eq!(claim(&store, 34).await?, None);
        let mut tx = store.write().await?;
        assert_eq!(lanes::give_back(&mut tx, "nod_2").await?, 0);
        assert_eq!(lanes::give_back(&mut tx, "nod_1").await?, 1);
        assert!(!held.renew(&mut tx, 20).await?, "it was given back");
        tx.commit().await?;
        assert_eq!(claim(&store, 20).await?.as_deref(), Some("evt_1"));
        Ok(())
    }

    async fn several_lanes_are_claimed_at_once(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        for id in ["evt_1", "evt_2", "evt_3"] {
            insert(&store, &arrival("", id), 1).await?;
        }
        let mut tx = store.write().await?;
        let two = lanes::claim(&mut tx, "nod_1/one", 1, 2).await?;
        let one = lanes::claim(&mut tx, "nod_1/two", 1, 2).await?;
        tx.commit().await?;
        let lanes: Vec<&str> = two.iter().chain(&one).map(lanes::Batch::lane).collect();
        assert_eq!(lanes, ["evt_1", "evt_2", "evt_3"]);
        Ok(())
    }

    async fn only_the_last_of_single_events_releases_the_lease(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        for id in ["evt_1", "evt_2", "evt_3"] {
            insert(&store, &Arrival { lane: "cus_ada".to_owned(), ..arrival("", id) }, 1).await?;
        }
        let mut tx = store.write().await?;
        let mut batch = lanes::claim(&mut tx, "one", 1, 1).await?.pop().unwrap();
        tx.commit().await?;
        let first = batch.split_first().unwrap();
        let mut tx = store.write().await?;
        assert!(first.settle_lease(&mut tx, 15).await?);
        events::settle(&mut tx, &first.events[0].arrival, EventState::Applied, None).await?;
        tx.commit().await?;
        // Extended by another lease from then on.
        assert_eq!(claim(&store, 34).await?, None);
        // What was split off and not applied is given back with the rest.
        let second = batch.split_first().unwrap();
        batch.unsplit(second);
        let mut tx = store.write().await?;
        assert!(batch.settle_lease(&mut tx, 30).await?);
        batch.postpone(&mut tx, 35).await?;
        tx.commit().await?;
        assert_eq!(claim(&store, 34).await?, None);
        assert_eq!(claim(&store, 35).await?.as_deref(), Some("evt_2 evt_3"));
        Ok(())
    }

    async fn a_claim_that_is_not_committed_was_none(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        insert(&store, &arrival("", "evt_1"), 1).await?;
        let mut tx = store.write().await?;
        assert!(!lanes::claim(&mut tx, &holder(), 1, 1).await?.is_empty());
        drop(tx);
        // The connection takes it back in its own time, and the event is skipped until then.
        let claimed = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                if let Some(id) = claim(&store, 1).await? {
                    return Ok::<_, StoreError>(id);
                }
            }
        });
        assert_eq!(claimed.await??, "evt_1");
        Ok(())
    }

    async fn many_workers_take_every_event_exactly_once(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut tx = store.write().await?;
        for n in 0..200 {
            let arrival = arrival("", &format!("evt_{n}"));
            events::insert(&mut tx, &arrival, EventState::Pending, None, 1).await?;
        }
        tx.commit().await?;
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            workers.spawn(async move {
                let mut mine = Vec::new();
                while let Some(id) = claim(&store, 1).await? {
                    mine.push(id);
                }
                Ok::<_, StoreError>(mine)
            });
        }
        let mut taken = Vec::new();
        while let Some(mine) = workers.join_next().await {
            taken.extend(mine??);
        }
        assert_eq!(taken.len(), 200);
        assert_eq!(taken.into_iter().collect::<BTreeSet<_>>().len(), 200);
        Ok(())
    }

    async fn what_is_parked_wakes_for_what_it_waits_for(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        for id in ["evt_1", "evt_2"] {
            insert(&store, &arrival("", id), 1).await?;
        }
        let mut tx = store.write().await?;
        events::park(&mut tx, &arrival("", "evt_1"), WaitsFor::Mapping, "no mapping", None).await?;
        events::park(&mut tx, &arrival("", "evt_2"), WaitsFor::Stripe, "503", Some(500)).await?;
        tx.commit().await?;
        assert_eq!(claim(&store, 34).await?, None);
        let parked = events::list(&mut *store.read().await?, Some(EventState::Parked)).await?;
        assert_eq!(parked.len(), 2);
        assert_eq!(parked[0].reason.as_deref(), Some("no mapping"));

        let mut tx = store.write().await?;
        assert_eq!(events::wake(&mut tx, WaitsFor::Mapping, 50).await?, 1);
        tx.commit().await?;
        assert_eq!(claim(&store, 50).await?.as_deref(), Some("evt_1"));
        assert_eq!(claim(&store, 50).await?, None);
        assert!(claim(&store, 500).await?.is_some());
        Ok(())
    }

    async fn what_is_settled_is_never_claimed_again(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        for (n, state) in EventState::ALL.into_iter().enumerate() {
            let arrival = arrival("", &format!("evt_{n}"));
            insert(&store, &arrival, 1).await?;
            let mut tx = store.write().await?;
            events::settle(&mut tx, &arrival, state, Some("because")).await?;
            tx.commit().await?;
            let listed = events::list(&mut *store.read().await?, Some(state)).await?;
            assert_eq!(listed.len(), 1, "{state}");
            assert_eq!(listed[0].reason.as_deref(), Some("because"));
        }
        assert_eq!(claim(&store, i64::MAX).await?, None);
        Ok(())
    }

    async fn what_a_body_may_hold_comes_back_unchanged(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        let mut odd = arrival("", "evt_1");
        odd.body = format!("\"'; DROP TABLE stripe_events; -- \u{1F511} \\u0000 {}", "x".repeat(1 << 20));
        odd.subject = Some("sub_'\"\\".to_owned());
        insert(&store, &odd, 1).await?;
        let listed = events::list(&mut *store.read().await?, None).await?;
        assert_eq!(listed[0].arrival.body, odd.body);
        assert_eq!(listed[0].arrival.subject, odd.subject);
        Ok(())
    }
}
