//! A checkout session from its opening to its payment. The subscription is made
//! only when the customer has paid, as Stripe has done since 2025-03-31.

use crate::refusal::Refusal;
use crate::state::{
    Checkout, Customer, Fate, Metadata, Method, Mode, PaymentState, Session, SessionLine,
    SessionStatus, World,
};

/// What a completed checkout made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The checkout session.
    pub session: String,
    /// The customer; none for a guest.
    pub customer: Option<String>,
    /// The subscription, where one was sold.
    pub subscription: Option<String>,
    /// The subscription's first invoice.
    pub invoice: Option<String>,
    /// The payment intent; none where nothing was due.
    pub payment_intent: Option<String>,
    /// The charge; none where nothing was due.
    pub charge: Option<String>,
}

impl World {
    pub(crate) fn open_checkout(&mut self, offer: Checkout) -> Result<String, Refusal> {
        let mut currency = None;
        let mut recurring = false;
        for (price, quantity) in &offer.lines {
            let price = self.prices.get(price)?;
            recurring |= price.recurring.is_some();
            currency.get_or_insert_with(|| price.currency.clone());
            if *quantity < 1 {
                let problem = "must be at least 1";
                return Err(Refusal::InvalidParameter {
                    param: "line_items[quantity]",
                    problem,
                });
            }
        }
        let Some(currency) = currency else {
            return Err(Refusal::MissingParameter {
                param: "line_items",
            });
        };
        if recurring != (offer.mode == Mode::Subscription) {
            let problem = "a subscription needs a recurring price, a payment must have none";
            return Err(Refusal::InvalidParameter {
                param: "mode",
                problem,
            });
        }
        let mut email = offer.email.clone();
        if let Some(customer) = &offer.customer {
            email = self.customers.get(customer)?.email.clone().or(email);
        }
        let id = self.ids.session(self.livemode);
        let lines = offer
            .lines
            .iter()
            .map(|(price, quantity)| SessionLine {
                id: self.ids.next("li_"),
                price: price.clone(),
                quantity: *quantity,
            })
            .collect();
        let session = Session {
            id: id.clone(),
            currency,
            lines,
            status: SessionStatus::Open,
            payment: PaymentState::Unpaid,
            customer: offer.customer.clone(),
            email,
            subscription: None,
            invoice: None,
            payment_intent: None,
            created: self.now(),
            offer,
        };
        self.sessions.insert(session);
        Ok(id)
    }

    /// The customer pays: by card at once, else the money is under way.
    pub(crate) fn complete_checkout(&mut self, id: &str) -> Result<Receipt, Refusal> {
        let session = self.sessions.get(id)?;
        if session.status != SessionStatus::Open {
            let (status, verb) = (session.status.as_str(), "be completed");
            return Err(Refusal::WrongState {
                object: "checkout.session",
                status,
                verb,
            });
        }
        let offer = session.offer.clone();
        let email = session.email.clone();
        let customer = match session.customer.clone() {
            None if offer.creates_customer => Some(self.add_customer(None, email.clone())?),
            customer => customer,
        };
        let mut receipt = Receipt {
            session: id.to_owned(),
            customer,
            subscription: None,
            invoice: None,
            payment_intent: None,
            charge: None,
        };
        match offer.mode {
            Mode::Payment => self.buy_once(&mut receipt, offer, email)?,
            Mode::Subscription => self.buy_subscription(&mut receipt, offer)?,
        }
        let unsettled = receipt
            .payment_intent
            .as_deref()
            .is_some_and(|it| !self.settled(it));
        let session = self.sessions.get_mut(id)?;
        session.status = SessionStatus::Complete;
        session.payment = match receipt.payment_intent {
            None => PaymentState::NoPaymentRequired,
            Some(_) if unsettled => PaymentState::Unpaid,
            Some(_) => PaymentState::Paid,
        };
        session.customer.clone_from(&receipt.customer);
        session.subscription.clone_from(&receipt.subscription);
        session.invoice.clone_from(&receipt.invoice);
        // A subscription's payment intent belongs to its invoice.
        session.payment_intent = match session.offer.mode {
            Mode::Payment => receipt.payment_intent.clone(),
            Mode::Subscription => None,
        };
        self.tell::<Session>("checkout.session.completed", id)?;
        Ok(receipt)
    }

