//! For machines that no network reaches: a request as text, carried to the issuer
//! by hand, and a response that is carried back.
//!
//! ```text
//! PAIDUP-REQUEST-1.base64url(JSON ‖ first 4 bytes of its SHA-256)
//! ```
//!
//! It is short enough to paste and for a QR code. It holds the license key, and is
//! to be kept like it. The response is a license file.

use alloc::string::{String, ToString as _};
use core::{fmt, str::FromStr};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::judge::Source;
use super::memory::SecretText;
use super::reply::Issued;
use super::{Answer, ClientError, Installation, Nonce, Received};
use crate::{
    Code, JsonError, LicenseFile, LicenseKey, MachineClass, UnixTime, UnknownWord, base64url,
    json::Object,
};

const PREFIX: &str = "PAIDUP-REQUEST-1.";
const CHECK: usize = 4;

/// What an offline request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfflineAction {
    /// A seat and a token.
    Activate,
    /// A newer token.
    Renew,
    /// Its seat to be freed. It has forgotten its license already.
    Deactivate,
}

impl OfflineAction {
    const ALL: [Self; 3] = [Self::Activate, Self::Renew, Self::Deactivate];

    /// The word in the request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Renew => "renew",
            Self::Deactivate => "deactivate",
        }
    }
}

impl FromStr for OfflineAction {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|it| it.as_str() == word)
            .ok_or(UnknownWord)
    }
}

/// A request of a machine that no network reaches.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OfflineRequest {
    #[serde(serialize_with = "word")]
    /// What it asks for.
    pub action: OfflineAction,
    /// The product's code.
    pub product: String,
    /// The license key. A secret.
    pub key: String,
    /// The machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What its user calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What kind of machine it is.
    pub class: MachineClass,
    /// What the response has to carry. Each is answered once.
    pub nonce: String,
}

impl OfflineRequest {
    /// No request is longer, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Reads a request. White space means nothing.
    ///
    /// # Errors
    ///
    /// [`OfflineRequestError`].
    pub fn parse(text: &str) -> Result<Self, OfflineRequestError> {
        if text.len() > Self::MAX_BYTES {
            return Err(OfflineRequestError::TooLarge);
        }
        let text: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let body = text
            .strip_prefix(PREFIX)
            .ok_or(OfflineRequestError::NoRequest)?;
        let bytes = base64url::decode(body).ok_or(OfflineRequestError::Damaged)?;
        let (json, check) = bytes
            .len()
            .checked_sub(CHECK)
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(OfflineRequestError::Damaged)?;
        if !Sha256::digest(json).starts_with(check) {
            return Err(OfflineRequestError::Damaged);
        }
        let object = Object::parse(json)?;
        let optional = |name| object.text(name).map(String::from);
        let required = |name| optional(name).ok_or(OfflineRequestError::Member(name));
        Ok(Self {
            action: required("action")?
                .parse()
                .map_err(|_| OfflineRequestError::Member("action"))?,
            product: required("product")?,
            key: required("key")?,
            fingerprint: optional("fingerprint"),
            name: optional("name"),
            platform: optional("platform"),
            class: required("class")?
                .parse()
                .map_err(|_| OfflineRequestError::Member("class"))?,
            nonce: required("nonce")?,
        })
    }

    fn write(&self) -> String {
        // Strings and words only: encoding them cannot fail.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest.iter().take(CHECK));
        let mut text = PREFIX.to_string();
        base64url::encode_to(&bytes, &mut text);
        text
    }
}

impl fmt::Debug for OfflineRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineRequest")
            .field("action", &self.action)
            .field("product", &self.product)
            .finish_non_exhaustive()
    }
}

