//! `license.lic`: a token and the keyset that it needs, in one text that survives a
//! mail program.
//!
//! ```text
//! -----BEGIN LICENSE FILE-----
//! base64(header) "." base64(payload) "." base64(signature)
//! -----END LICENSE FILE-----
//! ```
//!
//! `TOKEN.md` §6 is its format.

use alloc::{format, string::String};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

use crate::{
    Code, JsonError, KeyId,
    json::{Json, Object},
};

const BEGIN: &str = "-----BEGIN LICENSE FILE-----";
const END: &str = "-----END LICENSE FILE-----";

/// What a license file holds. **Nothing in it has been verified**: the token and
/// the keyset are signed each by itself, and [`Keyring`](crate::Keyring) and
/// [`Roots`](crate::Roots) are what believes them.
///
/// ```
/// use paidup::LicenseFile;
///
/// let file = LicenseFile { token: "eyJ…".into(), keyset: None };
/// # let kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".parse()?;
/// let text = file.seal("2026-12-08T00:00:00.000Z", &kid, |_| [0; 64]);
/// assert!(text.starts_with("-----BEGIN LICENSE FILE-----\n"));
/// assert_eq!(LicenseFile::parse(&text)?, file);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the format has these two")]
pub struct LicenseFile {
    /// The token.
    pub token: String,
    /// The keyset; absent where the verifier pins its signing key directly.
    pub keyset: Option<String>,
}

impl LicenseFile {
    /// No license file is larger, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Takes a license file apart. What stands before and after it, and how its
    /// lines are broken, does not matter.
    ///
    /// # Errors
    ///
    /// [`LicenseFileError`].
    pub fn parse(text: &str) -> Result<Self, LicenseFileError> {
        if text.len() > Self::MAX_BYTES {
            return Err(LicenseFileError::TooLarge { bytes: text.len() });
        }
        let (_, rest) = text.split_once(BEGIN).ok_or(LicenseFileError::NoArmor)?;
        let (body, _) = rest.split_once(END).ok_or(LicenseFileError::CutOff)?;
        let body: String = body.chars().filter(|it| !it.is_whitespace()).collect();
        let mut parts = body.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(LicenseFileError::Damaged);
        };
        let payload = STANDARD
            .decode(payload)
            .map_err(|_| LicenseFileError::Damaged)?;
        let payload = Object::parse(&payload).map_err(LicenseFileError::Payload)?;
        let text = |name| match payload.get(name) {
            Some(Json::String(text)) => Ok(Some(String::from(text.as_ref()))),
            Some(Json::Null) | None => Ok(None),
            Some(_) => Err(LicenseFileError::NoToken),
        };
        Ok(Self {
            token: text("token")?.ok_or(LicenseFileError::NoToken)?,
            keyset: text("keyset")?,
        })
    }

    /// Writes the file. `expires_at` is the token's end as ISO 8601; `sign` signs
    /// for readers that know nothing of tokens, with the key that `key_id` names.
    #[must_use]
    pub fn seal(
        &self,
        expires_at: &str,
        key_id: &KeyId,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> String {
        // A member more than a token's header may have: neither is taken for the
        // other.
        let header = format!(
            r#"{{"version":1,"alg":"ed25519","kid":"{key_id}","expiresAt":"{expires_at}"}}"#
        );
        let payload = Payload {
            token: &self.token,
            keyset: self.keyset.as_deref(),
        };
        // Two strings: encoding them cannot fail.
        let payload = serde_json::to_vec(&payload).unwrap_or_default();
        let mut body = format!("{}.{}", STANDARD.encode(header), STANDARD.encode(payload));
        let signature = sign(body.as_bytes());
        body.push('.');
        body.push_str(&STANDARD.encode(signature));

        // One line: readers that know nothing of tokens sign and verify it as it is.
        format!("{BEGIN}\n{body}\n{END}\n")
    }
}

#[derive(Serialize)]
struct Payload<'a> {
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyset: Option<&'a str>,
}

/// Why a text is no license file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseFileError {
    /// More than 64 KiB.
    #[error("the license file has {bytes} bytes, the limit is 65536")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It does not begin like one.
    #[error("this is no license file: it lacks the line {BEGIN}")]
    NoArmor,
    /// Its end is missing.
    #[error("the license file is cut off: it lacks the line {END}")]
    CutOff,
    /// Not three parts of base64.
    #[error("the license file is damaged between its first and last line")]
    Damaged,
    /// The payload is not a JSON object as it must be.
    #[error("the license file's payload is refused: {0}")]
    Payload(#[source] JsonError),
    /// There is no token in it.
    #[error("the license file holds no token")]
    NoToken,
}

impl LicenseFileError {
    /// The word for this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::TooLarge,
            _ => Code::Malformed,
        }
    }
}