    /// The customer pays by the payment method that the hosted page was given.
    pub(crate) fn confirm_checkout(
        &mut self,
        id: &str,
        payment_method: &str,
        expected_amount: Option<i64>,
    ) -> Result<(), Refusal> {
        let payment_method = self.payment_methods.get(payment_method)?;
        let (method, fate) = (payment_method.method, payment_method.fate);
        let (name, email) = (payment_method.id.clone(), payment_method.email.clone());
        let session = self.sessions.get(id)?;
        let total = session.total(self);
        if expected_amount.is_some_and(|expected| expected != total) {
            let (param, problem) = ("expected_amount", "not what the session costs");
            return Err(Refusal::InvalidParameter { param, problem });
        }
        // Nothing of a session comes into being before it is paid.
        if session.status == SessionStatus::Open && method == Method::Card && !fate.pays() {
            let (code, charge) = ("card_declined", None);
            return Err(Refusal::Card { code, charge });
        }
        let session = self.sessions.get_mut(id)?;
        session.email = session.email.take().or(email);
        session.offer.method = method;
        session.offer.payment_method = Some(name.clone());
        let receipt = self.complete_checkout(id)?;
        self.payment_methods.get_mut(&name)?.customer = receipt.customer;
        match (method, fate) {
            (Method::Card, _) | (Method::DirectDebit, Fate::StaysUnderWay) => Ok(()),
            (Method::DirectDebit, _) if receipt.payment_intent.is_none() => Ok(()),
            (Method::DirectDebit, Fate::Bounces) => self.fail_checkout(id),
            (Method::DirectDebit, _) => self.settle_checkout(id),
        }
    }

    /// A delayed payment comes.
    pub(crate) fn settle_checkout(&mut self, id: &str) -> Result<(), Refusal> {
        let (intent, invoice) = self.awaited(id)?;
        self.settle_payment(&intent)?;
        if let Some(invoice) = invoice {
            self.mark_paid(&invoice)?;
        }
        self.sessions.get_mut(id)?.payment = PaymentState::Paid;
        self.tell::<Session>("checkout.session.async_payment_succeeded", id)
    }

    /// A delayed payment does not come.
    pub(crate) fn fail_checkout(&mut self, id: &str) -> Result<(), Refusal> {
        let (intent, invoice) = self.awaited(id)?;
        let subscription = self.sessions.get(id)?.subscription.clone();
        self.decline_payment(&intent)?;
        if let Some(invoice) = invoice {
            self.note_failure(&invoice)?;
        }
        if let Some(subscription) = subscription {
            self.fall_behind(&subscription)?;
        }
        self.tell::<Session>("checkout.session.async_payment_failed", id)
    }

    /// Nobody paid within the session's life.
    pub(crate) fn expire_checkout(&mut self, id: &str) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(id)?;
        if session.status != SessionStatus::Open {
            let (status, verb) = (session.status.as_str(), "expire");
            return Err(Refusal::WrongState {
                object: "checkout.session",
                status,
                verb,
            });
        }
        session.status = SessionStatus::Expired;
        self.tell::<Session>("checkout.session.expired", id)
    }

    pub(crate) fn add_customer(
        &mut self,
        id: Option<String>,
        email: Option<String>,
    ) -> Result<String, Refusal> {
        let id = self.fresh::<Customer>(id, "cus_")?;
        self.customers.insert(Customer {
            id: id.clone(),
            email,
            name: None,
            description: None,
            default_payment_method: None,
            created: self.now(),
            metadata: Metadata::new(),
            deleted: false,
        });
        self.tell::<Customer>("customer.created", &id)?;
        Ok(id)
    }

    /// The payment intent and the invoice of a session whose money is under way.
    fn awaited(&self, id: &str) -> Result<(String, Option<String>), Refusal> {
        let session = self.sessions.get(id)?;
        let invoice = session.invoice.clone();
        let intent = session.payment_intent.clone().or_else(|| {
            invoice
                .as_deref()
                .and_then(|invoice| self.payment_intent_of(invoice))
        });
        match intent {
            Some(intent) if self.processing(&intent) => Ok((intent, invoice)),
            _ => Err(Refusal::WrongState {
                object: "checkout.session",
                status: session.status.as_str(),
                verb: "have its payment settled: none is under way",
            }),
        }
    }
}