/// Why a text is no offline request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineRequestError {
    /// More than 4096 bytes.
    #[error("an offline request has at most 4096 bytes")]
    TooLarge,
    /// It does not begin like one.
    #[error("this is no offline request: it does not begin with {PREFIX}")]
    NoRequest,
    /// It was cut off or mistyped.
    #[error("the offline request is damaged; copy the whole of it again")]
    Damaged,
    /// The content is not a JSON object as it must be.
    #[error("the offline request is refused: {0}")]
    Json(#[from] JsonError),
    /// Something is missing in it.
    #[error("the offline request's {0} is missing or unknown")]
    Member(&'static str),
}

impl OfflineRequestError {
    /// The word for this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::TooLarge => Code::TooLarge,
            _ => Code::Malformed,
        }
    }
}

impl Installation {
    /// Begins to activate this machine without a network. The text goes to the
    /// issuer; [`Installation::offline_install`] takes what comes back.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] for what cannot be a key.
    pub fn offline_activation(&mut self, key: &str, nonce: Nonce) -> Result<String, ClientError> {
        let key = LicenseKey::parse(key)?;
        self.memory.awaited_key = Some(SecretText::new(key.expose()));
        Ok(self.offline(OfflineAction::Activate, key.expose(), nonce))
    }

    /// Begins to renew the license without a network.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`] where no license key is known.
    pub fn offline_renewal(&mut self, nonce: Nonce) -> Result<String, ClientError> {
        let key = String::from(self.key()?);
        self.memory.awaited_key = None;
        let action = match self.awaits_seat() {
            true => OfflineAction::Activate,
            false => OfflineAction::Renew,
        };
        Ok(self.offline(action, &key, nonce))
    }

    /// Forgets the license, and makes the receipt that frees its seat at the issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoLicense`] where no license key is known.
    pub fn offline_deactivation(&mut self, nonce: Nonce) -> Result<String, ClientError> {
        let key = String::from(self.key()?);
        let text = self.offline(OfflineAction::Deactivate, &key, nonce);
        self.forget();
        Ok(text)
    }

    /// Takes the response to the latest offline request, or a license file that the
    /// vendor has exported for this machine. A response is good once.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. What held before still holds.
    pub fn offline_install(&mut self, text: &str, raw: UnixTime) -> Result<Answer, ClientError> {
        let file = LicenseFile::parse(text)?;
        let issued = Issued::of_file(file);
        let source = if self.carries_nonce(&issued.token) {
            Source::Response
        } else {
            Source::File
        };
        let license = self.judge(&issued, &source, raw)?;
        let now = match source {
            Source::File => self.now(raw),
            // It was made for this request, whatever the clock says.
            Source::Reply(_) | Source::Response => license.claims().iat,
        };
        self.spare(&license, now, raw)?;
        if matches!(source, Source::Response) {
            self.memory.awaited = None;
            if let Some(key) = self.memory.awaited_key.take() {
                self.memory.license_key = Some(key);
                self.memory.machine = None;
            }
        } else if self.license().map(crate::License::id) != Some(license.id()) {
            // The key of another license opens this one no more.
            self.memory.license_key = None;
            self.memory.machine = None;
        }
        match self.accept(&issued, license, &source, raw) {
            Received::Answer(answer) => Ok(answer),
            Received::Machines(_) | Received::Freed => Ok(self.check(raw)),
        }
    }

    fn offline(&mut self, action: OfflineAction, key: &str, nonce: Nonce) -> String {
        let request = OfflineRequest {
            action,
            product: self.setup.product.clone(),
            key: key.into(),
            fingerprint: self.setup.fingerprint.clone(),
            name: self.setup.device.name.clone(),
            platform: self.setup.device.platform.clone(),
            class: self.setup.device.class,
            nonce: nonce.0.clone(),
        };
        self.memory.awaited = Some(nonce.0);
        self.changed = true;
        request.write()
    }

    /// Whether a token says that it answers somebody's request. It is believed of
    /// nothing else, and refused later if it is not ours.
    fn carries_nonce(&self, token: &str) -> bool {
        let payload = token.split('.').nth(1).and_then(base64url::decode);
        let payload = payload.unwrap_or_default();
        Object::parse(&payload).is_ok_and(|it| it.get("nonce").is_some())
    }
}

fn word<S: serde::Serializer>(action: &OfflineAction, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(action.as_str())
}
