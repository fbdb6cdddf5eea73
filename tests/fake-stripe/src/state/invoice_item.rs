//! Amounts that wait for a customer's next invoice.

use serde_json::{Value, json};

use super::{Metadata, Resource, World};

pub(crate) struct InvoiceItem {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    pub(crate) price: Option<String>,
    /// The subscription whose next invoice bills it; none for any of the customer's.
    pub(crate) subscription: Option<String>,
    pub(crate) description: Option<String>,
    /// The invoice that bills it, once there is one.
    pub(crate) invoice: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl InvoiceItem {
    pub(crate) fn amount(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }
}

impl Resource for InvoiceItem {
    const KIND: &'static str = "invoiceitem";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let price = self.price.as_ref().and_then(|it| world.prices.get(it).ok());
        json!({
            "id": self.id,
            "object": Self::KIND,
            "amount": self.amount(),
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "date": self.created,
            "description": self.description,
            "discountable": true,
            "discounts": [],
            "invoice": self.invoice,
            "livemode": world.livemode,
            "metadata": self.metadata,
            "net_amount": self.amount(),
            "parent": self.subscription.as_ref().map(|subscription| json!({
                "subscription_details": {
                    "subscription": subscription,
                    "subscription_item": null,
                },
                "type": "subscription_details",
            })),
            "period": { "end": self.created, "start": self.created },
            "pricing": price.map(|price| json!({
                "price_details": { "price": price.id, "product": price.product },
                "type": "price_details",
                "unit_amount_decimal": self.unit_amount.to_string(),
            })),
            "proration": false,
            "quantity": self.quantity,
            "quantity_decimal": self.quantity.to_string(),
            "tax_rates": [],
            "test_clock": null,
        })
    }
}
