//! Answers machines that no network reaches: their requests are carried here by hand,
//! and each is answered once.

use paidup::{LicenseFile, OfflineAction, OfflineRequest, OfflineRequestError};

use super::activate::Activation;
use super::issue::IssueError;
use super::refresh::admit;
use super::seal::{Binding, Verdict};
use super::seats::gets_seat;
use super::text;
use crate::app::retry::again;
use crate::app::{App, iso8601};
use crate::store::licenses::{self, LicenseRow};
use crate::store::{Tx, machines};

/// What came of an offline request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfflineAnswer {
    /// The license file to carry back.
    Response(String),
    /// The seat is free.
    Deactivated,
}

/// What a license file is made for.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is what can be asked for")]
pub struct Checkout {
    /// The machine that the file is for.
    pub fingerprint: Option<String>,
    /// For how many seconds the file is good, at most 400 days; the policy's lease if
    /// absent.
    pub ttl: Option<i64>,
}

impl App {
    /// Answers an offline request: a seat and a token, a newer token, or a seat freed.
    ///
    /// # Errors
    /// [`IssueError`]; [`IssueError::Answered`] for one that was answered before.
    pub async fn answer_offline(&self, text: &str) -> Result<OfflineAnswer, IssueError> {
        let request = OfflineRequest::parse(text)?;
        text::check(&[
            text::fingerprint(request.fingerprint.as_deref()),
            text::nonce(Some(&request.nonce)),
            text::name("name", request.name.as_deref()),
            text::name("platform", request.platform.as_deref()),
        ])?;
        again(|| self.try_answer_offline(&request)).await
    }

    async fn try_answer_offline(
        &self,
        request: &OfflineRequest,
    ) -> Result<OfflineAnswer, IssueError> {
        let mut tx = self.0.store.decide().await?;
        let license = self.license_of_key(&mut tx, &request.key).await?;
        if license.product != request.product {
            return Err(IssueError::OtherProduct(license.product));
        }
        if machines::is_answered(&mut tx, &request.nonce).await? {
            return Err(IssueError::Answered);
        }
        let now = self.0.clock.now();
        machines::note_offline_request(&mut tx, &request.nonce, &license.id, now.0).await?;
        let condition = license.condition(now);
        let policy = self.policy(&license, &condition)?;
        let known = match &request.fingerprint {
            Some(fingerprint) => machines::find(&mut tx, &license.id, fingerprint).await?,
            None if policy.needs_fingerprint() => return Err(IssueError::FingerprintRequired),
            None => None,
        };
        let verdict = match request.action {
            OfflineAction::Deactivate => {
                if let Some(machine) = &known {
                    self.free(&mut tx, machine, "by an offline receipt").await?;
                }
                tx.commit().await?;
                return Ok(OfflineAnswer::Deactivated);
            }
            OfflineAction::Activate
                if request.fingerprint.is_some() && gets_seat(&condition, known.as_ref()) =>
            {
                let activation = Activation {
                    key: String::new(),
                    fingerprint: request.fingerprint.clone(),
                    name: request.name.clone(),
                    platform: request.platform.clone(),
                    class: request.class,
                    ..Activation::default()
                };
                self.seat(&mut tx, &license, known, &activation, &policy)
                    .await?;
                Verdict::AsTheLicense
            }
            OfflineAction::Renew if request.fingerprint.is_some() => {
                admit(known.as_ref(), &license)
            }
            _ => Verdict::AsTheLicense,
        };
        let binding = Binding {
            fingerprint: request.fingerprint.as_deref(),
            class: request.class,
            nonce: Some(&request.nonce),
            lease: None,
        };
        let token = self.seal(&mut tx, &license, &verdict, &binding).await?;
        let file = self.file(&mut tx, token).await?;
        tx.commit().await?;
        Ok(OfflineAnswer::Response(file))
    }

    /// Makes a license file for a machine, which gets a seat if it has none.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn checkout(&self, id: &str, checkout: &Checkout) -> Result<String, IssueError> {
        text::check(&[text::fingerprint(checkout.fingerprint.as_deref())])?;
        if checkout
            .ttl
            .is_some_and(|it| !(60..=400 * 86_400).contains(&it))
        {
            return Err(IssueError::Value("ttl is from 60 seconds to 400 days"));
        }
        again(|| self.try_checkout(id, checkout)).await
    }

    async fn try_checkout(&self, id: &str, checkout: &Checkout) -> Result<String, IssueError> {
        let mut tx = self.0.store.decide().await?;
        let license = licenses::find(&mut tx, id).await?;
        let license = license.ok_or(IssueError::NotFound)?;
        let condition = license.condition(self.0.clock.now());
        if !condition.usable() {
            return Err(IssueError::Unusable(condition.status));
        }
        let policy = self.policy(&license, &condition)?;
        self.seat_for_file(&mut tx, &license, checkout).await?;
        if checkout.fingerprint.is_none() && policy.needs_fingerprint() {
            return Err(IssueError::FingerprintRequired);
        }
        let binding = Binding {
            fingerprint: checkout.fingerprint.as_deref(),
            lease: checkout.ttl,
            ..Binding::default()
        };
        let token = self
            .seal(&mut tx, &license, &Verdict::AsTheLicense, &binding)
            .await?;
        let file = self.file(&mut tx, token).await?;
        tx.commit().await?;
        Ok(file)
    }

    async fn seat_for_file(
        &self,
        tx: &mut Tx,
        license: &LicenseRow,
        checkout: &Checkout,
    ) -> Result<(), IssueError> {
        let Some(fingerprint) = &checkout.fingerprint else {
            return Ok(());
        };
        let known = machines::find(tx, &license.id, fingerprint).await?;
        let activation = Activation {
            fingerprint: checkout.fingerprint.clone(),
            ..Activation::default()
        };
        let policy = self.policy(license, &license.condition(self.0.clock.now()))?;
        self.seat(tx, license, known, &activation, &policy).await?;
        Ok(())
    }

    async fn file(&self, tx: &mut Tx, token: String) -> Result<String, IssueError> {
        let keys = self.keys_now(tx).await?;
        let key = keys.signing_at(self.unix_now());
        let key = key.ok_or(IssueError::NoSigningKey)?;
        let until = self.own_claims(&token, &keys)?.exp;
        let file = LicenseFile {
            token,
            keyset: keys.keyset_text().map(str::to_owned),
        };
        let until = iso8601(until.as_secs());
        Ok(keys.signer().seal_file(&key, &file, &until))
    }
}

impl From<OfflineRequestError> for IssueError {
    fn from(error: OfflineRequestError) -> Self {
        Self::Request(error)
    }
}
