//! Why a token is not to be trusted: one variant for each way a check can fail.

use alloc::boxed::Box;
use core::fmt;

use crate::{Check, ClaimsError, Code, JsonError, KeyId, UnixTime};

/// A token is not to be trusted.
///
/// ```
/// use paidup::{Check, Code, Token};
///
/// let error = Token::parse("not.a token").unwrap_err();
/// assert_eq!(error.code(), Code::Malformed);
/// assert_eq!(error.check(), Check::Structure);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// More than 16 KiB.
    #[error("the token has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The token's size.
        bytes: usize,
        /// What a verifier takes.
        limit: usize,
    },
    /// A foreign character, or not exactly two dots.
    #[error("a token is three parts of base64url with two dots, and nothing else")]
    Structure,
    /// A part is padded, cut off, or has unused bits that are not zero.
    #[error("a part of the token is not base64url, or is cut off")]
    Encoding,
    /// The header has more than 512 bytes.
    #[error("the header has {bytes} bytes, the limit is 512")]
    HeaderTooLarge {
        /// The header's size, decoded.
        bytes: usize,
    },
    /// The header is not a JSON object.
    #[error("the header is refused: {0}")]
    Header(#[source] JsonError),
    /// The header lacks a member, or the member is not a string.
    #[error("the header's {0} is missing or not a string")]
    HeaderMember(HeaderMember),
    /// `alg` names something other than Ed25519.
    #[error("the header's alg is {found:?}, not EdDSA or Ed25519")]
    UnsupportedAlgorithm {
        /// What it names.
        found: Box<str>,
    },
    /// The header has a member besides `alg`, `typ` and `kid`.
    #[error("the header has the member {member:?}, which license tokens do not have")]
    UnsupportedHeader {
        /// One such member.
        member: Box<str>,
    },
    /// `typ` is not `license+jwt`.
    #[error("the header's typ is {found:?}, not {expected}")]
    WrongType {
        /// What it is.
        found: Box<str>,
        /// What it has to be.
        expected: &'static str,
    },
    /// `kid` is not a key id.
    #[error("the header's kid is not a key id of 43 characters")]
    KeyId,
    /// The verifier does not have this key.
    #[error("the key {key_id} is not among the trusted signing keys")]
    UnknownKey {
        /// The key that the token names.
        key_id: KeyId,
    },
    /// The key may not sign for this product.
    #[error("the key {key_id} is not allowed to sign for this product")]
    KeyNotForProduct {
        /// The key that the token names.
        key_id: KeyId,
    },
    /// The key was revoked.
    #[error("the key {key_id} is revoked")]
    KeyRevoked {
        /// The key that the token names.
        key_id: KeyId,
    },
    /// The signature does not fit the key and the text.
    #[error("the signature does not fit")]
    SignatureInvalid,
    /// The payload is not a JSON object as it must be.
    #[error("the payload is refused: {0}")]
    Payload(#[source] JsonError),
    /// `v` is a number other than 1.
    #[error("the token is of version {found}, this verifier knows version 1")]
    UnsupportedVersion {
        /// What it is.
        found: i64,
    },
    /// A claim is missing or breaks a rule.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The token was issued when its key was not allowed to sign.
    #[error("the key {key_id} was not allowed to sign at {issued_at} (iat)")]
    KeyNotValid {
        /// The key that signed.
        key_id: KeyId,
        /// When the token says it was issued.
        issued_at: UnixTime,
    },
    /// `iss` is not the pinned issuer.
    #[error("the token's issuer is {found:?}")]
    IssuerMismatch {
        /// What it is.
        found: Box<str>,
    },
    /// `aud` is not this product.
    #[error("the token is for the product {found:?}")]
    ProductMismatch {
        /// What it is.
        found: Box<str>,
    },
    /// A test token met a live verifier, or the reverse.
    #[error("the token is a {} token", if *.test { "test" } else { "live" })]
    EnvironmentMismatch {
        /// Whether the token is for tests.
        test: bool,
    },
    /// The token is bound to a machine that is not this one.
    #[error("the token is bound to a machine that is not this one")]
    FingerprintMismatch,
    /// A newer token of this license was seen here.
    #[error("the token has seq {found}, a newer token with seq {seen} was seen")]
    StaleToken {
        /// The token's `seq`.
        found: u64,
        /// The highest that was seen.
        seen: u64,
    },
}

impl VerifyError {
    /// The word for this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::TooLarge,
            Self::Structure
            | Self::Encoding
            | Self::HeaderTooLarge { .. }
            | Self::Header(_)
            | Self::HeaderMember(_)
            | Self::KeyId
            | Self::Payload(_) => Code::Malformed,
            Self::UnsupportedAlgorithm { .. } => Code::UnsupportedAlgorithm,
            Self::UnsupportedHeader { .. } => Code::UnsupportedHeader,
            Self::WrongType { .. } => Code::WrongType,
            Self::UnknownKey { .. } | Self::KeyNotForProduct { .. } => Code::UnknownKey,
            Self::KeyRevoked { .. } => Code::KeyRevoked,
            Self::SignatureInvalid => Code::SignatureInvalid,
            Self::UnsupportedVersion { .. } => Code::UnsupportedVersion,
            Self::Claims(_) => Code::ClaimsInvalid,
            Self::KeyNotValid { .. } => Code::KeyNotValid,
            Self::IssuerMismatch { .. } => Code::IssuerMismatch,
            Self::ProductMismatch { .. } => Code::ProductMismatch,
            Self::EnvironmentMismatch { .. } => Code::EnvironmentMismatch,
            Self::FingerprintMismatch => Code::FingerprintMismatch,
            Self::StaleToken { .. } => Code::StaleToken,
        }
    }

    /// The check that failed. All before it have passed.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::TooLarge { .. } => Check::Size,
            Self::Structure => Check::Structure,
            Self::Encoding => Check::Encoding,
            Self::HeaderTooLarge { .. } | Self::Header(_) => Check::Header,
            Self::HeaderMember(HeaderMember::Alg) | Self::UnsupportedAlgorithm { .. } => {
                Check::Algorithm
            }
            Self::UnsupportedHeader { .. } => Check::HeaderMembers,
            Self::HeaderMember(HeaderMember::Typ) | Self::WrongType { .. } => Check::Type,
            Self::HeaderMember(HeaderMember::Kid) | Self::KeyId => Check::KeyId,
            Self::UnknownKey { .. } | Self::KeyNotForProduct { .. } | Self::KeyRevoked { .. } => {
                Check::Key
            }
            Self::SignatureInvalid => Check::Signature,
            Self::Payload(_) => Check::Payload,
            Self::UnsupportedVersion { .. } => Check::Version,
            Self::Claims(error) if error.claim() == "v" => Check::Version,
            Self::Claims(_) => Check::Claims,
            Self::KeyNotValid { .. } => Check::KeyPeriod,
            Self::IssuerMismatch { .. } => Check::Issuer,
            Self::ProductMismatch { .. } => Check::Product,
            Self::EnvironmentMismatch { .. } => Check::Environment,
            Self::FingerprintMismatch => Check::Fingerprint,
            Self::StaleToken { .. } => Check::Sequence,
        }
    }
}

/// A member of the token's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderMember {
    /// `alg`, the algorithm.
    Alg,
    /// `typ`, the kind of signed text.
    Typ,
    /// `kid`, the key's name.
    Kid,
}

impl HeaderMember {
    /// The member's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alg => "alg",
            Self::Typ => "typ",
            Self::Kid => "kid",
        }
    }
}

impl fmt::Display for HeaderMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
