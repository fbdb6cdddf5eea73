//! The world that a scenario is played in, and what it looks like from outside.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fake_stripe::Interval;
use paidup::{PublicKey, UnixTime};
use paidup_lifecycle::Timestamp;

use serde_json::json;

use super::expect;
use super::outcome::{Held, Mismatch, Moment, Offline, Played, Webhook};
use super::scenario::{License, Scenario, Step};
use super::trouble::Trouble;
use super::words::summary;
use crate::clock::Clock;
use crate::sandbox::{Customer, Failure, GUIDE, PRODUCT, Setting, Stage};
use crate::store::{licenses, machines};

/// When every scenario begins: 2026-01-01T12:00:00Z.
const START: Timestamp = Timestamp(1_767_268_800);

/// How long to wait for the issuer to have done its work.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: i64 = 86_400;

/// What somebody bought, by the names of its parts at Stripe.
#[derive(Default)]
pub(super) struct Bought {
    pub(super) session: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) subscription: Option<String>,
    pub(super) charge: Option<String>,
    pub(super) refund: Option<String>,
    pub(super) dispute: Option<String>,
}

pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) catalog: String,
    pub(super) bought: BTreeMap<String, Bought>,
    /// By price: the product at Stripe.
    pub(super) products: BTreeMap<String, String>,
    pub(super) held: bool,
    pub(super) machines: u32,
    trouble: Option<Trouble>,
    watch: bool,
    apps: Option<(Customer, Customer)>,
    timeline: Vec<Moment>,
    webhooks: Vec<Webhook>,
    offline: Vec<Offline>,
    mismatches: Vec<Mismatch>,
    /// How many events there were before the story.
    before: usize,
}

impl World {
    pub(super) async fn set(
        scenario: &Scenario,
        mut trouble: Option<Trouble>,
        watch: bool,
    ) -> Result<Self, Failure> {
        let mut catalog = scenario.catalog.clone().unwrap_or_else(|| GUIDE.to_owned());
        if !scenario.settings.is_empty() {
            let mut stripe = String::from("\n[stripe]\n");
            for (name, value) in &scenario.settings {
                let number = value.parse::<f64>().is_ok();
                let quote = if number { "" } else { "\"" };
                stripe.push_str(&format!("{name} = {quote}{value}{quote}\n"));
            }
            catalog.insert_str(0, &stripe);
        }
        let setting = Setting {
            catalog: catalog.clone(),
            clock: Clock::manual(START),
            seed: trouble.as_mut().map(Trouble::seed),
        };
        let stage = Stage::set(setting).await?;
        let mut products: BTreeMap<&str, String> = BTreeMap::new();
        let mut of_price = BTreeMap::new();
        for price in &scenario.prices {
            let product = match products.get(price.product.as_str()) {
                Some(product) => product.clone(),
                None => stage.stripe.create_product(&price.product)?,
            };
            let interval = (!price.once).then_some(Interval::Month);
            stage
                .stripe
                .create_price(&product, &price.id, price.amount, interval)?;
            of_price.insert(price.id.clone(), product.clone());
            products.insert(&price.product, product);
        }
        let mut world = Self {
            before: stage.stripe.events().len(),
            stage,
            catalog,
            bought: BTreeMap::new(),
            products: of_price,
            machines: 0,
            held: trouble.is_some(),
            trouble,
            watch,
            apps: None,
            timeline: Vec::new(),
            webhooks: Vec::new(),
            offline: Vec::new(),
            mismatches: Vec::new(),
        };
        world.idle().await?;
        // The issuer has been looking after itself since long before the story.
        world.stage.issuer()?.app.sweep().await?;
        world.idle().await?;
        if world.trouble.is_some() {
            world.stage.stripe.hold_deliveries();
        }
        Ok(world)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.stage.clock.now()
    }

    pub(super) fn in_disorder(&self) -> bool {
        self.trouble.is_some()
    }

    /// Lets time pass, day by day.
    pub(super) async fn pass(&mut self, seconds: i64) -> Result<(), Failure> {
        let mut left = seconds;
        while left > 0 {
            let step = if self.watch { left.min(DAY) } else { left };
            self.stage.clock.advance(step);
            left -= step;
            self.idle().await?;
            if self.watch {
                self.look().await?;
            }
        }
        Ok(())
    }

