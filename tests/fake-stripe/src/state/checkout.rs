//! Checkout sessions: what a customer is about to buy, and then has bought.

use serde_json::{Value, json};

use super::{Checkout, Mode, Resource, World, list};

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
                "enabled": self.offer.creates_invoice,
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
