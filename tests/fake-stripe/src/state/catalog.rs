//! What is sold: products and their prices.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, World};

/// How often a recurring price is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "Stripe bills by these four")]
pub enum Interval {
    /// Daily.
    Day,
    /// Weekly.
    Week,
    /// Monthly.
    Month,
    /// Yearly.
    Year,
}

impl Interval {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// An interval and how many of it make one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recurring {
    pub(crate) interval: Interval,
    pub(crate) count: u32,
}

/// How a recurring price is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::exhaustive_enums,
    reason = "Stripe charges in these three ways"
)]
pub enum Charging {
    /// By the quantity, in advance.
    #[default]
    Licensed,
    /// By the quantity, in advance, at an amount that depends on it.
    Tiered,
    /// By the usage that was reported, in arrears.
    Metered,
}

impl Charging {
    pub(crate) fn usage_type(self) -> &'static str {
        match self {
            Self::Licensed | Self::Tiered => "licensed",
            Self::Metered => "metered",
        }
    }

    fn billing_scheme(self) -> &'static str {
        match self {
            Self::Licensed | Self::Metered => "per_unit",
            Self::Tiered => "tiered",
        }
    }

    fn tiers_mode(self) -> Option<&'static str> {
        (self == Self::Tiered).then_some("volume")
    }
}

pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) active: bool,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl Resource for Product {
    const KIND: &'static str = "product";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "active": self.active,
            "created": self.created,
            "default_price": null,
            "description": self.description,
            "images": [],
            "livemode": world.livemode,
            "marketing_features": [],
            "metadata": self.metadata,
            "name": self.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": null,
            "tax_code": null,
            "type": "service",
            "unit_label": null,
            "updated": self.created,
            "url": null,
        })
    }
}

#[derive(Clone)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) currency: String,
    pub(crate) unit_amount: i64,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) charging: Charging,
    pub(crate) active: bool,
    pub(crate) nickname: Option<String>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
}

impl Price {
    /// Stripe shows no amount where tiers say it.
    fn shown_amount(&self) -> Option<i64> {
        (self.charging != Charging::Tiered).then_some(self.unit_amount)
    }

    /// The meter that counts the usage.
    fn meter(&self) -> Option<String> {
        (self.charging == Charging::Metered).then(|| format!("mtr_{}", self.id))
    }

    /// The price in the shape that came before prices, which a subscription's
    /// item still carries.
    pub(crate) fn render_plan(&self, world: &World) -> Value {
        let recurring = self.recurring.unwrap_or(Recurring {
            interval: Interval::Month,
            count: 1,
        });
        json!({
            "id": self.id,
            "object": "plan",
            "active": self.active,
            "amount": self.shown_amount(),
            "amount_decimal": self.shown_amount().map(|amount| amount.to_string()),
            "billing_scheme": self.charging.billing_scheme(),
            "created": self.created,
            "currency": self.currency,
            "interval": recurring.interval,
            "interval_count": recurring.count,
            "livemode": world.livemode,
            "metadata": self.metadata,
            "meter": self.meter(),
            "nickname": self.nickname,
            "product": self.product,
            "tiers_mode": self.charging.tiers_mode(),
            "transform_usage": null,
            "trial_period_days": null,
            "usage_type": self.charging.usage_type(),
        })
    }
}

impl Resource for Price {
    const KIND: &'static str = "price";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, world: &World) -> Value {
        let recurring = self.recurring.map(|recurring| {
            json!({
                "interval": recurring.interval,
                "interval_count": recurring.count,
                "meter": self.meter(),
                "trial_period_days": null,
                "usage_type": self.charging.usage_type(),
            })
        });
        json!({
            "id": self.id,
            "object": Self::KIND,
            "active": self.active,
            "billing_scheme": self.charging.billing_scheme(),
            "created": self.created,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": world.livemode,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata,
            "nickname": self.nickname,
            "product": self.product,
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "tiers_mode": self.charging.tiers_mode(),
            "transform_quantity": null,
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.shown_amount(),
            "unit_amount_decimal": self.shown_amount().map(|amount| amount.to_string()),
        })
    }
}
