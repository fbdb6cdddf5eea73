//! The vendor's `paidup.toml`.

use std::fmt::Write;

/// What the vendor sells, as the text of `paidup.toml`. By default the guide's two
/// plans, both of the product `notes`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Catalog {
    /// The grace of both policies.
    pub grace: &'static str,
    /// `max_machines` of the Growth Plan; without one, it is unlimited.
    pub max_machines: Option<u32>,
    /// The prices that are mapped, each to a policy.
    pub mappings: Vec<(&'static str, &'static str)>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self {
            grace: "7d",
            max_machines: Some(3),
            mappings: vec![
                ("price_starter_monthly", "starter_policy"),
                ("price_growth_monthly", "growth_policy"),
            ],
        }
    }
}

impl Catalog {
    pub(crate) fn render(&self, webhook: &str, secret: &str) -> String {
        let Self {
            grace,
            max_machines,
            ..
        } = self;
        let machines = match max_machines {
            Some(n) => n.to_string(),
            None => "\"unlimited\"".to_owned(),
        };
        let mut text = format!(
            r#"
[[products]]
code = "notes"
name = "Acme Notes"
key_prefix = "NOTES"

[[policies]]
name = "starter_policy"
product = "notes"
entitlements = ["export"]
grace = "{grace}"

[[policies]]
name = "growth_policy"
product = "notes"
entitlements = ["export", "api_access", "premium_analytics"]
grace = "{grace}"
max_machines = {machines}

[[webhooks]]
url = "{webhook}"
secret = "{secret}"
"#
        );
        for (price, policy) in &self.mappings {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n[[stripe.mappings]]\nprice = \"{price}\"\npolicy = \"{policy}\"\n"
            );
        }
        text
    }
}
