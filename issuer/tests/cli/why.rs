//! `paidup why` and `paidup licenses show`: the history of a license, found by whatever
//! its vendor has at hand.

use fake_stripe::{FakeStripe, Purchase};
use serde_json::Value;
use tempfile::TempDir;

use super::serve::{CONFIG, Server, wait_for};
use super::{Printed, paidup, run};

const PLAN: &str = "price_growth_monthly";

/// A running issuer that Stripe sends its events to.
struct Shop {
    folder: TempDir,
    stripe: FakeStripe,
    server: Server,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("paidup.toml"), CONFIG).unwrap();
        let stripe = FakeStripe::builder().start().await.unwrap();
        stripe.create_guide_catalog().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let listen = format!("127.0.0.1:{port}");
        let hook = format!("http://{listen}/webhooks/stripe");
        let endpoint = stripe.add_webhook_endpoint(&hook, &["*"]).unwrap();
        let environment = [
            ("PAIDUP_LISTEN", listen.as_str()),
            ("STRIPE_API_BASE", stripe.base_url()),
            ("STRIPE_API_KEY", stripe.api_key()),
            ("STRIPE_WEBHOOK_SECRET", &endpoint.secret),
            // What the comparison at the start finds first was brought by no event.
            ("PAIDUP_SWEEP_EVERY", "never"),
        ];
        let server = Server::start(folder.path(), &environment);
        Self {
            folder,
            stripe,
            server,
        }
    }

    fn run(&self, arguments: &[&str]) -> Printed {
        let mut command = paidup(self.folder.path(), arguments);
        command
            .env("STRIPE_API_BASE", self.stripe.base_url())
            .env("STRIPE_API_KEY", self.stripe.api_key());
        run(command, b"")
    }

    /// Buys, and waits until there are so many licenses.
    async fn sell(&self, email: &str, count: usize) -> (Purchase, Value) {
        let purchase = self.stripe.buy(PLAN, email).await.unwrap();
        let listed = wait_for(&self.folder, &["licenses", "list", "--json"], |all| {
            all.as_array().is_some_and(|all| all.len() == count)
        });
        self.settled();
        (purchase, listed[count - 1].clone())
    }

    /// Waits until every event is applied.
    fn settled(&self) {
        wait_for(&self.folder, &["events", "list", "--json"], |events| {
            let done = |event: &Value| event["state"] == "applied" || event["state"] == "ignored";
            events
                .as_array()
                .is_some_and(|events| events.iter().all(done))
        });
    }

    /// The last event of a type.
    fn event(&self, kind: &str) -> String {
        let events = self.stripe.events();
        let found = events.iter().rfind(|event| event.kind == kind);
        found.unwrap().id.clone()
    }

    /// Waits until the license has this many steps in its history.
    fn history(&self, id: &str, count: usize) -> Vec<Value> {
        let why = wait_for(&self.folder, &["why", id, "--json"], |why| {
            why["history"]
                .as_array()
                .is_some_and(|all| all.len() == count)
        });
        why["history"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_names_each_change_with_its_day_its_cause_and_its_event() {
    let shop = Shop::open().await;
    let (purchase, license) = shop.sell("ada@example.com", 1).await;
    let id = license["id"].as_str().unwrap();
    let subscription = &purchase.subscription;
    // Whichever event comes first prompts the change.
    shop.stripe.hold_deliveries();
    shop.stripe.fail_renewal(subscription).await.unwrap();
    let failed = shop.event("invoice.payment_failed");
    shop.stripe.deliver(&failed).await.unwrap();
    shop.history(id, 2);
    shop.stripe.release_deliveries();
    shop.settled();
    shop.stripe.pay_latest_invoice(subscription).await.unwrap();
    shop.history(id, 3);
    shop.settled();
    shop.stripe
        .cancel_at_period_end(subscription)
        .await
        .unwrap();
    let history = shop.history(id, 4);
    let updated = shop.event("customer.subscription.updated");

    let shown = shop.run(&["why", id]).out;
    let today = history[0]["at"].as_str().unwrap().get(..10).unwrap();
    let end = history[3]["endsAt"].as_str().unwrap().get(..10).unwrap();
    let event = |step: usize| history[step]["event"].as_str().unwrap();
    for line in [
        format!("{today} active: bought ({})", event(0)),
        format!("{today} suspended: a renewal payment failed ({failed})"),
        format!("{today} active: paid; paid until {end} ({})", event(2)),
        format!("{today} active: it is to end on {end}, with the period that is paid ({updated})"),
        format!("It ends on {end}, with the period that is paid; a grace follows until "),
    ] {
        assert!(shown.contains(&line), "{line}\n{shown}");
    }
    assert!(!shown.contains("Time alone"), "{shown}");

    let step = &history[1];
    assert_eq!(
        (
            &step["status"],
            &step["reason"],
            &step["type"],
            &step["event"]
        ),
        (
            &"suspended".into(),
            &"payment_failed".into(),
            &"license.suspended".into(),
            &failed.into()
        )
    );
    assert!(step["recordedAt"].as_str().unwrap().ends_with('Z'));
    let why = shop.run(&["why", id, "--json"]).json();
    assert_eq!(why["cancelAtPeriodEnd"], true);
    assert_eq!(why["endsAt"], history[3]["endsAt"]);
    assert_eq!(why["nextChange"], Value::Null);
    let text = why.to_string();
    let snake = text.find("period_end").or(text.find("payment_status"));
    assert_eq!(snake, None, "{text}");
    let facts = why["facts"].as_array().unwrap();
    let sold = facts
        .iter()
        .find(|fact| fact["fact"]["kind"] == "subscription");
    let sold = &sold.unwrap()["fact"];
    assert_eq!(sold["items"][0]["periodEnd"], why["endsAt"]);
    assert_eq!(sold["cancelAtPeriodEnd"], true);

    let listed = shop.run(&["licenses", "show", id, "--json"]).json();
    assert_eq!(listed["endsAt"], why["endsAt"]);
    assert!(shop.run(&["licenses", "list"]).out.contains(end));
    assert!(
        shop.run(&["licenses", "show", id])
            .out
            .contains("with the period")
    );
    let (log, _) = shop.server.stop();
    assert!(!log.contains("ada@example.com"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_is_found_by_whatever_is_at_hand() {
    let shop = Shop::open().await;
    let (purchase, license) = shop.sell("ada@example.com", 1).await;
    let id = license["id"].as_str().unwrap();
    let key = license["key"].as_str().unwrap();
    let session = license["stripe"]["session"].as_str().unwrap();
    let typed = key.to_lowercase().replace('-', " ");
    for sought in [
        id,
        key,
        &typed,
        " ADA@example.com ",
        &purchase.subscription,
        &purchase.customer,
        session,
    ] {
        let why = shop.run(&["why", sought, "--json"]);
        assert_eq!(why.json()["license"], id, "{sought}");
        let shown = shop.run(&["licenses", "show", sought, "--json"]);
        assert_eq!(shown.json()["id"], id, "{sought}");
    }

    // Two subscriptions at once are two licenses of one address.
    let (_, second) = shop.sell("ada@example.com", 2).await;
    for command in [&["why"][..], &["licenses", "show"]] {
        let several = shop.run(&[command, &["ada@example.com"]].concat());
        assert_eq!(several.code, Some(1));
        for id in [id, second["id"].as_str().unwrap()] {
            assert!(several.out.contains(id), "{}", several.out);
        }
        assert!(several.err.contains("choose one"), "{}", several.err);
        let several = shop.run(&[command, &["ada@example.com", "--json"]].concat());
        assert_eq!(several.json()["matches"][0]["id"], id);
        assert_eq!(several.json()["matches"][1]["id"], second["id"]);
    }

    for (sought, next_step) in [
        ("lic_1", "paidup licenses list"),
        ("bob@example.com", "paidup stripe reconcile"),
        ("sub_nobody", "paidup stripe reconcile"),
        ("cus_nobody", "paidup stripe reconcile"),
        ("cs_nobody", "paidup stripe reconcile"),
        (
            "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z",
            "no license has this key",
        ),
        ("NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Y", "typing error"),
        ("something", "give a license (lic_…)"),
    ] {
        let nothing = shop.run(&["why", sought]);
        assert_eq!(nothing.code, Some(1), "{sought}");
        assert!(nothing.err.contains(next_step), "{sought}: {}", nothing.err);
        let secret = sought.starts_with("NOTES");
        assert!(!secret || !nothing.err.contains(sought), "{}", nothing.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmapped_price_is_named() {
    let shop = Shop::open().await;
    let starter = "price_starter_monthly";
    let unmapped = shop.stripe.buy(starter, "bob@example.com").await.unwrap();
    wait_for(
        &shop.folder,
        &["events", "list", "--parked", "--json"],
        |events| events.as_array().is_some_and(|events| !events.is_empty()),
    );
    for sought in [
        &unmapped.subscription,
        &unmapped.customer,
        "bob@example.com",
    ] {
        let why = shop.run(&["why", sought]);
        assert_eq!(why.code, Some(1));
        for words in [
            sought,
            "the price price_starter_monthly",
            "[[stripe.mappings]]",
        ] {
            assert!(why.err.contains(words), "{words}: {}", why.err);
        }
    }
    let status = shop.run(&["stripe", "status"]);
    let parked = shop.run(&["events", "list", "--parked", "--json"]).json();
    let oldest = parked[0]["id"].as_str().unwrap();
    for words in [
        "Parked",
        " for mapping, the oldest ",
        oldest,
        "the price price_starter_monthly is not mapped to a policy",
        "map the price in paidup.toml, under [[stripe.mappings]]",
        ") is at the price price_starter_monthly, which is not mapped to a policy: there is no license",
    ] {
        assert!(status.out.contains(words), "{words}: {}", status.out);
    }
    let (log, _) = shop.server.stop();
    for words in ["stripe.event.parked", oldest, "price_starter_monthly"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    // What still waits is said again at the next start.
    let again = Server::start(
        shop.folder.path(),
        &[
            ("PAIDUP_LISTEN", "127.0.0.1:0"),
            ("PAIDUP_SWEEP_EVERY", "never"),
        ],
    );
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !std::fs::read_to_string(shop.folder.path().join("log"))
        .unwrap()
        .contains("stripe.price.unmapped")
    {
        assert!(std::time::Instant::now() < deadline, "it is not said");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    again.stop();
}
