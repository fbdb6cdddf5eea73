//! Who pays.

use serde_json::{Value, json};

use super::{Metadata, Resource, World};

pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
    pub(crate) deleted: bool,
}

impl Customer {
    /// The customer with all members, as the event of its deletion still has it.
    pub(crate) fn render_whole(&self, world: &World) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "address": null,
            "balance": 0,
            "created": self.created,
            "currency": null,
            "customer_account": null,
            "default_source": null,
            "delinquent": false,
            "description": self.description,
            "discount": null,
            "email": self.email,
            "invoice_prefix": world.invoice_prefix(&self.id),
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": self.default_payment_method,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": world.livemode,
            "metadata": self.metadata,
            "name": self.name,
            "next_invoice_sequence": 1,
            "phone": null,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}

impl Resource for Customer {
    const KIND: &'static str = "customer";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": Self::KIND, "deleted": true });
        }
        self.render_whole(world)
    }
}
