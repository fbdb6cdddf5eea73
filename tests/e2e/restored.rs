//! A server that was restored from a backup: what has happened since is lost there,
//! and nobody who has paid notices.

use paidup::Code;
use paidup_issuer::app::{KeyChange, Renewal};
use paidup_issuer::store::StoreError;
use paidup_tests::{DAY, Database, Outcome, Stage, on_both_databases};

use super::client::key_of;

#[tokio::test]
async fn a_machine_that_was_activated_after_the_backup_keeps_its_seat() -> Outcome {
    let mut stage = Stage::set(Database::Sqlite).await?;
    let key = key_of(&stage).await?;
    let old = stage.computer("old").await?;
    old.client.activate(&key).await?;
    let backup = stage.back_up().await?;
    stage.advance(DAY);
    let mut new = stage.computer("new").await?;
    new.client.activate(&key).await?;
    stage.restore(&backup).await?;

    // The key alone proves no seat.
    let mut app = stage.app(Some("new"))?;
    app.refresh_by_key(&key).await?;
    assert_eq!(app.look(stage.now()), ("REVOKED", false));
    new.client.refresh().await?;
    assert_eq!(new.code(), "VALID");
    new.restart()?;
    new.client.refresh().await?;
    assert_eq!(new.code(), "VALID");
    assert_eq!(new.client.machines().await?.len(), 2);
    old.client.refresh().await?;
    assert_eq!(old.code(), "VALID");
    Ok(())
}

#[tokio::test]
async fn seats_that_changed_hands_after_the_backup_hold_on_both_sides_of_it() -> Outcome {
    let mut stage = Stage::set(Database::Sqlite).await?;
    let key = key_of(&stage).await?;
    let mut before = Vec::new();
    for n in 0..3 {
        let computer = stage.computer(&format!("before-{n}")).await?;
        computer.client.activate(&key).await?;
        before.push(computer);
    }
    let backup = stage.back_up().await?;
    stage.advance(DAY);
    for old in &before {
        old.client.deactivate().await?;
    }
    // Somebody keeps the token of a seat that is given back.
    let mut kept = stage.app(Some("kept"))?;
    let seat = kept
        .activate(&key)
        .await?
        .text("/data/machine/id")
        .to_owned();
    stage.issuer()?.app.deactivate(&key, &seat).await?;
    let mut after = Vec::new();
    for n in 0..3 {
        let computer = stage.computer(&format!("after-{n}")).await?;
        computer.client.activate(&key).await?;
        after.push(computer);
    }

    stage.restore(&backup).await?;
    for computer in &after {
        computer.client.refresh().await?;
        assert_eq!(computer.code(), "VALID");
    }
    // As many were lost as there are seats, and not one more.
    kept.refresh().await?;
    assert_eq!(kept.look(stage.now()), ("REVOKED", false));
    // And nobody gets in anew.
    let stranger = stage.computer("stranger").await?;
    let full = stranger.client.activate(&key).await.unwrap_err();
    assert_eq!(full.code(), Code::MachineLimitExceeded);
    Ok(())
}

#[tokio::test]
async fn a_key_that_was_replaced_after_the_restoration_brings_no_seat_back() -> Outcome {
    let mut stage = Stage::set(Database::Sqlite).await?;
    let key = key_of(&stage).await?;
    let created = stage.vendor.first("license.created").await?;
    let backup = stage.back_up().await?;
    stage.advance(DAY);
    let pirate = stage.computer("pirate").await?;
    pirate.client.activate(&key).await?;
    stage.restore(&backup).await?;
    let app = &stage.issuer()?.app;
    let new = app.reissue_key(created.text("/data/id")).await?;
    pirate.client.refresh().await?;
    assert_eq!(pirate.code(), "REVOKED");
    let answer = pirate.client.check();
    let reason = answer.license().and_then(|it| it.claims().reason.clone());
    assert_eq!(reason.as_deref(), Some("key_reissued"));
    // Whoever is given the new key is in, and stays.
    let honest = stage.computer("honest").await?;
    honest.client.activate(&new).await?;
    honest.client.refresh().await?;
    assert_eq!(honest.code(), "VALID");
    Ok(())
}

#[tokio::test]
async fn a_container_gets_no_longer_lease_by_it() -> Outcome {
    let mut stage = Stage::set(Database::Sqlite).await?;
    let key = key_of(&stage).await?;
    let backup = stage.back_up().await?;
    let class = paidup::MachineClass::Container;
    let container = stage.computer_of("container", class).await?;
    container.client.activate(&key).await?;
    stage.restore(&backup).await?;
    let answer = container.client.refresh().await?;
    let ends = answer.license().map(|it| it.lease_ends_at().as_secs());
    assert_eq!(ends, Some(stage.now() + DAY));
    Ok(())
}

#[tokio::test]
async fn keys_that_were_rotated_after_the_backup_are_overtaken_by_the_next_ones() -> Outcome {
    let mut stage = Stage::set(Database::Sqlite).await?;
    let root = stage.make_root().await?;
    let key = key_of(&stage).await?;
    let laptop = stage.computer("laptop").await?;
    laptop.client.activate(&key).await?;
    let backup = stage.back_up().await?;
    stage.advance(DAY);
    stage.change_keys(&root, &KeyChange::Rotate).await?;
    stage.advance(DAY);
    laptop.client.refresh().await?;
    stage.restore(&backup).await?;
    // The issuer knows of the old key only, which signs no more.
    stage.advance(DAY);
    let refused = laptop.client.refresh().await.unwrap_err();
    assert_eq!(refused.code(), Code::KeyNotValid);
    assert_eq!(laptop.code(), "VALID", "what it has still holds");
    stage.change_keys(&root, &KeyChange::Rotate).await?;
    laptop.client.refresh().await?;
    assert_eq!(laptop.code(), "VALID");
    stage.advance(DAY);
    laptop.client.refresh().await?;
    assert_eq!(laptop.code(), "VALID");
    Ok(())
}

on_both_databases! {
    async fn a_license_that_is_revoked_while_a_lost_seat_is_restored_is_refused(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let key = key_of(&stage).await?;
        let mut desk = stage.app(Some("desk"))?;
        desk.activate(&key).await?;
        let store = stage.store()?;
        let mut tx = store.write().await?;
        sqlx::query("DELETE FROM machines").execute(&mut *tx).await?;
        tx.commit().await?;

        let renewal = Renewal { token: Some(desk.token.clone()), ..Renewal::default() };
        let mut tx = store.decide().await?;
        sqlx::query("UPDATE licenses SET admin_order = 'revoke'").execute(&mut *tx).await?;
        let revoke = async {
            // The refresh goes as far as it can without the rows that are held here.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            tx.commit().await?;
            Ok::<_, StoreError>(())
        };
        let (issued, revoked) = tokio::join!(stage.issuer()?.app.refresh(&renewal, None), revoke);
        revoked?;
        desk.token = issued?.token;
        assert_eq!(desk.look(stage.now()), ("REVOKED", false));
        Ok(())
    }
}
