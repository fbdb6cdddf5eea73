//! What each step of a story does.

use fake_stripe::{Checkout, DisputeStatus, Outcome as Payment};

use serde_json::json;

use super::scenario::{Buy, Outcome, Step};
use super::world::{Bought, World};
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
            Step::After(time) => {
                let time = humantime::parse_duration(time)?;
                self.pass(i64::try_from(time.as_secs())?).await?;
            }
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
            Step::Map { price, policy } => self.map("price", price, policy).await?,
            Step::MapProduct { of, policy } => {
                let product = self.products.get(of).cloned();
                let product = product.ok_or_else(|| format!("{of} is not among the prices"))?;
                self.map("product", &product, policy).await?;
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
            delivery => self.deliver(delivery).await?,
        }
        self.record(step).await
    }

    async fn license(&self, name: &str) -> Result<LicenseRow, Failure> {
        let bought = self.of(name)?;
        let origin = bought.subscription.as_ref().or(bought.session.as_ref());
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

    async fn map(&mut self, kind: &str, id: &str, policy: &str) -> Result<(), Failure> {
        self.mess_up().await?;
        self.catalog.push_str(&format!(
            "\n[[stripe.mappings]]\n{kind} = \"{id}\"\npolicy = \"{policy}\"\n"
        ));
        self.stage.change_catalog(&self.catalog).await?;
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
            other => return Err(format!("{other:?} is no step").into()),
        }
        self.idle().await
    }

    /// What happens at Stripe; `false` where the step is none of that.
    async fn at_stripe(&mut self, step: &Step) -> Result<bool, Failure> {
        let stripe = self.stage.stripe.clone();
        match step {
            Step::Buy(buy) => {
                let bought = self.buy(buy).await?;
                self.bought.insert(buy.name.clone(), bought);
            }
            Step::Subscribe(buy) => {
                let customer = stripe.create_customer(&buy.email).await?;
                let subscription = stripe
                    .subscribe(&customer, &buy.price, Payment::Fails)
                    .await?;
                let bought = Bought {
                    customer: Some(customer),
                    subscription: Some(subscription),
                    ..Bought::default()
                };
                self.bought.insert(buy.name.clone(), bought);
            }
            Step::Settle(of) => stripe.settle_checkout(self.session(of)?).await?,
            Step::Unsettle(of) => stripe.fail_checkout(self.session(of)?).await?,
            Step::ExpireIncomplete(of) => stripe.expire_incomplete(self.subscription(of)?).await?,
            Step::Renew(of) => drop(stripe.renew(self.subscription(of)?).await?),
            Step::FailRenewal(of) => drop(stripe.fail_renewal(self.subscription(of)?).await?),
            Step::FailAgain(of) => {
                let subscription = self.subscription(of)?;
                stripe.retry_payment(subscription, Payment::Fails).await?;
            }
            Step::Pay(of) => drop(stripe.pay_latest_invoice(self.subscription(of)?).await?),
            Step::ExhaustDunning(of) => stripe.exhaust_dunning(self.subscription(of)?).await?,
            Step::Cancel(of) => stripe.cancel(self.subscription(of)?).await?,
            Step::CancelAtPeriodEnd(of) => {
                stripe.cancel_at_period_end(self.subscription(of)?).await?;
            }
            Step::ReachPeriodEnd(of) => {
                stripe.reach_period_end(self.subscription(of)?).await?;
            }
            Step::ChangePrice { of, to, paid } => {
                let payment = if *paid {
                    Payment::Succeeds
                } else {
                    Payment::Fails
                };
                let subscription = self.subscription(of)?;
                stripe.change_price_now(subscription, to, payment).await?;
            }
            Step::ReplaceItem { of, to } => {
                stripe.replace_item(self.subscription(of)?, to).await?;
            }
            Step::Seats { of, to } => {
                stripe.change_quantity(self.subscription(of)?, *to).await?;
            }
            Step::Pause(of) => stripe.pause(self.subscription(of)?).await?,
            Step::Resume(of) => stripe.resume(self.subscription(of)?).await?,
            Step::PauseCollection(of) => {
                stripe
                    .pause_collection(self.subscription(of)?, true)
                    .await?;
            }
            Step::Refund { of, amount, latest } => {
                let payment = self.payment(of, *latest).await?;
                let refund = stripe.refund(&payment, *amount).await?;
                self.named(of)?.refund = Some(refund);
            }
            Step::FailRefund(of) => {
                let refund = self.of(of)?.refund.clone();
                stripe
                    .fail_refund(&refund.ok_or("nothing was refunded")?)
                    .await?;
            }
            Step::Dispute(of) => {
                let payment = self.payment(of, false).await?;
                self.named(of)?.dispute = Some(stripe.open_dispute(&payment).await?);
            }
            Step::Inquiry(of) => {
                let payment = self.payment(of, false).await?;
                self.named(of)?.dispute = Some(stripe.open_inquiry(&payment).await?);
            }
            Step::CloseDispute { of, outcome } => {
                let dispute = self.of(of)?.dispute.clone().ok_or("nothing is disputed")?;
                let status = match outcome {
                    Outcome::Won => DisputeStatus::Won,
                    Outcome::Lost => DisputeStatus::Lost,
                    Outcome::Closed => DisputeStatus::WarningClosed,
                };
                stripe.close_dispute(&dispute, status).await?;
            }
            Step::DeleteCustomer(of) => {
                let customer = self.of(of)?.customer.clone();
                stripe
                    .delete_customer(&customer.ok_or("a guest bought")?)
                    .await?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    async fn buy(&self, buy: &Buy) -> Result<Bought, Failure> {
        let mut checkout = match buy.once {
            true => Checkout::payment(&buy.price),
            false => Checkout::subscription(&buy.price),
        };
        checkout = checkout
            .quantity(buy.quantity.unwrap_or(1))
            .email(&buy.email);
        for price in &buy.also {
            checkout = checkout.line(price, 1);
        }
        if let Some(of) = &buy.customer_of {
            let customer = self.of(of)?.customer.as_deref();
            checkout = checkout.customer(customer.ok_or("a guest bought")?);
        }
        if let Some(days) = buy.trial {
            checkout = checkout.trial_days(days);
        }
        if buy.delayed {
            checkout = checkout.delayed_payment();
        }
        if buy.payment_link {
            checkout = checkout.payment_link("plink_simulated");
        }
        let session = self.stage.stripe.checkout(checkout)?;
        let receipt = self.stage.stripe.complete_checkout(&session).await?;
        Ok(Bought {
            session: Some(session),
            customer: receipt.customer,
            subscription: receipt.subscription,
            charge: receipt.charge.or(receipt.payment_intent),
            ..Bought::default()
        })
    }

    pub(super) fn of(&self, name: &str) -> Result<&Bought, Failure> {
        let found = self.bought.get(name);
        found.ok_or_else(|| format!("nothing was bought as \"{name}\" before").into())
    }

    fn named(&mut self, name: &str) -> Result<&mut Bought, Failure> {
        let found = self.bought.get_mut(name);
        found.ok_or_else(|| format!("nothing was bought as \"{name}\" before").into())
    }

    fn session(&self, name: &str) -> Result<&str, Failure> {
        let session = self.of(name)?.session.as_deref();
        session.ok_or_else(|| format!("{name} was not bought through a checkout").into())
    }

    fn subscription(&self, name: &str) -> Result<&str, Failure> {
        let subscription = self.of(name)?.subscription.as_deref();
        subscription.ok_or_else(|| format!("{name} is no subscription").into())
    }

    /// The first payment of a purchase, or the latest of its subscription.
    async fn payment(&self, name: &str, latest: bool) -> Result<String, Failure> {
        let bought = self.of(name)?;
        if latest {
            let customer = bought.customer.as_deref().unwrap_or_default();
            let stripe = &self.stage.stripe;
            let url = format!(
                "{}/v1/charges?customer={customer}&limit=1",
                stripe.base_url()
            );
            let request = reqwest::Client::new()
                .get(url)
                .bearer_auth(stripe.api_key());
            let list: serde_json::Value = request.send().await?.json().await?;
            let newest = list.pointer("/data/0/id").and_then(|it| it.as_str());
            return Ok(newest.ok_or("nothing was paid")?.to_owned());
        }
        let charge = bought.charge.clone();
        charge.ok_or_else(|| format!("nothing was paid for {name}").into())
    }
}
