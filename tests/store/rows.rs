//! Licenses, customers, machines: one of each, and back as it was stored.

use paidup::MachineClass;
use paidup_issuer::store::customers::{self, CustomerRow};
use paidup_issuer::store::licenses::{self, LicenseRow, PurchaseOrigin};
use paidup_issuer::store::machines::{self, MachineRow};
use paidup_issuer::store::{Store, StoreError};
use paidup_lifecycle::{Flag, LicenseState, Order, Phase, Timestamp};
use paidup_tests::on_both_databases;

use crate::store;

fn customer(id: &str, stripe: Option<&str>) -> CustomerRow {
    CustomerRow {
        id: id.to_owned(),
        stripe_customer: stripe.map(str::to_owned),
        email: Some("ada@example.com".to_owned()),
        name: Some("Ada \u{1F511} O'Neil".to_owned()),
    }
}

fn license(id: &str, item: &str, key_hash: &str) -> LicenseRow {
    LicenseRow {
        id: id.to_owned(),
        item: item.to_owned(),
        subscription: Some("sub_1".to_owned()),
        origin: PurchaseOrigin::default(),
        customer_id: "cus_1".to_owned(),
        product: "notes".to_owned(),
        key_hash: key_hash.to_owned(),
        key_sealed: "sealed".to_owned(),
        state: LicenseState {
            policy: "growth_policy".to_owned(),
            seats: 3,
            entitlements: std::collections::BTreeSet::new(),
            paid_at: None,
            left_at: None,
            paid_until: Some(Timestamp(1000)),
            phase: Phase::Ended {
                grace_ends_at: Timestamp(500),
            },
            over_since: Some(Timestamp(400)),
            flags: [Flag::OldDisputeLost].into(),
        },
        order: Some(Order::Suspend),
        told: None,
        seq: 1 << 52,
        key_seq: 3,
        created_at: 1,
        updated_at: 2,
        status_since: 1,
        ends_with_period: true,
    }
}

fn machine(id: &str, license: &str, fingerprint: &str) -> MachineRow {
    MachineRow {
        id: id.to_owned(),
        license_id: license.to_owned(),
        fingerprint: fingerprint.to_owned(),
        name: None,
        platform: Some("linux".to_owned()),
        key_hash: "hash".to_owned(),
        created_at: 1,
        last_seen_at: 2,
        deactivated_at: None,
        class: MachineClass::Web,
        heartbeat_at: Some(3),
    }
}

async fn save_license(store: &Store, license: &LicenseRow, now: i64) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    licenses::save(&mut tx, license, Timestamp(now)).await?;
    tx.commit().await
}

async fn save_machine(store: &Store, machine: &MachineRow) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    machines::save(&mut tx, machine).await?;
    tx.commit().await
}

async fn save_customer(store: &Store, customer: &CustomerRow) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    customers::save(&mut tx, customer, 1).await?;
    tx.commit().await
}

