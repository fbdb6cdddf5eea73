//! The issuer starts where it can, and says what is in its way where it cannot.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use paidup_issuer::Mode;
use paidup_tests::{DAY, Failure, Reply, Stage, on_both_databases};

fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

on_both_databases! {
    async fn the_keys_are_made_once_and_for_their_owner_alone(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        let keys = ["signing.key", "encryption.key"].map(|name| stage.data_dir().join(name));
        let before: Vec<Vec<u8>> = keys.iter().map(std::fs::read).collect::<Result<_, _>>()?;
        for key in &keys {
            assert_eq!(mode(key)?, 0o600);
        }
        stage.switch_off().await?;
        stage.switch_on().await?;
        let after: Vec<Vec<u8>> = keys.iter().map(std::fs::read).collect::<Result<_, _>>()?;
        assert_eq!(before, after);
        Ok(())
    }

    async fn a_key_that_is_gone_is_not_made_anew(database: Database) -> Outcome {
        for name in ["signing.key", "encryption.key"] {
            let mut stage = Stage::set(database).await?;
            stage.switch_off().await?;
            let (key, kept) = (stage.data_dir().join(name), stage.data_dir().join("kept"));
            std::fs::rename(&key, &kept)?;
            let refusal = stage.refuses_to_start().await?;
            assert!(refusal.contains(name), "{refusal}");
            assert!(!key.exists());
            std::fs::rename(&kept, &key)?;
            stage.switch_on().await?;
        }
        Ok(())
    }

    async fn another_key_than_the_database_knows_is_refused(database: Database) -> Outcome {
        for name in ["signing.key", "encryption.key"] {
            let mut stage = Stage::set(database).await?;
            let other = Stage::set(database).await?;
            stage.switch_off().await?;
            std::fs::copy(other.data_dir().join(name), stage.data_dir().join(name))?;
            let refusal = stage.refuses_to_start().await?;
            assert!(refusal.contains("key"), "{refusal}");
        }
        Ok(())
    }

    async fn a_key_that_others_may_read_is_refused(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        stage.switch_off().await?;
        let key = stage.data_dir().join("signing.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644))?;
        let refusal = stage.refuses_to_start().await?;
        assert!(refusal.contains("signing.key") && refusal.contains("600"), "{refusal}");
        Ok(())
    }

    async fn one_database_is_of_one_mode(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        stage.switch_off().await?;
        stage.settings_mut().mode = Mode::Live;
        stage.settings_mut().stripe.api_key = None;
        let refusal = stage.refuses_to_start().await?;
        assert!(refusal.contains("test") && refusal.contains("live"), "{refusal}");
        Ok(())
    }

    async fn another_name_needs_force(database: Database) -> Outcome {
        let mut stage = Stage::set(database).await?;
        stage.stripe.buy("price_growth_monthly", "ada@example.com").await?;
        let created = stage.vendor.first("license.created").await?;
        let mut app = stage.app(Some("machine-1"))?;
        app.activate(created.text("/data/key")).await?;
        stage.switch_off().await?;
        stage.settings_mut().issuer = Some("https://elsewhere.example.com".to_owned());
        let refusal = stage.refuses_to_start().await?;
        assert!(refusal.contains("elsewhere") && refusal.contains("--force"), "{refusal}");
        Ok(())
    }

    async fn what_will_need_the_root_is_told_sixty_days_before(database: Database) -> Outcome {
        let stage = Stage::set(database).await?;
        stage.make_root().await?;
        let url = format!("{}/readyz", stage.url()?);
        let warnings = async || -> Result<Vec<String>, Failure> {
            let ready = Reply::of(reqwest::get(&url).await?).await?;
            assert_eq!(ready.status, 200);
            Ok(serde_json::from_value(ready.body["warnings"].clone())?)
        };
        stage.advance(340 * DAY - 1);
        assert!(warnings().await?.is_empty());
        stage.advance(1);
        let told = warnings().await?;
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("take this keyset until 2027-10-26"), "{told:?}");
        assert!(told[0].contains("paidup keys renew"), "{told:?}");
        stage.advance(60 * DAY);
        assert!(warnings().await?[0].contains("have not taken this keyset since"));
        stage.advance(4 * 365 * DAY);
        assert!(warnings().await?[1].contains("paidup keys rotate"));
        Ok(())
    }
}
