//! A comparison of everything costs in proportion to what Stripe has. Statements and
//! rows are counted, never seconds.

mod statements;

use std::collections::{BTreeMap, BTreeSet};

use paidup_issuer::store::Store;
use paidup_tests::{Database, Failure, Outcome, Stage};
use sqlx::Row as _;
use statements::{Count, Statements};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const PLAN: &str = "price_growth_monthly";
/// Statements that list everything by intent, by their start: once after each change of the
/// catalog, and once in each comparison.
const LISTS: [&str; 2] = [
    "SELECT object FROM facts",
    "SELECT * FROM licenses ORDER BY",
];
/// Tables that do not grow with purchases.
const SMALL: [&str; 4] = ["_sqlx_migrations", "keysets", "leases", "stripe_endpoints"];

/// The statements about facts: the workers of the issuer send none by themselves.
fn about_facts(sent: &BTreeMap<String, Count>) -> Count {
    let about = sent.iter().filter(|(text, _)| text.contains("fact"));
    about.fold(Count::default(), |sum, (_, count)| Count {
        sent: sum.sent + count.sent,
        rows: sum.rows + count.rows,
    })
}

/// The steps of a statement's plan that read a whole table or index.
async fn whole(store: &Store, statement: &str) -> Result<Vec<String>, Failure> {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let mut db = store.read().await?;
    let rows = sqlx::query(explain).fetch_all(&mut *db).await?;
    let steps = rows.iter().map(|row| row.try_get::<String, _>("detail"));
    let steps: Vec<String> = steps.collect::<Result<_, _>>()?;
    let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
    if statement.contains("LIMIT") && !sorts {
        // It stops at the head of an index.
        return Ok(Vec::new());
    }
    let scanned = |step: &String| step.strip_prefix("SCAN ").is_some_and(is_large);
    Ok(steps.into_iter().filter(scanned).collect())
}

fn is_large(table_and_index: &str) -> bool {
    let table = table_and_index.split(' ').next();
    table.is_none_or(|table| !SMALL.contains(&table))
}

fn is_query(statement: &str) -> bool {
    let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    let begins = |starts: &[&str]| starts.iter().any(|start| statement.starts_with(start));
    begins(&verbs) && !begins(&LISTS)
}

#[tokio::test]
async fn a_comparison_grows_with_what_stripe_has() -> Outcome {
    let statements = Statements::default();
    tracing_subscriber::registry()
        .with(statements.clone())
        .init();
    let stage = Stage::set(Database::Sqlite).await?;
    stage.stripe.hold_deliveries();
    let app = &stage.issuer()?.app;
    let mut counts = Vec::new();
    let mut queries = BTreeSet::new();
    for round in 0..3 {
        for n in 0..10 {
            let email = format!("buyer-{round}-{n}@example.com");
            stage.stripe.buy(PLAN, &email).await?;
        }
        let found = app.reconcile(false, &|_| {}).await?;
        assert_eq!(found.len(), 10);
        stage
            .vendor
            .nth("license.created", 10 * (round + 1))
            .await?;
        queries.extend(statements.take().into_keys().filter(|text| is_query(text)));
        app.reconcile(true, &|_| {}).await?;
        counts.push(about_facts(&statements.take()));
    }
    let [first, second, third] = counts.try_into().unwrap();
    assert!(first.sent > 0 && first.rows > 0, "{first:?}");
    // Every ten purchases cost what the first ten did.
    for (count, times) in [(second, 2), (third, 3)] {
        assert_eq!(
            (count.sent, count.rows),
            (first.sent * times, first.rows * times)
        );
    }

    assert!(queries.len() > 20, "{queries:?}");
    // The catalog is as large as its file, and is read whole.
    queries.retain(|statement| !statement.contains("FROM catalog_"));
    for statement in queries {
        let whole = whole(stage.store()?, &statement).await?;
        assert!(whole.is_empty(), "{statement}: {whole:?}");
    }
    Ok(())
}
