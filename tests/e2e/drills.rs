//! The compromise playbook: one drill for each thing that can be stolen. Each begins
//! with the theft and ends when honest customers work and the thief does not.

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer as _, SigningKey};
use paidup::{Algorithm, Claims, Code, PublicKey, UnixTime};
use paidup_issuer::app::{KeyChange, Scope, sign_standard};
use paidup_issuer::store::{api_keys, audit, instance};
use paidup_issuer::{Entropy, Root};
use paidup_tests::{DAY, Failure, Stage, on_both_databases};

use super::client::key_of;

/// What the thief of a signing key does: a token of his own making, for any machine.
fn forged(stage: &Stage, stolen: &SigningKey, fingerprint: &str) -> Result<String, Failure> {
    let now = UnixTime::from_secs(stage.now());
    let mut claims = Claims::new(stage.issuer()?.app.issuer(), "notes", now);
    claims.sub = "lic_forged".into();
    claims.jti = "tok_forged".into();
    claims.seq = 1 << 52;
    claims.exp = now.plus(400 * DAY);
    claims.policy.id = "pol_all".into();
    claims.policy.name = "all".into();
    claims.entitlements = vec!["export".into()];
    claims.fingerprint = Some(fingerprint.into());
    claims.test = true;
    let public = PublicKey::from_bytes(&stolen.verifying_key().to_bytes())?;
    let token = claims.seal(&public.key_id(), Algorithm::EdDsa, |it| {
        stolen.sign(it).to_bytes()
    })?;
    let keyset = stage.issuer()?.app.keys().keyset_text().map(str::to_owned);
    let file = paidup::LicenseFile { token, keyset };
    Ok(file.seal("then", &public.key_id(), |it| stolen.sign(it).to_bytes()))
}

fn stolen_key(stage: &Stage) -> Result<SigningKey, Failure> {
    let text = std::fs::read_to_string(stage.data_dir().join("signing.key"))?;
    Ok(SigningKey::from_pkcs8_pem(&text)?)
}

