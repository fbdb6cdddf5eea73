//! What the steps of a story do at Stripe.

use fake_stripe::{DisputeStatus, Outcome as Payment, PausedCollection, Proration};

use super::bought::Bought;
use super::story::{Outcome, Prorate, Step};
use super::world::World;
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
            Step::Subscribe(subscribe) => {
                let bought = self.subscribe(subscribe).await?;
                self.bought.insert(subscribe.name.clone(), bought);
            }
            Step::SendInvoice(invoice) => {
                let bought = self.send_invoice(invoice).await?;
                self.bought.insert(invoice.name.clone(), bought);
            }
            Step::Settle(of) => stripe.settle_checkout(self.session(of)?).await?,
            Step::Unsettle(of) => stripe.fail_checkout(self.session(of)?).await?,
            Step::ExpireIncomplete(of) => stripe.expire_incomplete(self.subscription(of)?).await?,
            Step::Renew(of) => drop(stripe.renew(self.subscription(of)?).await?),
            Step::FailRenewal(of) => drop(stripe.fail_renewal(self.subscription(of)?).await?),
            Step::BillPeriod(of) => {
                stripe.bill_next_period(self.subscription(of)?).await?;
            }
            Step::FallDue(of) => stripe.fall_due(self.subscription(of)?).await?,
            Step::FailAgain(of) => {
                let subscription = self.subscription(of)?;
                stripe.retry_payment(subscription, Payment::Fails).await?;
            }
            Step::Pay(of) => stripe.pay_invoice(&self.open_invoice(of)?).await?,
            Step::PayPart { of, amount } => {
                let part = stripe.pay_part(&self.open_invoice(of)?, *amount).await?;
                self.named(of)?.parts.push(part);
            }
            Step::Void(of) => stripe.void_invoice(&self.open_invoice(of)?).await?,
            Step::MarkUncollectible(of) => {
                stripe.mark_uncollectible(&self.open_invoice(of)?).await?;
            }
            Step::ExtraBill {
                name,
                of,
                amount,
                paid,
            } => {
                let invoice = stripe.bill_extra(self.subscription(of)?, *amount).await?;
                if *paid {
                    stripe.pay_invoice(&invoice).await?;
                }
                if let Some(name) = name {
                    let bill = Bought {
                        charge: stripe.payments_of(&invoice).pop(),
                        customer: self.of(of)?.customer.clone(),
                        invoice: Some(invoice),
                        ..Bought::default()
                    };
                    self.bought.insert(name.clone(), bill);
                }
            }
            Step::Usage { of, quantity } => {
                stripe.count_usage(self.subscription(of)?, *quantity)?;
            }
            Step::ExhaustDunning(of) => stripe.exhaust_dunning(self.subscription(of)?).await?,
            Step::Cancel(of) => stripe.cancel(self.subscription(of)?).await?,
            Step::CancelAtPeriodEnd(of) => {
                stripe.cancel_at_period_end(self.subscription(of)?).await?;
            }
            Step::ReachPeriodEnd(of) => {
                stripe.reach_period_end(self.subscription(of)?).await?;
            }
            Step::ChangePrice {
                of,
                to,
                prorate,
                paid,
            } => {
                let payment = if *paid {
                    Payment::Succeeds
                } else {
                    Payment::Fails
                };
                let subscription = self.subscription(of)?;
                let proration = proration(*prorate, payment);
                stripe
                    .change_price_with(subscription, self.price(to)?, proration)
                    .await?;
            }
            Step::AddItem {
                of,
                price,
                quantity,
                prorate,
            } => {
                let subscription = self.subscription(of)?;
                let proration = proration(*prorate, Payment::Succeeds);
                let (price, quantity) = (self.price(price)?, quantity.unwrap_or(1));
                stripe
                    .add_item(subscription, price, quantity, proration)
                    .await?;
            }
            Step::RemoveItem { of, price, prorate } => {
                let subscription = self.subscription(of)?;
                let proration = proration(*prorate, Payment::Succeeds);
                stripe.remove_item(subscription, price, proration).await?;
            }
            Step::ReplaceItem { of, to } => {
                stripe
                    .replace_item(self.subscription(of)?, self.price(to)?)
                    .await?;
            }
            Step::Seats { of, to } => {
                stripe.change_quantity(self.subscription(of)?, *to).await?;
            }
            Step::Pause(of) => stripe.pause(self.subscription(of)?).await?,
            Step::Resume(of) => stripe.resume(self.subscription(of)?).await?,
            Step::PauseCollection(of) => {
                let paused = Some(PausedCollection::Void);
                stripe
                    .pause_collection(self.subscription(of)?, paused)
                    .await?;
            }
            Step::WriteOffBills(of) => {
                let paused = Some(PausedCollection::MarkUncollectible);
                stripe
                    .pause_collection(self.subscription(of)?, paused)
                    .await?;
            }
            Step::Refund {
                of,
                amount,
                latest,
                part,
            } => {
                let payment = match part {
                    Some(part) => self.part(of, *part)?,
                    None => self.payment(of, *latest)?,
                };
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
                let payment = self.payment(of, false)?;
                self.named(of)?.dispute = Some(stripe.open_dispute(&payment).await?);
            }
            Step::Inquiry(of) => {
                let payment = self.payment(of, false)?;
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
            Step::EventAhead(by) => {
                let clock = "test-clock@example.com";
                stripe.change_customer_ahead(clock, by.0).await?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn proration(prorate: Prorate, payment: Payment) -> Proration {
    match prorate {
        Prorate::Now => Proration::Now(payment),
        Prorate::Later => Proration::Later,
        Prorate::None => Proration::None,
    }
}
