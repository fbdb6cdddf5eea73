//! Checkout sessions: what a customer is about to buy, and then has bought.

use serde_json::{Value, json};

use super::{Metadata, Method, Resource, World, list};

/// What a checkout session sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Payment,
    Subscription,
}

impl Mode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Subscription => "subscription",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
}

impl SessionStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentState {
    Unpaid,
    Paid,
    NoPaymentRequired,
}

impl PaymentState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::NoPaymentRequired => "no_payment_required",
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
    pub(crate) email: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) subscription_metadata: Metadata,
    pub(crate) payment_metadata: Metadata,
    pub(crate) payment_link: Option<String>,
    pub(crate) trial_days: Option<u32>,
    pub(crate) method: Method,
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
            email: None,
            client_reference_id: None,
            metadata: Metadata::new(),
            subscription_metadata: Metadata::new(),
            payment_metadata: Metadata::new(),
            payment_link: None,
            trial_days: None,
            method: Method::Card,
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

pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
}

pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) offer: Checkout,
    pub(crate) currency: String,
    pub(crate) lines: Vec<SessionLine>,
    pub(crate) status: SessionStatus,
    pub(crate) payment: PaymentState,
    pub(crate) customer: Option<String>,
    /// The e-mail address the customer gave in the end.
    pub(crate) email: Option<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) payment_intent: Option<String>,
    pub(crate) created: i64,
}

const LIFETIME: i64 = 86_400;

impl Session {
    /// The sum of the lines; a trial makes the recurring ones free today.
    pub(crate) fn total(&self, world: &World) -> i64 {
        self.lines
            .iter()
            .map(|line| self.line_total(line, world))
            .sum()
    }

    pub(crate) fn url(&self, world: &World) -> String {
        format!("{}/_fake/pay/{}", world.base_url, self.id)
    }

    pub(crate) fn line_items(&self, world: &World) -> Vec<Value> {
        self.lines
            .iter()
            .map(|line| self.render_line(line, world))
            .collect()
    }

    fn line_total(&self, line: &SessionLine, world: &World) -> i64 {
        let Ok(price) = world.prices.get(&line.price) else {
            return 0;
        };
        if self.offer.trial_days.is_some() && price.recurring.is_some() {
            return 0;
        }
        price.unit_amount.saturating_mul(line.quantity)
    }

    fn render_line(&self, line: &SessionLine, world: &World) -> Value {
        let price = world.prices.get(&line.price).ok();
        let product = price.and_then(|price| world.products.get(&price.product).ok());
        let total = self.line_total(line, world);
        json!({
            "id": line.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": total,
            "amount_tax": 0,
            "amount_total": total,
            "currency": self.currency,
            "description": product.map(|product| product.name.as_str()),
            "metadata": {},
            "price": price.map(|price| price.render(world)),
            "quantity": line.quantity,
        })
    }

    fn render_details(&self) -> Value {
        json!({
            "address": null,
            "business_name": null,
            "email": self.email,
            "individual_name": null,
            "name": null,
            "phone": null,
            "tax_exempt": "none",
            "tax_ids": [],
        })
    }

    pub(crate) fn render_line_items(&self, world: &World) -> Value {
        list(
            &format!("/v1/checkout/sessions/{}/line_items", self.id),
            self.line_items(world),
        )
    }
}

impl Resource for Session {
    const KIND: &'static str = "checkout.session";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let open = self.status == SessionStatus::Open;
        let single = self.offer.mode == Mode::Payment;
        let creation = if self.offer.creates_customer {
            "always"
        } else {
            "if_required"
        };
        let total = self.total(world);
        json!({
            "id": self.id,
            "object": Self::KIND,
            "adaptive_pricing": { "enabled": false },
            "after_expiration": null,
            "allow_promotion_codes": null,
            "amount_subtotal": total,
            "amount_total": total,
            "automatic_tax": {
                "enabled": false,
                "liability": null,
                "provider": null,
                "status": null,
            },
            "billing_address_collection": null,
            "cancel_url": self.offer.cancel_url,
            "client_reference_id": self.offer.client_reference_id,
            "client_secret": null,
            "collected_information": null,
            "consent": null,
            "consent_collection": null,
            "created": self.created,
            "currency": self.currency,
            "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null,
                "shipping_address": null,
                "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer": self.customer,
            "customer_account": null,
            "customer_creation": single.then_some(creation),
            "customer_details": self.email.is_some().then(|| self.render_details()),
            "customer_email": self.offer.email,
            "discounts": [],
            "expires_at": self.created.saturating_add(LIFETIME),
            "integration_identifier": null,
            "invoice": self.invoice,
            "invoice_creation": single.then(|| json!({
                "enabled": false,
                "invoice_data": {
                    "account_tax_ids": null,
                    "custom_fields": null,
                    "description": null,
                    "footer": null,
                    "issuer": null,
                    "metadata": {},
                    "rendering_options": null,
                },
            })),
            "livemode": world.livemode,
            "locale": null,
            "managed_payments": { "enabled": false },
            "metadata": self.offer.metadata,
            "mode": self.offer.mode.as_str(),
            "origin_context": null,
            "payment_intent": self.payment_intent,
            "payment_link": self.offer.payment_link,
            "payment_method_collection": if single { "if_required" } else { "always" },
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": [self.offer.method.as_str()],
            "payment_status": self.payment.as_str(),
            "permissions": null,
            "phone_number_collection": { "enabled": false },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": self.status.as_str(),
            "submit_type": null,
            "subscription": self.subscription,
            "success_url": self.offer.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page",
            "url": open.then(|| self.url(world)),
            "wallet_options": null,
        })
    }
}
