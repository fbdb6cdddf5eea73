//! A license key becomes a token, and the machine that asks gets its place.

use paidup::{LicenseKey, MachineClass};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::issue::{IssueError, Issued};
use super::seal::{Binding, Verdict};
use super::seats::gets_seat;
use super::text;
use crate::app::App;
use crate::app::retry::again;
use crate::store::{licenses, machines};

/// A request for a token by key; activates the machine if need be.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Activation {
    /// The license key as it was typed.
    pub key: String,
    /// What tells the machine apart.
    pub fingerprint: Option<String>,
    /// What its user calls it.
    pub name: Option<String>,
    /// What it runs.
    pub platform: Option<String>,
    /// What kind of machine it is.
    #[serde(deserialize_with = "class")]
    pub class: MachineClass,
    /// The product that the app is built for, so that no seat is taken in vain.
    pub product: Option<String>,
    /// Whether the app is built for tests, likewise.
    pub test: Option<bool>,
    /// Echoed in the token.
    pub nonce: Option<String>,
}

fn class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MachineClass, D::Error> {
    let word = String::deserialize(deserializer)?;
    word.parse()
        .map_err(|_| D::Error::custom("class is desktop, container, ci or web"))
}

impl App {
    /// Gives a token for a license key, and activates the machine if need be.
    ///
    /// # Errors
    /// [`IssueError`]. A license that is suspended or over is no error: the
    /// token says so.
    pub async fn activate(&self, request: &Activation) -> Result<Issued, IssueError> {
        text::check(&[
            text::fingerprint(request.fingerprint.as_deref()),
            text::nonce(request.nonce.as_deref()),
            text::name("name", request.name.as_deref()),
            text::name("platform", request.platform.as_deref()),
        ])?;
        let key = LicenseKey::parse(&request.key)?;
        again(|| self.try_activate(request, &key)).await
    }

    async fn try_activate(
        &self,
        request: &Activation,
        key: &LicenseKey,
    ) -> Result<Issued, IssueError> {
        let hash = self.0.vault.hash(key.canonical());
        let mut tx = self.0.store.decide().await?;
        let license = licenses::find_by_key(&mut tx, &hash)
            .await?
            .ok_or(IssueError::NotFound)?;
        if request
            .product
            .as_ref()
            .is_some_and(|it| *it != license.product)
        {
            return Err(IssueError::OtherProduct(license.product));
        }
        if request.test.is_some_and(|it| it == self.0.mode.is_live()) {
            return Err(IssueError::OtherMode(self.0.mode.as_str()));
        }
        let now = self.0.clock.now();
        let condition = license.condition(now);
        let policy = self.policy(&license, &condition)?;
        let machine = match &request.fingerprint {
            None if policy.needs_fingerprint() => return Err(IssueError::FingerprintRequired),
            None => None,
            Some(fingerprint) => {
                let known = machines::find(&mut tx, &license.id, fingerprint).await?;
                match gets_seat(&condition, known.as_ref()) {
                    true => {
                        let seated = self.seat(&mut tx, &license, known, request, &policy);
                        Some(seated.await?)
                    }
                    false => None,
                }
            }
        };
        let binding = Binding {
            fingerprint: request.fingerprint.as_deref(),
            class: request.class,
            nonce: request.nonce.as_deref(),
            lease: None,
        };
        let token = self
            .seal(&mut tx, &license, &Verdict::AsTheLicense, &binding)
            .await?;
        tx.commit().await?;
        Ok(self.issued(&license, token, machine.as_ref()))
    }
}
