//! Secrets are nowhere in clear: not in the database, not in its files.

use paidup_tests::{Database, Outcome, Stage};

#[tokio::test]
async fn the_database_files_hold_no_secret() -> Outcome {
    let mut stage = Stage::set(Database::Sqlite).await?;
    stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    let created = stage.vendor.first("license.created").await?;
    let key = created.text("/data/key").to_owned();
    let mut app = stage.app(Some("machine-1"))?;
    app.activate(&key).await?;
    stage.idle().await?;
    let secrets = [
        key.clone(),
        key.replace('-', ""),
        stage.stripe_secret().to_owned(),
        stage.stripe.api_key().to_owned(),
        stage.vendor_secret().to_owned(),
        app.token.clone(),
    ];
    let look = |when: &str| -> Outcome {
        let mut looked_at = 0;
        for entry in std::fs::read_dir(stage.data_dir())? {
            let entry = entry?;
            let bytes = std::fs::read(entry.path())?;
            let text = String::from_utf8_lossy(&bytes);
            for (n, secret) in secrets.iter().enumerate() {
                let name = entry.file_name();
                assert!(!text.contains(secret), "secret {n} in {name:?} {when}");
            }
            // The customer is there, so that this looks at the right files.
            looked_at += usize::from(text.contains("ada@example.com"));
        }
        assert!(looked_at > 0);
        Ok(())
    };
    look("while it runs")?;
    stage.switch_off().await?;
    let after: Vec<_> = std::fs::read_dir(stage.data_dir())?.collect::<Result<_, _>>()?;
    assert!(after.iter().any(|it| it.file_name() == "paidup.db"));
    Ok(())
}
