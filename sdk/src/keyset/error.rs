//! Why a keyset is not to be trusted.

use alloc::boxed::Box;

use crate::{ClaimsError, Code, JsonError, KeyId, UnixTime, VerifyError};

/// A keyset is not to be trusted, or was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysetError {
    /// It is not formed as signed texts are, or is of another kind.
    #[error("the keyset is refused: {0}")]
    Form(#[source] VerifyError),
    /// No pinned root has signed it.
    #[error("the keyset is signed by {key_id}, which is none of the pinned roots")]
    UnknownRoot {
        /// Who it says has signed it.
        key_id: KeyId,
    },
    /// The signature does not fit.
    #[error("the keyset's signature does not fit")]
    SignatureInvalid,
    /// The payload is not a JSON object as it must be.
    #[error("the keyset's payload is refused: {0}")]
    Payload(#[source] JsonError),
    /// `v` is a number other than 1.
    #[error("the keyset is of version {found}, this verifier knows version 1")]
    UnsupportedVersion {
        /// What it is.
        found: i64,
    },
    /// A claim is missing or breaks a rule.
    #[error("in the keyset, {0}")]
    Claims(#[from] ClaimsError),
    /// `iss` is not the pinned issuer.
    #[error("the keyset is of the issuer {found:?}")]
    IssuerMismatch {
        /// What it is.
        found: Box<str>,
    },
    /// It is too old to be newly taken over.
    #[error("the list of the vendor's keys is too old to be taken over: it ended at {until} (exp)")]
    Expired {
        /// Its `exp`.
        until: UnixTime,
    },
    /// A newer keyset was seen, or another one of the same version.
    #[error("the keyset is version {found}, and another with version {seen} was seen")]
    Rollback {
        /// Its version.
        found: u64,
        /// The highest that was seen.
        seen: u64,
    },
    /// It would have more than 8 KiB.
    #[error("the keyset would have {bytes} bytes, the limit is 8192")]
    TooLarge {
        /// The size it would have.
        bytes: usize,
    },
}

impl KeysetError {
    /// The word for this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Form(error) => error.code(),
            Self::UnknownRoot { .. } => Code::UnknownKey,
            Self::SignatureInvalid => Code::SignatureInvalid,
            Self::Payload(_) => Code::Malformed,
            Self::UnsupportedVersion { .. } => Code::UnsupportedVersion,
            Self::Claims(_) => Code::ClaimsInvalid,
            Self::IssuerMismatch { .. } => Code::IssuerMismatch,
            Self::Expired { .. } => Code::KeyNotValid,
            Self::Rollback { .. } => Code::KeysetRollback,
            Self::TooLarge { .. } => Code::TooLarge,
        }
    }
}
