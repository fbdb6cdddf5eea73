//! `paidup simulate`: what it prints, and how it ends.

use std::path::Path;

use serde_json::Value;

use super::{Printed, paidup, run};

const CATALOG: &str = r#"
public_url = "https://licenses.example.com"
database_url = "postgres://nobody@127.0.0.1:1/none"
signing_key_file = "missing/signing.pem"

[[products]]
code = "acme"

[[policies]]
name = "team"
product = "acme"
grace = "3d"

[stripe]
api_key_file = "missing/stripe.key"
webhook_secret_file = "missing/webhook.secret"

[[stripe.mappings]]
price = "price_team"
policy = "team"

[[webhooks]]
url = "https://127.0.0.1:1/webhooks"
secret_file = "missing/paidup.secret"
"#;

const STORY: &str = r#"
name: "A team leaves"
prices: [{ id: price_team, product: Team, amount: 9900 }]
story:
  - buy: { as: ada, price: price_team, email: ada@example.com }
  - after: 2d
  - cancel: ada
  - after: 1d
expect:
  licenses: [{ status: active, policy: team, seats: 1, grace: 2d }]
  webhooks: [license.created, license.updated]
"#;

fn simulate(files: &[(&str, &str)], arguments: &[&str]) -> Printed {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let arguments: Vec<&str> = ["simulate"].iter().chain(arguments).copied().collect();
    run(paidup(folder.path(), &arguments), b"")
}

#[test]
fn a_vendors_file_is_simulated_as_it_is() {
    let files = [("paidup.toml", CATALOG), ("story.yaml", STORY)];
    let printed = simulate(&files, &["--config", "paidup.toml", "story.yaml", "--json"]);
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    let printed = printed.json();
    let license = &printed["licenses"][0];
    assert_eq!(license["policy"], "team");
    assert_eq!(license["graceEndsAt"], "2026-01-06T12:00:00.000Z");
    assert_eq!(printed["waiting"], Value::Array(Vec::new()));
    for offline in printed["offline"].as_array().unwrap() {
        assert_eq!(offline["license"], license["id"]);
    }

    // The same text may be the catalog of the scenario itself.
    let catalog = CATALOG.replace('\n', "\n  ");
    let story = STORY.replace("prices:", &format!("catalog: |\n  {catalog}\nprices:"));
    let printed = simulate(&[("story.yaml", &story)], &["story.yaml"]);
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    assert!(
        printed.out.contains("active, team, 1 seat, grace 2d"),
        "{}",
        printed.out
    );
}

#[test]
fn two_catalogs_are_refused() {
    let story = STORY.replace("prices:", "catalog: \"\"\nprices:");
    let files = [("paidup.toml", CATALOG), ("story.yaml", story.as_str())];
    let printed = simulate(&files, &["--config", "paidup.toml", "story.yaml"]);
    assert_eq!(printed.code, Some(2));
    assert!(
        printed.err.contains("remove `catalog` from it"),
        "{}",
        printed.err
    );
}

#[test]
fn a_purchase_at_an_unmapped_price_is_reported() {
    let story = STORY.replace("active, policy: team, seats: 1, grace: 2d", "active");
    let printed = simulate(&[("story.yaml", &story)], &["story.yaml"]);
    assert_eq!(printed.code, Some(1), "{}{}", printed.out, printed.err);
    let report = "Not applied yet:";
    assert!(printed.out.contains(report), "{}", printed.out);
    assert!(
        printed.out.contains("price_team is not mapped"),
        "{}",
        printed.out
    );
    let printed = simulate(&[("story.yaml", &story)], &["story.yaml", "--json"]).json();
    let reason = printed["waiting"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("price_team"), "{reason}");
}

#[test]
fn what_cannot_be_simulated_says_why() {
    for (wrong, right, says) in [
        ("after: 2d", "after: 2 dayz", "write \"7d\""),
        ("grace: 2d", "grace: soon", "write \"7d\""),
        (
            "price: price_team, email",
            "price: price_tean, email",
            "prices: [{ id: price_tean",
        ),
        (
            "cancel: ada",
            "cancel: bob",
            "nothing was bought as \"bob\"",
        ),
        ("cancel: ada", "cancels: ada", "cancels"),
    ] {
        let story = STORY.replace(wrong, right);
        let files = [("paidup.toml", CATALOG), ("story.yaml", story.as_str())];
        let printed = simulate(&files, &["--config", "paidup.toml", "story.yaml"]);
        assert_eq!(
            printed.code,
            Some(2),
            "{right}: {}{}",
            printed.out,
            printed.err
        );
        assert!(printed.err.contains(says), "{right}: {}", printed.err);
    }
    let broken = CATALOG.replace("product = \"acme\"", "product = \"acne\"");
    let files = [("paidup.toml", broken.as_str()), ("story.yaml", STORY)];
    let printed = simulate(&files, &["--config", "paidup.toml", "story.yaml"]);
    assert_eq!(printed.code, Some(2));
    assert!(printed.err.contains("acne"), "{}", printed.err);
}

/// No member of the report is written in another style, and no time as a number.
#[test]
fn the_report_has_one_style() {
    fn check(name: &str, value: &Value) {
        assert!(!name.contains('_'), "{name}");
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| check(name, value)),
            Value::Array(values) => values.iter().for_each(|value| check(name, value)),
            Value::Number(_) => assert!(["seats", "seatsOver"].contains(&name), "{name}"),
            Value::String(text) if name.ends_with("At") || name == "at" => {
                assert!(text.ends_with('Z'), "{name}: {text}");
            }
            _ => {}
        }
    }
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scenarios");
    let file = scenarios.join("06-renewal-fails-then-paid.yaml");
    let printed = simulate(&[], &[file.to_str().unwrap(), "--json"]);
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    check("report", &printed.json());
}

/// The command observes apps, and they must not change what is observed.
#[test]
fn the_observing_apps_take_no_seat() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scenarios");
    let file = scenarios.join("15-fewer-seats-than-machines.yaml");
    let printed = simulate(&[], &[file.to_str().unwrap(), "--json"]);
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    let printed = printed.json();
    assert_eq!(printed["licenses"][0]["seatsOver"], 4);
    assert_eq!(printed["offline"][0]["refreshedDaily"], "VALID");
}
