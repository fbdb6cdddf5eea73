//! The catalog's part of `paidup.toml`: read strictly, and resolved into a
//! [`Catalog`] or a sentence that says what to mend.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use paidup::{Claims, LicenseKey, PolicyRef, SealError, Status, UnixTime};
use paidup_lifecycle::{Mapped, RefundRule, Resubscribe};
use serde::Deserialize;

use super::mapping::MappingEntry;
use super::webhook::WebhookEntry;
use super::{Catalog, Policy, Product, WebhookTarget};
use crate::egress;

const DAY: i64 = 86_400;
const MAX_LEASE: i64 = 400 * DAY;
const MIN_LEASE: i64 = 60;

/// The catalog's part of `paidup.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CatalogFile {
    products: Vec<ProductEntry>,
    policies: Vec<PolicyEntry>,
    stripe: StripeEntry,
    webhooks: Vec<WebhookEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductEntry {
    code: String,
    name: Option<String>,
    key_prefix: Option<String>,
    #[serde(default)]
    archived: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    name: String,
    product: String,
    #[serde(default)]
    entitlements: Vec<String>,
    max_machines: Option<MaxMachines>,
    require_fingerprint: Option<bool>,
    grace: Option<String>,
    payment_grace: Option<String>,
    lease: Option<String>,
    max_activations: Option<u32>,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
    #[serde(default)]
    archived: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "max_machines is a number from 1 on, or \"unlimited\""
)]
enum MaxMachines {
    Count(u32),
    Word(String),
}