on_both_databases! {
    async fn one_license_an_item_and_one_a_key(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        save_customer(&store, &customer("cus_1", Some("cus_stripe"))).await?;
        save_license(&store, &license("lic_1", "sub_1/si_1", "hash 1"), 1).await?;
        let same_item = save_license(&store, &license("lic_2", "sub_1/si_1", "hash 2"), 1).await;
        assert!(same_item.unwrap_err().is_conflict());
        let same_key = save_license(&store, &license("lic_2", "sub_1/si_2", "hash 1"), 1).await;
        assert!(same_key.unwrap_err().is_conflict());
        save_license(&store, &license("lic_2", "sub_1/si_2", "hash 2"), 1).await?;
        let mut db = store.read().await?;
        assert_eq!(licenses::of_subscription(&mut db, "sub_1").await?.len(), 2);
        Ok(())
    }

    async fn a_license_comes_back_as_it_was(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        save_customer(&store, &customer("cus_1", None)).await?;
        let stored = license("lic_1", "sub_1/si_1", "hash 1");
        save_license(&store, &stored, 1).await?;
        let mut db = store.read().await?;
        let by_id = licenses::find(&mut db, "lic_1").await?.unwrap();
        let by_key = licenses::find_by_key(&mut db, "hash 1").await?.unwrap();
        let by_item = licenses::find_by_item(&mut db, "sub_1/si_1").await?.unwrap();
        for found in [by_id, by_key, by_item] {
            assert_eq!(found.state, stored.state);
            assert_eq!((found.seq, found.created_at), (stored.seq, stored.created_at));
            assert_eq!(found.told, None);
            assert_eq!((found.status_since, found.ends_with_period), (1, true));
        }
        assert!(licenses::find_by_key(&mut db, "hash 2").await?.is_none());
        Ok(())
    }

    async fn a_license_is_due_when_time_changes_its_answer(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        save_customer(&store, &customer("cus_1", None)).await?;
        save_license(&store, &license("lic_1", "sub_1/si_1", "hash 1"), 1).await?;
        let mut db = store.read().await?;
        assert!(licenses::due(&mut db, Timestamp(499)).await?.is_empty());
        assert_eq!(licenses::due(&mut db, Timestamp(500)).await?.len(), 1);
        drop(db);
        // Stored again after the moment, nothing is left to come.
        save_license(&store, &license("lic_1", "sub_1/si_1", "hash 1"), 500).await?;
        assert!(licenses::due(&mut *store.read().await?, Timestamp(9999)).await?.is_empty());
        Ok(())
    }

    async fn a_customer_of_stripes_is_one_and_guests_are_many(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        save_customer(&store, &customer("cus_1", Some("cus_stripe"))).await?;
        let twin = save_customer(&store, &customer("cus_2", Some("cus_stripe"))).await;
        assert!(twin.unwrap_err().is_conflict());
        save_customer(&store, &customer("cus_3", None)).await?;
        save_customer(&store, &customer("cus_4", None)).await?;
        let mut db = store.read().await?;
        let found = customers::find_by_stripe(&mut db, "cus_stripe").await?.unwrap();
        assert_eq!((found.id.as_str(), found.name), ("cus_1", customer("", None).name));
        Ok(())
    }

    async fn a_fingerprint_is_one_machine_of_a_license(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        save_customer(&store, &customer("cus_1", None)).await?;
        save_license(&store, &license("lic_1", "sub_1/si_1", "hash 1"), 1).await?;
        save_license(&store, &license("lic_2", "sub_1/si_2", "hash 2"), 1).await?;
        save_machine(&store, &machine("mac_1", "lic_1", "here")).await?;
        let twin = save_machine(&store, &machine("mac_2", "lic_1", "here")).await;
        assert!(twin.unwrap_err().is_conflict());
        save_machine(&store, &machine("mac_2", "lic_2", "here")).await?;
        let mut gone = machine("mac_1", "lic_1", "here");
        gone.deactivated_at = Some(7);
        save_machine(&store, &gone).await?;
        let found = machines::find(&mut *store.read().await?, "lic_1", "here").await?.unwrap();
        assert_eq!((found.id.as_str(), found.deactivated_at), ("mac_1", Some(7)));
        Ok(())
    }

    async fn a_machine_that_was_deactivated_meanwhile_stays_so(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        save_customer(&store, &customer("cus_1", None)).await?;
        save_license(&store, &license("lic_1", "sub_1/si_1", "hash 1"), 1).await?;
        save_machine(&store, &machine("mac_1", "lic_1", "here")).await?;
        let mut tx = store.write().await?;
        assert!(machines::note_seen(&mut tx, "mac_1", 5).await?);
        assert!(machines::note_heartbeat(&mut tx, "mac_1", 6).await?);
        assert!(machines::deactivate(&mut tx, "mac_1", 7).await?);
        assert!(!machines::note_seen(&mut tx, "mac_1", 8).await?);
        assert!(!machines::note_heartbeat(&mut tx, "mac_1", 8).await?);
        assert!(!machines::deactivate(&mut tx, "mac_1", 8).await?);
        tx.commit().await?;
        let found = machines::find(&mut *store.read().await?, "lic_1", "here").await?.unwrap();
        assert_eq!((found.last_seen_at, found.deactivated_at), (6, Some(7)));
        Ok(())
    }

    async fn what_refers_to_nothing_is_refused(database: Database) -> Outcome {
        let (store, _folder) = store(database).await?;
        assert!(save_license(&store, &license("lic_1", "sub_1/si_1", "hash 1"), 1).await.is_err());
        assert!(save_machine(&store, &machine("mac_1", "lic_1", "here")).await.is_err());
        Ok(())
    }
}