    /// Waits until the issuer has done what there is to do.
    pub(super) async fn idle(&mut self) -> Result<(), Failure> {
        self.stage.stripe.settled().await;
        let Ok(issuer) = self.stage.issuer() else {
            return Ok(());
        };
        let app = issuer.app.clone();
        while app.pass_time().await? > 0 {}
        app.ring();
        let began = Instant::now();
        while !app.is_idle().await? {
            if began.elapsed() > PATIENCE {
                return Err("the issuer has not done its work in time".into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let at = self.now();
        let arrived = self.stage.vendor.arrived().into_iter();
        self.webhooks
            .extend(arrived.map(|it| Webhook { at, body: it.body }));
        Ok(())
    }

    /// What was kept back is delivered in disorder, and the rest is found.
    pub(super) async fn mess_up(&mut self) -> Result<(), Failure> {
        let Some(trouble) = &mut self.trouble else {
            return Ok(());
        };
        let pending = self.stage.stripe.pending();
        for event in trouble.disorder(&pending) {
            self.stage.stripe.deliver(&event).await?;
        }
        for event in pending {
            self.stage.stripe.drop_event(&event)?;
        }
        self.catch_up().await
    }

    /// Sweeps, and compares everything where events cannot tell what was missed.
    pub(super) async fn catch_up(&mut self) -> Result<(), Failure> {
        if let Ok(issuer) = self.stage.issuer() {
            let app = issuer.app.clone();
            if app.sweep().await?.gap {
                app.reconcile(false, &|_| {}).await?;
            }
        }
        self.idle().await
    }

    pub(super) async fn licenses(&self) -> Result<Vec<Held>, Failure> {
        let now = self.now();
        let app = &self.stage.issuer()?.app;
        let catalog = app.catalog();
        let mut db = app.store().read().await?;
        let mut held = Vec::new();
        for row in licenses::list(&mut db).await? {
            let condition = row.condition(now);
            let policy = catalog.policy(&condition.policy);
            let limit = policy.map_or(u64::MAX, |it| it.machine_limit(condition.seats));
            let machines = machines::count_active(&mut db, &row.id).await?;
            held.push(Held {
                condition,
                flags: row.state.flags.len(),
                over: machines.saturating_sub(limit),
                id: row.id,
            });
        }
        Ok(held)
    }

    pub(super) async fn check(&mut self, expected: &[License]) -> Result<(), Failure> {
        let found = self.licenses().await?;
        let of = format!("the licenses at {}", crate::app::iso8601(self.now().0));
        self.mismatches
            .extend(expect::licenses(expected, &found, self.now(), &of));
        Ok(())
    }

    /// Takes down what a step has changed.
    pub(super) async fn record(&mut self, step: &Step) -> Result<(), Failure> {
        if self.stage.issuer().is_err() {
            return Ok(());
        }
        if self.watch {
            self.look().await?;
        }
        let licenses = self.licenses().await?;
        self.timeline.push(Moment {
            at: self.now(),
            step: summary(step),
            licenses,
        });
        Ok(())
    }

    /// What apps answer today: one that refreshes, and one that never does.
    async fn look(&mut self) -> Result<(), Failure> {
        let Ok(issuer) = self.stage.issuer() else {
            return Ok(());
        };
        if self.apps.is_none() {
            let created = self
                .webhooks
                .iter()
                .find(|it| it.kind() == "license.created");
            let Some(created) = created else {
                return Ok(());
            };
            let (url, pin): (String, PublicKey) = (
                issuer.base_url(),
                issuer.app.signing_key().ok_or("no key signs")?,
            );
            let mut daily = Customer::install(&url, PRODUCT, pin.clone());
            let mut never = Customer::install(&url, PRODUCT, pin);
            daily.activate(created.text("/data/key")).await?;
            never.activate(created.text("/data/key")).await?;
            self.apps = Some((daily, never));
        }
        let Some((daily, never)) = &mut self.apps else {
            return Ok(());
        };
        daily.refresh().await?;
        let now = UnixTime::from_secs(self.stage.clock.now().0);
        let answer = |app: &Customer| -> Result<String, Failure> {
            let (standing, _) = app.look(now)?;
            Ok(standing.code().as_str().to_owned())
        };
        let offline = Offline {
            at: Timestamp(now.as_secs()),
            daily: answer(daily)?,
            never: answer(never)?,
        };
        let same = |it: &Offline| (&it.daily, &it.never) == (&offline.daily, &offline.never);
        if !self.offline.last().is_some_and(same) {
            self.offline.push(offline);
        }
        Ok(())
    }

    /// The end of the story: everything arrives that has not.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        if self.stage.issuer().is_err() {
            self.stage.switch_on().await?;
        }
        self.mess_up().await?;
        self.idle().await
    }

    pub(super) async fn played(mut self) -> Result<Played, Failure> {
        let licenses = self.licenses().await?;
        let last = Moment {
            at: self.now(),
            step: "the end".to_owned(),
            licenses: licenses.clone(),
        };
        self.timeline.push(last);
        let events = self.stage.stripe.events();
        let events = events.iter().skip(self.before);
        let body = |it: &fake_stripe::Event| {
            json!({
                "id": it.id, "object": "event", "type": it.kind, "created": it.created,
                "livemode": false, "data": { "object": it.object },
            })
        };
        let events = events.map(|it| body(it).to_string()).collect();
        self.stage.switch_off().await?;
        self.stage.stripe.stop().await;
        Ok(Played {
            timeline: self.timeline,
            webhooks: self.webhooks,
            licenses,
            offline: self.offline,
            mismatches: self.mismatches,
            events,
        })
    }
}