on_both_databases! {
    async fn a_stolen_signing_key(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let root = stage.make_root().await?;
        let key = key_of(&stage).await?;
        let mut honest = stage.computer("honest").await?;
        honest.client.activate(&key).await?;
        let pirate = stage.computer("pirate").await?;
        let stolen = stolen_key(&stage)?;
        pirate.client.offline_install(&forged(&stage, &stolen, "pirate")?)?;
        assert_eq!(pirate.code(), "VALID", "the theft is real");

        // He also tries to drive a license's count to its end.
        let mut poison = honest.client.check().license().map(|it| it.claims().clone()).ok_or("none")?;
        poison.seq = (1 << 53) - 1;
        let public = PublicKey::from_bytes(&stolen.verifying_key().to_bytes())?;
        let token = poison.seal(&public.key_id(), Algorithm::EdDsa, |it| stolen.sign(it).to_bytes())?;
        let app = stage.app(Some("honest"))?;
        app.post("/api/v1/tokens/refresh", &serde_json::json!({ "token": token })).await?;

        let dead = PublicKey::from_bytes(&stolen.verifying_key().to_bytes())?.key_id();
        let before = honest.client.check().license().map(|it| it.claims().seq);
        stage.advance(60);
        let reason = "compromised".to_owned();
        stage.change_keys(&root, &KeyChange::Revoke { key: dead, reason }).await?;

        // Honest customers need nobody: the next contact heals, by the license key.
        honest.client.refresh().await?;
        assert_eq!(honest.code(), "VALID");
        honest.restart()?;
        assert_eq!(honest.code(), "VALID");
        let answer = honest.client.check();
        assert_ne!(answer.license().map(paidup::License::key_id), Some(dead));
        assert!(answer.license().map(|it| it.claims().seq) > before, "every seq has grown");
        // Whoever is online is a pirate no more, and the dead key opens nothing.
        let refused = pirate.client.refresh().await.unwrap_err();
        assert_eq!(refused.code(), Code::Network, "{refused}");
        let again = pirate.client.offline_install(&forged(&stage, &stolen, "pirate")?);
        assert_eq!(again.unwrap_err().code(), Code::KeyRevoked);
        assert_eq!(pirate.code(), "KEY_REVOKED");
        // New customers, too.
        let new = stage.computer("new").await?;
        new.client.activate(&key).await?;
        assert_eq!(new.code(), "VALID");
        Ok(())
    }

    async fn a_rotation_that_nobody_notices(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let root = stage.make_root().await?;
        let key = key_of(&stage).await?;
        let mut away = stage.computer("away").await?;
        let mut daily = stage.computer("daily").await?;
        away.client.activate(&key).await?;
        daily.client.activate(&key).await?;
        let first = stage.issuer()?.app.signing_key();
        for _ in 0..3 {
            stage.change_keys(&root, &KeyChange::Rotate).await?;
            for _ in 0..10 {
                stage.advance(DAY);
                daily.client.refresh().await?;
                daily.restart()?;
                assert_eq!(daily.code(), "VALID");
            }
        }
        assert_ne!(stage.issuer()?.app.signing_key(), first);
        // Offline through all of it: the first contact brings the keys along.
        assert_eq!(away.code(), "REFRESH_REQUIRED");
        away.restart()?;
        away.client.refresh().await?;
        assert_eq!(away.code(), "VALID");
        Ok(())
    }

    async fn a_stolen_root(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let (stolen, spare) = (Root::make(&Entropy::system())?, Root::make(&Entropy::system())?);
        stage.make_roots(&stolen, &[&spare]).await?;
        let key = key_of(&stage).await?;
        let mut honest = stage.computer("honest").await?;
        honest.client.activate(&key).await?;
        let mut late = stage.computer("late").await?;
        // The thief lists a key of his own, in a version far ahead.
        let mine = SigningKey::from_bytes(&[66; 32]);
        let mut keyset = stage.issuer()?.app.keys().keyset().cloned().ok_or("no keyset")?;
        keyset.version += 1_000_000;
        keyset.keys[0].key = PublicKey::from_bytes(&mine.verifying_key().to_bytes())?;
        let theirs = stolen.sign(&keyset)?;

        stage.advance(60);
        let new = Root::make(&Entropy::system())?;
        let version = stage.replace_roots(&[&spare, &new]).await?;
        let pinned = [&spare, &new].map(|it| it.public_key().clone());
        assert_eq!(stage.issuer()?.app.root_keys().await?, pinned);
        // Here the stolen root says nothing any more.
        let refused = stage.change_keys(&stolen, &KeyChange::Renew).await.unwrap_err();
        assert!(refused.to_string().contains("none of the pinned roots"), "{refused}");
        // Apps in use pin the spare as well: a key may even be rotated.
        stage.change_keys(&spare, &KeyChange::Rotate).await?;
        stage.advance(DAY);
        honest.client.refresh().await?;
        assert_eq!(honest.code(), "VALID");
        late.client.activate(&key).await?;
        assert_eq!(late.code(), "VALID");

        // The release that ends it, on which the thief has no hold.
        for computer in [&mut honest, &mut late] {
            computer.install_release(&[&spare, &new], version)?;
            computer.client.refresh().await?;
            assert_eq!(computer.code(), "VALID");
        }
        stage.change_keys(&new, &KeyChange::Renew).await?;
        honest.client.refresh().await?;
        let token = forged(&stage, &mine, "honest")?;
        let token = paidup::LicenseFile::parse(&token)?.token;
        let file = paidup::LicenseFile { token, keyset: Some(theirs) };
        let text = file.seal("then", &spare.public_key().key_id(), |_| [0; 64]);
        let refused = honest.client.offline_install(&text).unwrap_err();
        assert_eq!(refused.code(), Code::UnknownKey);
        assert_eq!(honest.code(), "VALID");
        Ok(())
    }

    async fn a_stolen_root_without_a_spare(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.make_root().await?;
        let key = key_of(&stage).await?;
        let mut honest = stage.computer("honest").await?;
        honest.client.activate(&key).await?;
        let mut late = stage.computer("late").await?;
        stage.advance(60);
        let new = Root::make(&Entropy::system())?;
        let version = stage.replace_roots(&[&new]).await?;
        // Whoever is activated knows the key that signs, and goes on.
        for _ in 0..3 {
            stage.advance(13 * DAY);
            honest.client.refresh().await?;
            honest.restart()?;
            assert_eq!(honest.code(), "VALID");
        }
        // The old release cannot be activated anew; the new one can, and both heal by it.
        let refused = late.client.activate(&key).await.unwrap_err();
        assert_eq!(refused.code(), Code::UnknownKey);
        late.install_release(&[&new], version)?;
        late.client.activate(&key).await?;
        honest.install_release(&[&new], version)?;
        honest.client.refresh().await?;
        stage.change_keys(&new, &KeyChange::Rotate).await?;
        stage.advance(DAY);
        for computer in [&honest, &late] {
            computer.client.refresh().await?;
            assert_eq!(computer.code(), "VALID");
        }
        Ok(())
    }

    async fn tokens_of_a_key_that_only_a_former_root_has_listed(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let root = stage.make_root().await?;
        let key = key_of(&stage).await?;
        let mut away = stage.app(Some("away"))?;
        away.activate(&key).await?;
        // Two years later the key is gone from file and keyset.
        stage.change_keys(&root, &KeyChange::Rotate).await?;
        stage.advance(2 * 365 * DAY);
        stage.change_keys(&root, &KeyChange::Renew).await?;
        let text = std::fs::read_to_string(stage.data_dir().join("signing.key"))?;
        let newest = text.rfind("-----BEGIN").ok_or("no key")?;
        std::fs::write(stage.data_dir().join("signing.key"), &text[newest..])?;
        stage.replace_roots(&[&Root::make(&Entropy::system())?]).await?;
        assert_eq!(away.refresh().await?.status, 200);
        Ok(())
    }

    async fn a_first_keyset_that_was_not_finished(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let store = stage.store()?;
        let mut tx = store.write().await?;
        let lost = Root::make(&Entropy::system())?;
        instance::set(&mut tx, "roots", &lost.public_key().to_base64url()).await?;
        tx.commit().await?;
        let root = stage.make_root().await?;
        let pinned = stage.issuer()?.app.root_keys().await?;
        assert_eq!(pinned, [root.public_key().clone()]);
        let twice = stage.make_root().await.unwrap_err();
        assert!(twice.to_string().contains("there is a root already"), "{twice}");
        Ok(())
    }

    async fn a_stolen_database(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.make_root().await?;
        let key = key_of(&stage).await?;
        let app = &stage.issuer()?.app;
        let (row, api_key) = app.create_api_key("thief", &[Scope::LicensesRead], None).await?;
        let desk = stage.computer("desk").await?;
        desk.client.activate(&key).await?;
        // Nothing in it signs, and nothing in it is a key.
        let signing = std::fs::read_to_string(stage.data_dir().join("signing.key"))?;
        let secret = signing.lines().nth(1).ok_or("no key")?.to_owned();
        let mut db = app.store().read().await?;
        let mut dump = String::new();
        for table in ["licenses", "machines", "api_keys", "keysets", "instance", "deliveries", "audit", "audit_pending"] {
            for row in dump_of(&mut db, table).await? {
                dump.push_str(&row);
            }
        }
        drop(db);
        assert!(dump.contains("lic_"), "the dump was looked at");
        for secret in [key.as_str(), &key.replace('-', ""), api_key.as_str(), &secret] {
            assert!(!dump.contains(secret));
        }
        // What the thief could still use, is taken back.
        assert!(app.revoke_api_key(&row.id).await?);
        assert!(app.admit(Some(&api_key), Scope::LicensesRead).await.is_err());
        Ok(())
    }

    async fn a_stolen_administrators_key(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let app = &stage.issuer()?.app;
        let (row, stolen) = app.create_api_key("dashboard", &[Scope::LicensesRead], None).await?;
        assert!(app.admit(Some(&stolen), Scope::LicensesRead).await.is_ok());
        assert!(app.revoke_api_key(&row.id).await?);
        assert!(app.admit(Some(&stolen), Scope::LicensesRead).await.is_err());
        let (_, new) = app.create_api_key("dashboard", &[Scope::LicensesRead], None).await?;
        assert!(app.admit(Some(&new), Scope::LicensesRead).await.is_ok());
        // The log is whole, and says who did what.
        let mut db = app.store().read().await?;
        assert_eq!(audit::first_broken(&mut db).await?, None);
        let keys = api_keys::list(&mut db).await?;
        let revoked = keys.iter().find(|it| it.id == row.id).and_then(|it| it.revoked_at);
        assert!(revoked.is_some());
        Ok(())
    }

    async fn a_stolen_webhook_secret(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        let new = "whsec_bmV3IHNlY3JldCBuZXcgc2VjcmV0";
        stage.sign_webhooks_with(new, Some(stage.vendor_secret())).await?;
        key_of(&stage).await?;
        let created = stage.vendor.first("license.created").await?;
        // Both sign for a day: a receiver that has the old one, and one that has the new.
        let (id, at) = (created.header("webhook-id"), created.header("webhook-timestamp"));
        let signatures: Vec<_> = created.header("webhook-signature").split(' ').collect();
        assert_eq!(signatures.len(), 2);
        for (secret, signature) in [new, stage.vendor_secret()].iter().zip(&signatures) {
            let expected = sign_standard(secret, id, at.parse()?, &created.raw);
            assert_eq!(*signature, expected);
        }
        // Then the old one is dropped.
        stage.sign_webhooks_with(new, None).await?;
        stage.stripe.buy("price_growth_monthly", "bob@example.com").await?;
        let created = stage.vendor.nth("license.created", 2).await?;
        assert_eq!(created.header("webhook-signature").split(' ').count(), 1);
        Ok(())
    }
}

/// A table's rows, each as one text.
async fn dump_of(db: &mut sqlx::AnyConnection, table: &str) -> Result<Vec<String>, Failure> {
    use sqlx::{Column, Row};

    let query = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
    let rows = sqlx::query(query).fetch_all(db).await?;
    let text = |row: &sqlx::any::AnyRow| {
        let columns = row.columns().iter().map(|it| it.name().to_owned());
        let values = columns.filter_map(|it| row.try_get::<String, _>(it.as_str()).ok());
        values.collect::<Vec<_>>().join("\t")
    };
    Ok(rows.iter().map(text).collect())
}
