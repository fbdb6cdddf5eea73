//! What the vendor sells in a simulation: the catalog of a `paidup.toml`, without what
//! concerns a running issuer, and with the changes that a story makes.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::sandbox::Failure;

/// The parts of `paidup.toml` that say what is sold.
const CATALOG: [&str; 3] = ["products", "policies", "stripe"];
/// The members of `[stripe]` that say how to reach it, which a simulation does itself.
const CONNECTION: [&str; 5] = [
    "api_base",
    "api_key_file",
    "compare_every",
    "sweep_every",
    "webhook_secret_file",
];

/// A catalog as text that can be changed.
#[derive(Debug, Clone)]
pub(super) struct Catalog(Table);

impl Catalog {
    /// Reads the catalog's part of a `paidup.toml`. Databases, keys, secrets and webhook
    /// targets are left out: a simulation contacts nobody.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let mut table: Table = text
            .parse()
            .map_err(|error| format!("the catalog is not valid TOML: {error}"))?;
        table.retain(|name, _| CATALOG.contains(&name));
        if let Some(Value::Table(stripe)) = table.get_mut("stripe") {
            stripe.retain(|name, _| !CONNECTION.contains(&name));
        }
        Ok(Self(table))
    }

    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    /// Sets members of `[stripe]`.
    pub(super) fn set(&mut self, settings: &BTreeMap<String, String>) -> Result<(), Failure> {
        for (name, text) in settings {
            let value = match text.parse::<f64>() {
                Ok(number) => Value::Float(number),
                Err(_) => Value::String(text.clone()),
            };
            self.stripe()?.insert(name.clone(), value);
        }
        Ok(())
    }

    /// Maps a price or a product of Stripe's to a policy, in place of an earlier mapping.
    pub(super) fn map(&mut self, kind: &str, id: &str, policy: &str) -> Result<(), Failure> {
        let mappings = self.mappings()?;
        mappings.retain(|mapping| !is(mapping, kind, id));
        let mut mapping = Table::new();
        mapping.insert(kind.to_owned(), Value::String(id.to_owned()));
        mapping.insert("policy".to_owned(), Value::String(policy.to_owned()));
        mappings.push(Value::Table(mapping));
        Ok(())
    }

    /// Takes the mapping of a price away.
    pub(super) fn unmap(&mut self, price: &str) -> Result<(), Failure> {
        let mappings = self.mappings()?;
        let before = mappings.len();
        mappings.retain(|mapping| !is(mapping, "price", price));
        match mappings.len() < before {
            true => Ok(()),
            false => Err(format!("no mapping names the price {price}").into()),
        }
    }

    /// Takes a policy and its mappings away.
    pub(super) fn drop_policy(&mut self, name: &str) -> Result<(), Failure> {
        self.mappings()?
            .retain(|mapping| !is(mapping, "policy", name));
        let policies = list(&mut self.0, "policies")?;
        let before = policies.len();
        policies.retain(|policy| !is(policy, "name", name));
        match policies.len() < before {
            true => Ok(()),
            false => Err(format!("the catalog has no policy \"{name}\"").into()),
        }
    }

    fn stripe(&mut self) -> Result<&mut Table, Failure> {
        let stripe = self.0.entry("stripe");
        match stripe.or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(stripe) => Ok(stripe),
            _ => Err("[stripe] of the catalog is not a table".into()),
        }
    }

    fn mappings(&mut self) -> Result<&mut Vec<Value>, Failure> {
        list(self.stripe()?, "mappings")
    }
}

fn list<'a>(table: &'a mut Table, name: &str) -> Result<&'a mut Vec<Value>, Failure> {
    match table
        .entry(name)
        .or_insert_with(|| Value::Array(Vec::new()))
    {
        Value::Array(list) => Ok(list),
        _ => Err(format!("[[{name}]] of the catalog is not a list").into()),
    }
}

fn is(entry: &Value, name: &str, text: &str) -> bool {
    entry.get(name).and_then(Value::as_str) == Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::GUIDE;

    #[test]
    fn only_what_is_sold_is_read() {
        let text = format!(
            r#"
public_url = "https://licenses.example.com"
database_url_file = "/run/secrets/database"
{GUIDE}
[stripe]
api_key_file = "stripe.key"
webhook_secret_file = "missing"
refund = "any"
"#
        );
        // A table cannot follow its own lists of tables in TOML.
        let text = text.replace("[[stripe.mappings]]", "[[other.mappings]]");
        let catalog = Catalog::read(&text).unwrap();
        let names: Vec<&String> = catalog.0.keys().collect();
        assert_eq!(names, ["policies", "products", "stripe"]);
        assert_eq!(catalog.0["stripe"].as_table().unwrap().len(), 1);
    }

    #[test]
    fn mappings_come_and_go() {
        let mut catalog = Catalog::read(GUIDE).unwrap();
        catalog
            .map("price", "price_starter_monthly", "growth_policy")
            .unwrap();
        assert_eq!(catalog.mappings().unwrap().len(), 2);
        catalog.unmap("price_growth_monthly").unwrap();
        assert!(catalog.unmap("price_growth_monthly").is_err());
        catalog.drop_policy("growth_policy").unwrap();
        assert!(catalog.mappings().unwrap().is_empty());
        assert_eq!(Catalog::read(&catalog.text()).unwrap().0, catalog.0);
    }
}
