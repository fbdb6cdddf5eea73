//! What a checkout session offers: the parameters of its creation.

use super::{Metadata, Method};

/// What a checkout session sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Payment,
    Subscription,
}

impl Mode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Subscription => "subscription",
        }
    }
}

/// What a checkout session offers: the parameters of its creation.
///
/// ```
/// use fake_stripe::Checkout;
///
/// let checkout = Checkout::subscription("price_growth_monthly")
///     .quantity(3)
///     .email("customer@example.com")
///     .trial_days(14);
/// ```
#[derive(Debug, Clone)]
pub struct Checkout {
    pub(crate) mode: Mode,
    pub(crate) lines: Vec<(String, i64)>,
    pub(crate) customer: Option<String>,
    pub(crate) creates_customer: bool,
    pub(crate) creates_invoice: bool,
    pub(crate) email: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) subscription_metadata: Metadata,
    pub(crate) payment_metadata: Metadata,
    pub(crate) payment_link: Option<String>,
    pub(crate) trial_days: Option<u32>,
    pub(crate) method: Method,
    pub(crate) payment_method: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
}

impl Checkout {
    /// Sells a subscription to this price.
    #[must_use]
    pub fn subscription(price: &str) -> Self {
        Self::new(Mode::Subscription).line(price, 1)
    }

    /// Sells this price once. The customer stays a guest unless one is named or
    /// [`creates_customer`](Self::creates_customer) is called.
    #[must_use]
    pub fn payment(price: &str) -> Self {
        Self::new(Mode::Payment).line(price, 1)
    }

    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            mode,
            lines: Vec::new(),
            customer: None,
            creates_customer: mode == Mode::Subscription,
            creates_invoice: false,
            email: None,
            client_reference_id: None,
            metadata: Metadata::new(),
            subscription_metadata: Metadata::new(),
            payment_metadata: Metadata::new(),
            payment_link: None,
            trial_days: None,
            method: Method::Card,
            payment_method: None,
            success_url: None,
            cancel_url: None,
        }
    }

    /// Adds another line.
    #[must_use]
    pub fn line(mut self, price: &str, quantity: i64) -> Self {
        self.lines.push((price.to_owned(), quantity));
        self
    }

    /// The quantity of the line added last.
    #[must_use]
    pub fn quantity(mut self, quantity: i64) -> Self {
        if let Some((_, last)) = self.lines.last_mut() {
            *last = quantity;
        }
        self
    }

    /// The customer who buys.
    #[must_use]
    pub fn customer(mut self, customer: &str) -> Self {
        self.customer = Some(customer.to_owned());
        self
    }

    /// A single payment makes a customer too (`customer_creation=always`).
    #[must_use]
    pub fn creates_customer(mut self) -> Self {
        self.creates_customer = true;
        self
    }

    /// A single payment gets an invoice too (`invoice_creation`), and with it a
    /// customer.
    #[must_use]
    pub fn creates_invoice(mut self) -> Self {
        self.creates_invoice = true;
        self.creates_customer = true;
        self
    }

    /// The e-mail address the customer gives.
    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    /// The vendor's own reference, which stays on the session.
    #[must_use]
    pub fn client_reference_id(mut self, reference: &str) -> Self {
        self.client_reference_id = Some(reference.to_owned());
        self
    }

    /// Metadata of the session; nothing copies it anywhere.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: &str) -> Self {
        self.metadata.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Metadata that the subscription will have.
    #[must_use]
    pub fn subscription_metadata(mut self, name: &str, value: &str) -> Self {
        self.subscription_metadata
            .insert(name.to_owned(), value.to_owned());
        self
    }

    /// Metadata that a single payment's intent and charge will have.
    #[must_use]
    pub fn payment_metadata(mut self, name: &str, value: &str) -> Self {
        self.payment_metadata
            .insert(name.to_owned(), value.to_owned());
        self
    }

    /// The payment link that opened the session.
    #[must_use]
    pub fn payment_link(mut self, id: &str) -> Self {
        self.payment_link = Some(id.to_owned());
        self
    }

    /// The subscription starts with a trial: nothing is paid today.
    #[must_use]
    pub fn trial_days(mut self, days: u32) -> Self {
        self.trial_days = Some(days);
        self
    }

    /// The customer pays by a method that settles days later.
    #[must_use]
    pub fn delayed_payment(mut self) -> Self {
        self.method = Method::DirectDebit;
        self
    }
}
