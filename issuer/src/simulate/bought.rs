//! What somebody bought at Stripe, and by which names its parts are known there.

use fake_stripe::{Checkout, Outcome as Payment, Subscribe as Offer};

use super::purchase::{Buy, SendInvoice, Subscribe};
use super::world::World;
use crate::sandbox::Failure;

/// What somebody bought, by the names of its parts at Stripe.
#[derive(Default)]
pub(super) struct Bought {
    pub(super) session: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) subscription: Option<String>,
    /// Where it is an invoice of the vendor's.
    pub(super) invoice: Option<String>,
    /// Its first payment.
    pub(super) charge: Option<String>,
    /// The payments of an invoice that was paid in parts.
    pub(super) parts: Vec<String>,
    pub(super) refund: Option<String>,
    pub(super) dispute: Option<String>,
}

impl World {
    pub(super) async fn buy(&self, buy: &Buy) -> Result<Bought, Failure> {
        let price = self.price(&buy.price)?;
        let mut checkout = match buy.once || buy.invoice {
            true => Checkout::payment(price),
            false => Checkout::subscription(price),
        };
        checkout = checkout
            .quantity(buy.quantity.unwrap_or(1))
            .email(&buy.email);
        for line in &buy.also {
            checkout = checkout.line(self.price(line.price())?, line.quantity());
        }
        if let Some(of) = &buy.customer_of {
            checkout = checkout.customer(self.customer(of)?);
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
        if buy.invoice {
            checkout = checkout.creates_invoice();
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

    pub(super) async fn subscribe(&self, subscribe: &Subscribe) -> Result<Bought, Failure> {
        let stripe = &self.stage.stripe;
        let customer = self
            .customer_for(&subscribe.email, subscribe.customer_of.as_deref())
            .await?;
        let mut offer = Offer::to(self.price(&subscribe.price)?);
        offer = offer.quantity(subscribe.quantity.unwrap_or(1));
        for line in &subscribe.also {
            offer = offer.line(self.price(line.price())?, line.quantity());
        }
        if let Some(days) = subscribe.net {
            offer = offer.days_until_due(days);
        }
        if let Some(by) = subscribe.backdate {
            offer = offer.start_date(self.now().plus(-by.0).0);
        }
        let payment = match subscribe.paid {
            true => Payment::Succeeds,
            false => Payment::Fails,
        };
        let subscription = stripe.subscribe_by(&customer, offer, payment).await?;
        let first = stripe.latest_invoice(&subscription)?;
        Ok(Bought {
            customer: Some(customer),
            charge: stripe.payments_of(&first).pop(),
            subscription: Some(subscription),
            ..Bought::default()
        })
    }

    pub(super) async fn send_invoice(&self, sold: &SendInvoice) -> Result<Bought, Failure> {
        let stripe = &self.stage.stripe;
        let customer = self
            .customer_for(&sold.email, sold.customer_of.as_deref())
            .await?;
        let mut lines = vec![(self.price(&sold.price)?, sold.quantity.unwrap_or(1))];
        for line in &sold.also {
            lines.push((self.price(line.price())?, line.quantity()));
        }
        let invoice = stripe.sell_by_invoice(&customer, &lines).await?;
        if sold.paid {
            stripe.pay_invoice(&invoice).await?;
        }
        Ok(Bought {
            customer: Some(customer),
            charge: stripe.payments_of(&invoice).pop(),
            invoice: Some(invoice),
            ..Bought::default()
        })
    }

    async fn customer_for(&self, email: &str, of: Option<&str>) -> Result<String, Failure> {
        match of {
            Some(of) => Ok(self.customer(of)?.to_owned()),
            None => Ok(self.stage.stripe.create_customer(email).await?),
        }
    }

    /// A price that the fake Stripe has.
    pub(super) fn price<'a>(&self, price: &'a str) -> Result<&'a str, Failure> {
        match self.products.contains_key(price) {
            true => Ok(price),
            false => Err(format!(
                "Stripe has no price {price}: add it to the scenario, as in \
                 `prices: [{{ id: {price}, product: Plan, amount: 2900 }}]`"
            )
            .into()),
        }
    }

    pub(super) fn of(&self, name: &str) -> Result<&Bought, Failure> {
        let found = self.bought.get(name);
        found.ok_or_else(|| format!("nothing was bought as \"{name}\" before").into())
    }

    pub(super) fn named(&mut self, name: &str) -> Result<&mut Bought, Failure> {
        let found = self.bought.get_mut(name);
        found.ok_or_else(|| format!("nothing was bought as \"{name}\" before").into())
    }

    pub(super) fn customer(&self, name: &str) -> Result<&str, Failure> {
        let customer = self.of(name)?.customer.as_deref();
        customer.ok_or_else(|| format!("{name} was bought by a guest").into())
    }

    pub(super) fn session(&self, name: &str) -> Result<&str, Failure> {
        let session = self.of(name)?.session.as_deref();
        session.ok_or_else(|| format!("{name} was not bought through a checkout").into())
    }

    pub(super) fn subscription(&self, name: &str) -> Result<&str, Failure> {
        let subscription = self.of(name)?.subscription.as_deref();
        subscription.ok_or_else(|| format!("{name} is not a subscription").into())
    }

    /// The newest open invoice of a subscription, or the invoice of that name.
    pub(super) fn open_invoice(&self, name: &str) -> Result<String, Failure> {
        match &self.of(name)?.invoice {
            Some(invoice) => Ok(invoice.clone()),
            None => Ok(self.stage.stripe.open_invoice(self.subscription(name)?)?),
        }
    }

    /// The first payment of a purchase, or the one of its subscription's latest invoice.
    pub(super) fn payment(&self, name: &str, latest: bool) -> Result<String, Failure> {
        let stripe = &self.stage.stripe;
        let bought = self.of(name)?;
        let payment = match (&bought.invoice, latest) {
            (Some(invoice), _) => stripe.payments_of(invoice).pop(),
            (None, true) => {
                let invoice = stripe.latest_invoice(self.subscription(name)?)?;
                stripe.payments_of(&invoice).pop()
            }
            (None, false) => bought.charge.clone(),
        };
        payment.ok_or_else(|| format!("nothing was paid for {name}").into())
    }

    /// A payment of an invoice that was paid in parts; 1 is the first.
    pub(super) fn part(&self, name: &str, part: usize) -> Result<String, Failure> {
        let parts = &self.of(name)?.parts;
        let found = part.checked_sub(1).and_then(|place| parts.get(place));
        let found = found.cloned();
        found.ok_or_else(|| format!("{name} was paid in {} parts", parts.len()).into())
    }

    /// Everything of a purchase that Stripe can be asked about.
    pub(super) fn parts_at_stripe(&self, name: &str) -> Result<Vec<String>, Failure> {
        let bought = self.of(name)?;
        let parts = [
            &bought.session,
            &bought.subscription,
            &bought.invoice,
            &bought.charge,
        ];
        Ok(parts.into_iter().flatten().cloned().collect())
    }
}
