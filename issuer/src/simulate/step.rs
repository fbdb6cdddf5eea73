//! What each step of a story does.

use serde_json::json;

use super::catalog::Catalog;
use super::story::Step;
use super::world::World;
use crate::sandbox::Failure;
use crate::store::licenses::{self, LicenseRow};

impl World {
    /// Lets a step happen, and waits for what comes of it.
    pub(super) async fn take(&mut self, step: &Step) -> Result<(), Failure> {
        if self.at_stripe(step).await? {
            if !self.held {
                self.idle().await?;
            }
            return self.record(step).await;
        }
        match step {
            Step::After(time) => self.pass(time.0).await?,
            Step::Order { of, order } => {
                self.mess_up().await?;
                let license = self.license(of).await?;
                let app = self.stage.issuer()?.app.clone();
                app.order(&license.id, *order).await?;
                self.idle().await?;
            }
            Step::Activate { of, machines } => {
                self.mess_up().await?;
                for _ in 0..*machines {
                    if let Some(refusal) = self.activate(of).await? {
                        return Err(refusal.into());
                    }
                }
            }
            Step::NoRoom(of) => {
                self.mess_up().await?;
                match self.activate(of).await? {
                    Some(refusal) if refusal == "MACHINE_LIMIT_EXCEEDED" => {}
                    Some(refusal) => return Err(refusal.into()),
                    None => return Err("there was room".into()),
                }
            }
            Step::Map { price, policy } => {
                self.change_catalog(|catalog| catalog.map("price", price, policy))
                    .await?;
            }
            Step::MapProduct { of, policy } => {
                let product = self.products.get(of).cloned();
                let product = product.ok_or_else(|| format!("{of} is not among the prices"))?;
                self.change_catalog(|catalog| catalog.map("product", &product, policy))
                    .await?;
            }
            Step::Unmap(price) => self.change_catalog(|catalog| catalog.unmap(price)).await?,
            // Whether the issuer refuses that is what the story tells.
            Step::DropPolicy(name) => {
                self.try_catalog(|catalog| catalog.drop_policy(name))
                    .await?;
            }
            Step::Catalog(text) => {
                let new = Catalog::read(text)?;
                self.change_catalog(|catalog| {
                    *catalog = new;
                    Ok(())
                })
                .await?;
            }
            Step::Hide(of) => {
                for id in self.parts_at_stripe(of)? {
                    self.stage.stripe.hide(&id);
                }
            }
            Step::Reveal(of) => {
                self.mess_up().await?;
                for id in self.parts_at_stripe(of)? {
                    self.stage.stripe.reveal(&id);
                }
            }
            Step::IssuerOff => {
                self.mess_up().await?;
                self.stage.stripe.hold_deliveries();
                self.held = true;
                self.stage.switch_off().await?;
            }
            Step::IssuerOn => {
                for event in self.stage.stripe.pending() {
                    self.stage.stripe.drop_event(&event)?;
                }
                self.stage.switch_on().await?;
                if !self.in_disorder() {
                    self.stage.stripe.release_deliveries();
                    self.held = false;
                }
                self.catch_up().await?;
            }
            Step::Sweep => {
                self.stage.issuer()?.app.sweep().await?;
                self.idle().await?;
            }
            Step::Reconcile => {
                self.stage.issuer()?.app.reconcile(false, &|_| {}).await?;
                self.idle().await?;
            }
            Step::Check(expected) => {
                self.mess_up().await?;
                return self.check(expected).await;
            }
            Step::CheckWaiting(expected) => {
                self.mess_up().await?;
                return self.check_waiting(expected).await;
            }
            delivery => self.deliver(delivery).await?,
        }
        self.record(step).await
    }

    async fn license(&self, name: &str) -> Result<LicenseRow, Failure> {
        let bought = self.of(name)?;
        let origins = [&bought.subscription, &bought.session, &bought.invoice];
        let origin = origins.into_iter().flatten().next();
        let origin = origin.ok_or("nothing was bought")?;
        let mut db = self.stage.issuer()?.app.store().read().await?;
        let mut rows = licenses::list(&mut db).await?.into_iter();
        let row = rows.find(|it| it.item.starts_with(origin));
        row.ok_or_else(|| format!("there is no license of {name}").into())
    }

    /// Another machine asks for a place; the code with which it is refused.
    async fn activate(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let license = self.license(name).await?;
        let issuer = self.stage.issuer()?;
        self.machines = self.machines.saturating_add(1);
        let body = json!({
            "key": issuer.app.license_key(&license)?,
            "fingerprint": format!("sha256:machine-{}", self.machines),
        });
        let url = format!("{}/api/v1/tokens", issuer.base_url());
        let reply = reqwest::Client::new().post(url).json(&body).send().await?;
        let reply: serde_json::Value = reply.json().await?;
        let code = reply.get("code").and_then(|it| it.as_str());
        Ok(code.map(str::to_owned))
    }

    /// As [`Self::try_catalog`], for a catalog that the issuer must take.
    async fn change_catalog(
        &mut self,
        change: impl FnOnce(&mut Catalog) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.try_catalog(change).await?;
        match self.refusal.take() {
            Some(refusal) => Err(format!("the issuer refuses this catalog: {refusal}").into()),
            None => Ok(()),
        }
    }

    async fn try_catalog(
        &mut self,
        change: impl FnOnce(&mut Catalog) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.mess_up().await?;
        change(&mut self.catalog)?;
        self.stage.change_catalog(&self.catalog.text()).await?;
        self.refusal = self.stage.issuer()?.app.catalog_refusal();
        self.idle().await
    }

    /// How deliveries go; in disorder they go as they will.
    async fn deliver(&mut self, step: &Step) -> Result<(), Failure> {
        if self.in_disorder() {
            return Ok(());
        }
        let stripe = &self.stage.stripe;
        match step {
            Step::Hold => {
                stripe.hold_deliveries();
                self.held = true;
            }
            Step::Deliver(kinds) => {
                for kind in kinds {
                    let mut found = false;
                    for id in stripe.pending() {
                        if stripe.event(&id)?.kind == kind {
                            found = true;
                            stripe.deliver(&id).await?;
                        }
                    }
                    if !found {
                        return Err(format!("no {kind} was kept back").into());
                    }
                }
            }
            Step::Again { event, times } => {
                let events = stripe.events();
                for event in events.iter().filter(|it| it.kind == event) {
                    for _ in 0..*times {
                        stripe.deliver(&event.id).await?;
                    }
                }
            }
            Step::Release => {
                stripe.release_deliveries();
                self.held = false;
            }
            Step::Lose => {
                for event in stripe.pending() {
                    stripe.drop_event(&event)?;
                }
            }
            other => return Err(format!("{other:?} is not a step").into()),
        }
        self.idle().await
    }
}
