//! `paidup stripe reconcile`, as a script runs it: by its exit code.

use fake_stripe::FakeStripe;

use super::{Printed, paidup, run};

const CONFIG: &str = r#"
[[products]]
code = "notes"
name = "Acme Notes"
key_prefix = "NOTES"

[[policies]]
name = "growth_policy"
product = "notes"

[[stripe.mappings]]
price = "price_growth_monthly"
policy = "growth_policy"
"#;

fn reconcile(folder: &tempfile::TempDir, fake: &FakeStripe, key: &str, dry_run: bool) -> Printed {
    let mut arguments = vec!["stripe", "reconcile"];
    arguments.extend(dry_run.then_some("--dry-run"));
    let mut command = paidup(folder.path(), &arguments);
    command.env("STRIPE_API_BASE", fake.base_url());
    command.env("STRIPE_API_KEY", key);
    run(command, b"")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_anything_differed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paidup.toml"), CONFIG).unwrap();
    let fake = FakeStripe::builder().start().await.unwrap();
    fake.create_guide_catalog().unwrap();
    let migrated = run(paidup(folder.path(), &["migrate"]), b"");
    assert_eq!(migrated.code, Some(0), "{}", migrated.err);

    let key = fake.api_key().to_owned();
    let nothing = reconcile(&folder, &fake, &key, false);
    assert_eq!(nothing.code, Some(0), "{}{}", nothing.out, nothing.err);
    fake.buy("price_growth_monthly", "ada@example.com")
        .await
        .unwrap();
    for (dry_run, code) in [(true, 3), (false, 3), (true, 0), (false, 0)] {
        let printed = reconcile(&folder, &fake, &key, dry_run);
        assert_eq!(printed.code, Some(code), "{}{}", printed.out, printed.err);
    }
    let help = run(
        paidup(folder.path(), &["stripe", "reconcile", "--help"]),
        b"",
    );
    assert!(
        help.out.contains("3 if it found differences"),
        "{}",
        help.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_missing_permissions_of_a_restricted_key_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paidup.toml"), CONFIG).unwrap();
    let fake = FakeStripe::builder().start().await.unwrap();
    fake.create_guide_catalog().unwrap();
    assert_eq!(run(paidup(folder.path(), &["migrate"]), b"").code, Some(0));
    let narrow = fake.add_restricted_key(&["refunds", "disputes"]);
    let refused = reconcile(&folder, &fake, &narrow, true);
    assert_eq!(refused.code, Some(1));
    for words in [
        "lacks permissions",
        "dashboard.stripe.com/apikeys",
        "Refunds: The provided key",
        "Disputes: The provided key",
    ] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
}
