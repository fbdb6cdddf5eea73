//! The world that a scenario is played in, and what it looks like from outside.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fake_stripe::API_VERSION;
use paidup_lifecycle::Timestamp;

use super::bought::Bought;
use super::catalog::Catalog;
use super::expect;
use super::observe::Apps;
use super::outcome::{Held, Mismatch, Moment, Offline, Played, Waiting, Webhook};
use super::prices::offer;
use super::scenario::{License, Scenario};
use super::story::Step;
use super::trouble::Trouble;
use super::words::summary;
use crate::clock::Clock;
use crate::sandbox::{Failure, GUIDE, Setting, Stage};
use crate::store::events::{self, EventState};
use crate::store::{licenses, machines};

/// When every scenario begins: 2026-01-01T12:00:00Z.
const START: Timestamp = Timestamp(1_767_268_800);

/// How long to wait for the issuer to have done its work.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: i64 = 86_400;

pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) catalog: Catalog,
    pub(super) bought: BTreeMap<String, Bought>,
    /// By price: its product at Stripe.
    pub(super) products: BTreeMap<String, String>,
    pub(super) held: bool,
    pub(super) machines: u32,
    trouble: Option<Trouble>,
    watch: bool,
    /// By license: what observes it.
    pub(super) apps: BTreeMap<String, Apps>,
    timeline: Vec<Moment>,
    webhooks: Vec<Webhook>,
    pub(super) offline: Vec<Offline>,
    mismatches: Vec<Mismatch>,
    /// Why the issuer has not taken the catalog of the last step.
    pub(super) refusal: Option<String>,
    /// How many events there were before the story.
    before: usize,
}

impl World {
    /// Sets the stage. An app is observed every day where the deliveries are in order.
    pub(super) async fn set(
        scenario: &Scenario,
        mut trouble: Option<Trouble>,
    ) -> Result<Self, Failure> {
        let mut catalog = Catalog::read(scenario.catalog.as_deref().unwrap_or(GUIDE))?;
        catalog.set(&scenario.settings)?;
        let setting = Setting {
            catalog: catalog.text(),
            clock: Clock::manual(START),
            seed: trouble.as_mut().map(Trouble::seed),
            webhook_version: trouble.as_ref().and_then(Trouble::webhook_version),
        };
        let stage = Stage::set(setting).await?;
        let products = offer(&stage.stripe, &scenario.prices)?;
        let mut world = Self {
            before: stage.stripe.events().len(),
            stage,
            catalog,
            bought: BTreeMap::new(),
            products,
            machines: 0,
            held: trouble.is_some(),
            watch: trouble.is_none(),
            trouble,
            apps: BTreeMap::new(),
            timeline: Vec::new(),
            webhooks: Vec::new(),
            offline: Vec::new(),
            mismatches: Vec::new(),
            refusal: None,
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
                flags: row.state.flags.iter().map(|flag| flag.as_str()).collect(),
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

    pub(super) async fn waiting(&self) -> Result<Vec<Waiting>, Failure> {
        let mut db = self.stage.issuer()?.app.store().read().await?;
        let rows = events::list(&mut db, Some(EventState::Parked)).await?;
        let waiting = rows.into_iter().map(|row| Waiting {
            event: row.arrival.id,
            kind: row.arrival.kind,
            object: row.arrival.subject,
            reason: row.reason.unwrap_or_default(),
        });
        Ok(waiting.collect())
    }

    pub(super) async fn check_waiting(&mut self, expected: &[String]) -> Result<(), Failure> {
        let found = self.waiting().await?;
        let of = format!("what waits at {}", crate::app::iso8601(self.now().0));
        self.mismatches
            .extend(expect::waiting(expected, &found, &of));
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
            step: match self.refusal.take() {
                Some(refusal) => format!("{}\n      refused: {refusal}", summary(step)),
                None => summary(step),
            },
            licenses,
        });
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
        let waiting = self.waiting().await?;
        let last = Moment {
            at: self.now(),
            step: "the end".to_owned(),
            licenses: licenses.clone(),
        };
        self.timeline.push(last);
        let stripe = &self.stage.stripe;
        let mut events = Vec::new();
        for event in stripe.events().iter().skip(self.before) {
            events.push(stripe.event_body(&event.id, API_VERSION)?.to_string());
        }
        self.stage.switch_off().await?;
        self.stage.stripe.stop().await;
        Ok(Played {
            timeline: self.timeline,
            webhooks: self.webhooks,
            licenses,
            waiting,
            offline: self.offline,
            mismatches: self.mismatches,
            events,
        })
    }
}