// Unknown members are the settings' to judge: they read the same table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct StripeEntry {
    refund: Refund,
    resubscribe: ComesBack,
    partial_refund_threshold: Option<f64>,
    mappings: Vec<MappingEntry>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refund {
    #[default]
    Current,
    Any,
    Never,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ComesBack {
    #[default]
    SameKey,
    NewKey,
}

/// What is wrong with a catalog.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// Two entries of one name.
    #[error("the {kind} \"{name}\" appears twice")]
    Twice {
        /// Product, policy, price …
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A reference leads nowhere.
    #[error("{from} names the {kind} \"{name}\", which is not in the catalog")]
    Unknown {
        /// Who refers to it.
        from: String,
        /// Product or policy.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A value is outside of what is allowed.
    #[error("{of}: {problem}")]
    Value {
        /// Whose value.
        of: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The tokens of a policy would break the token format.
    #[error("the tokens of policy \"{policy}\" would be refused")]
    Token {
        /// The policy.
        policy: String,
        /// Why.
        #[source]
        source: SealError,
    },
    /// A secret's file cannot be read.
    #[error("cannot read {}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl CatalogFile {
    /// Resolves references and checks values. Paths are relative to `folder`.
    ///
    /// # Errors
    /// [`CatalogError`]: the first thing to mend.
    pub(crate) fn resolve(
        &self,
        folder: &Path,
        issuer: &str,
        allow_insecure_webhooks: bool,
    ) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::default();
        for entry in &self.products {
            let product = entry.resolve()?;
            no_twin(
                "product",
                &product.code,
                catalog.products.get(&product.code),
            )?;
            catalog.products.insert(product.code.clone(), product);
        }
        for entry in &self.policies {
            let policy = entry.resolve(&catalog)?;
            check_token(&policy, issuer)?;
            no_twin("policy", &policy.name, catalog.policies.get(&policy.name))?;
            catalog.policies.insert(policy.name.clone(), policy);
        }
        let mut known = BTreeMap::new();
        for entry in &self.stripe.mappings {
            let (mapped, policy, sale) = entry.resolve(&catalog)?;
            let (kind, id) = match &mapped {
                Mapped::Price(id) => ("price", id),
                Mapped::Product(id) => ("product", id),
            };
            no_twin(kind, id, known.insert((kind, id.clone()), ()).as_ref())?;
            let archived = |product: &str| catalog.product(product).is_some_and(|it| it.archived);
            match policy.archived || archived(&policy.product) {
                true => catalog.mapping.archive(mapped, sale),
                false => catalog.mapping.map(mapped, sale),
            }
        }
        catalog.rules.refund = match self.stripe.refund {
            Refund::Current => RefundRule::Current,
            Refund::Any => RefundRule::Any,
            Refund::Never => RefundRule::Never,
        };
        catalog.rules.resubscribe = match self.stripe.resubscribe {
            ComesBack::SameKey => Resubscribe::SameKey,
            ComesBack::NewKey => Resubscribe::NewKey,
        };
        if let Some(share) = self.stripe.partial_refund_threshold {
            catalog.rules.refund_threshold = millionths(share)?;
        }
        for entry in &self.webhooks {
            let target = entry.resolve(folder, allow_insecure_webhooks)?;
            let by_url = |known: &&WebhookTarget| known.url == target.url;
            let by_name =
                |known: &&WebhookTarget| target.name.is_some() && known.name == target.name;
            no_twin(
                "webhook url",
                &egress::shown(&target.url),
                catalog.targets.iter().find(by_url),
            )?;
            let name = target.name.as_deref().unwrap_or_default();
            no_twin("webhook name", name, catalog.targets.iter().find(by_name))?;
            catalog.targets.push(target);
        }
        Ok(catalog)
    }
}

impl ProductEntry {
    fn resolve(&self) -> Result<Product, CatalogError> {
        let value = |problem: &str| CatalogError::Value {
            of: format!("product \"{}\"", self.code),
            problem: problem.to_owned(),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.code.is_empty() || self.code.len() > 64 || !self.code.bytes().all(plain) {
            return Err(value(
                "a code has 1 to 64 of the characters a-z A-Z 0-9 . _ -",
            ));
        }
        let key_prefix = self.key_prefix.clone().unwrap_or_else(|| {
            let letters = self.code.chars().filter(char::is_ascii_alphanumeric);
            letters.take(8).collect::<String>().to_uppercase()
        });
        LicenseKey::from_entropy(&key_prefix, &[0; 15])
            .map_err(|_| value("key_prefix has 1 to 16 of the characters A-Z 0-9"))?;
        let name = self.name.clone().unwrap_or_else(|| self.code.clone());
        Ok(Product {
            code: self.code.clone(),
            name,
            key_prefix,
            archived: self.archived,
        })
    }
}

impl PolicyEntry {
    fn resolve(&self, catalog: &Catalog) -> Result<Policy, CatalogError> {
        let of = || format!("policy \"{}\"", self.name);
        let value = |problem: String| CatalogError::Value { of: of(), problem };
        if catalog.product(&self.product).is_none() {
            let name = self.product.clone();
            return Err(CatalogError::Unknown {
                from: of(),
                kind: "product",
                name,
            });
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(plain) {
            return Err(value(
                "a name has 1 to 64 of the characters a-z A-Z 0-9 . _ -".to_owned(),
            ));
        }
        let duration = |member: &str, text: &Option<String>, default: i64| {
            match text.as_deref() {
            None => Ok(default),
            Some("immediate") => Ok(0),
            Some(text) => humantime::parse_duration(text)
                .ok()
                .and_then(|duration| i64::try_from(duration.as_secs()).ok())
                .filter(|seconds| *seconds <= 100 * 365 * DAY)
                .ok_or_else(|| {
                    value(format!(
                        "{member} = \"{text}\" is not a duration; write \"immediate\", \"7d\" or \"36h\""
                    ))
                }),
        }
        };
        let lease = duration("lease", &self.lease, 14 * DAY)?;
        if !(MIN_LEASE..=MAX_LEASE).contains(&lease) {
            return Err(value("lease is between one minute and 400 days".to_owned()));
        }
        let max_machines = match &self.max_machines {
            None => Some(1),
            Some(MaxMachines::Count(count)) if *count > 0 => Some(*count),
            Some(MaxMachines::Word(word)) if word == "unlimited" => None,
            Some(_) => {
                return Err(value(
                    "max_machines is at least 1, or \"unlimited\"; left out, it is 1".to_owned(),
                ));
            }
        };
        if self.require_fingerprint == Some(false) && max_machines.is_some() {
            return Err(value(
                "machines are counted by their fingerprints, so that require_fingerprint = false \
                 goes with max_machines = \"unlimited\" only"
                    .to_owned(),
            ));
        }
        if self.max_activations == Some(0) {
            return Err(value(
                "max_activations is at least 1; leave it out for ten times the seats".to_owned(),
            ));
        }
        Ok(Policy {
            name: self.name.clone(),
            product: self.product.clone(),
            entitlements: self.entitlements.iter().cloned().collect(),
            max_machines,
            require_fingerprint: self.require_fingerprint.unwrap_or(false),
            grace: duration("grace", &self.grace, 7 * DAY)?,
            payment_grace: duration("payment_grace", &self.payment_grace, 0)?,
            lease,
            max_activations: self.max_activations,
            limits: self.limits.clone(),
            archived: self.archived,
        })
    }
}

fn no_twin<T>(kind: &'static str, name: &str, twin: Option<&T>) -> Result<(), CatalogError> {
    match twin {
        Some(_) => Err(CatalogError::Twice {
            kind,
            name: name.to_owned(),
        }),
        None => Ok(()),
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the share was checked to lie within 0 and 1"
)]
fn millionths(share: f64) -> Result<u32, CatalogError> {
    if !(share > 0.0 && share <= 1.0) {
        return Err(CatalogError::Value {
            of: "partial_refund_threshold".to_owned(),
            problem: "it is a share: more than 0, at most 1".to_owned(),
        });
    }
    Ok((share * 1_000_000.0).round() as u32)
}

/// Draws up the largest token of a policy, so that a catalog whose tokens would
/// be refused is refused itself, when it is read and not when somebody has paid.
fn check_token(policy: &Policy, issuer: &str) -> Result<(), CatalogError> {
    let far = UnixTime::from_secs(253_402_300_799);
    let now = UnixTime::from_secs(far.as_secs() - policy.lease);
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: policy.product.clone(),
        sub: format!("lic_{}", "0".repeat(26)),
        jti: format!("tok_{}", "0".repeat(26)),
        seq: 1 << 52,
        iat: now,
        nbf: None,
        exp: far,
        status: Status::Active,
        reason: None,
        policy: PolicyRef {
            id: policy.id(),
            name: policy.name.clone(),
        },
        entitlements: policy.entitlements.iter().cloned().collect(),
        limits: policy.limits.clone(),
        expires_at: Some(far),
        renews_at: Some(far),
        grace: None,
        refresh_after: Some(far),
        fingerprint: Some("f".repeat(256)),
        nonce: Some("n".repeat(128)),
        test: true,
    };
    crate::signer::check_claims(&claims).map_err(|source| CatalogError::Token {
        policy: policy.name.clone(),
        source,
    })
}
