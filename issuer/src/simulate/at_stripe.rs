//! What the steps of a story do at Stripe.

use fake_stripe::{Checkout, DisputeStatus, Outcome as Payment};

use super::scenario::{Buy, Outcome, Step};
use super::world::{Bought, World};
use crate::sandbox::Failure;

impl World {
    /// What happens at Stripe; `false` where the step is none of that.
    pub(super) async fn at_stripe(&mut self, step: &Step) -> Result<bool, Failure> {
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
