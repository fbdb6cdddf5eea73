//! Answers whether a key is good right now, in the words of the guide's client.

use paidup::LicenseKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::issue::{IssueError, MachineView};
use super::text;
use crate::app::App;
use crate::app::view::{self, LicenseView};
use crate::store::licenses;
use crate::store::machines::{self, MachineRow};

/// The question.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ValidationRequest {
    /// The license key as it was typed.
    pub key: String,
    /// The machine that asks.
    pub fingerprint: Option<String>,
    /// Capabilities that are needed.
    pub entitlements: Vec<String>,
}

/// The answer. An unusable license is an answer, not an error.
#[derive(Debug, Clone, Serialize)]
pub struct Validation {
    /// Yes or no.
    pub valid: bool,
    /// Why.
    pub code: &'static str,
    /// The license, without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseView>,
    /// The machine that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineView>,
    /// What the license grants.
    pub entitlements: Vec<String>,
    /// `graceEndsAt` while a grace runs.
    pub metadata: Map<String, Value>,
}

impl App {
    /// Answers for a key. A key that does not exist takes the same way as one
    /// that does: two look-ups.
    ///
    /// # Errors
    /// [`IssueError::Text`], [`IssueError::Store`].
    pub async fn validate(&self, request: &ValidationRequest) -> Result<Validation, IssueError> {
        text::check(&[text::fingerprint(request.fingerprint.as_deref())])?;
        let canonical = LicenseKey::parse(&request.key).map(|key| key.canonical().to_string());
        let hash = self
            .0
            .vault
            .hash(canonical.as_deref().unwrap_or("not a key"));
        let mut db = self.0.store.read().await?;
        let license = licenses::find_by_key(&mut db, &hash).await?;
        let license_id = license.as_ref().map_or("", |license| &license.id);
        let fingerprint = request.fingerprint.as_deref().unwrap_or_default();
        let machine = machines::find(&mut db, license_id, fingerprint).await?;
        let machine = machine.filter(MachineRow::has_seat);

        let Some(license) = license else {
            return Ok(Validation {
                valid: false,
                code: "NOT_FOUND",
                license: None,
                machine: None,
                entitlements: Vec::new(),
                metadata: Map::new(),
            });
        };
        let now = self.0.clock.now();
        let condition = license.condition(now);
        let catalog = self.catalog();
        let entitlements: Vec<String> = catalog
            .policy(&condition.policy)
            .map(|policy| policy.entitlements.iter().cloned().collect())
            .unwrap_or_default();
        let missing = request
            .entitlements
            .iter()
            .any(|code| !entitlements.contains(code));
        let code = match condition.usable() {
            false => view::code(&condition),
            true if request.fingerprint.is_some() && machine.is_none() => "FINGERPRINT_NOT_FOUND",
            true if missing => "ENTITLEMENTS_MISSING",
            true => "VALID",
        };
        Ok(Validation {
            valid: code == "VALID",
            code,
            license: Some(LicenseView::of_key_holder(&license, &catalog, now)),
            machine: machine.as_ref().map(MachineView::from),
            entitlements,
            metadata: view::metadata(&condition),
        })
    }
}
