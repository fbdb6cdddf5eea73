//! Why something that an app asked for was not done.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::Serialize;

use crate::{Code, KeysetError, LicenseFileError, LicenseKeyError, VerifyError};

/// Something that was asked for was not done. What the app could do before, it can
/// still do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// What was typed is no license key. No request was made.
    #[error("{0}")]
    Key(#[from] LicenseKeyError),
    /// The issuer has no license of this key.
    #[error("no license has this key; check it against the e-mail you received")]
    NotFound,
    /// No machine of the license has this id.
    #[error("no machine of the license has this id, or it has no seat any more")]
    NoMachine,
    /// Every seat is taken.
    #[error(
        "every seat of the license is taken ({current} of {max}){}",
        Named(machines)
    )]
    MachineLimit {
        /// How many machines are paid for.
        max: u64,
        /// How many are active.
        current: u64,
        /// Which ones: free one of them, and activate again.
        machines: Vec<MachineInfo>,
    },
    /// The issuer wants to know the machine, and this setup has no fingerprint.
    #[error("this license is bound to machines, and the app was set up without a fingerprint")]
    FingerprintRequired,
    /// The issuer asks for patience.
    #[error("{}", Patience(sentence.as_deref(), *after))]
    RateLimited {
        /// For how long, in seconds, where it says so.
        after: Option<u64>,
        /// Why, where it says so.
        sentence: Option<Box<str>>,
    },
    /// The license of that key cannot be used, and another one in hand can: it
    /// stays.
    #[error("the license of this key is {code}; the one in use stays")]
    Unusable {
        /// What the issuer signed of it.
        code: Code,
    },
    /// The key opens something else: another product, or the other mode.
    #[error("{sentence}")]
    OtherApp {
        /// Which of the two.
        code: Code,
        /// The issuer's sentence.
        sentence: Box<str>,
    },
    /// A signed text was refused. What is in hand stays.
    #[error("{0}")]
    Token(#[from] VerifyError),
    /// The keys that came with a token were refused. What is in hand stays.
    #[error("{0}")]
    Keyset(#[from] KeysetError),
    /// The text is no license file.
    #[error("{0}")]
    File(#[from] LicenseFileError),
    /// The reply answers another request: an old one was played back, or it is for
    /// another machine.
    #[error("the reply answers another request than the one that was made here")]
    OtherRequest,
    /// No reply, or one that is not the issuer's.
    #[error("{0}")]
    Network(#[from] NetworkError),
    /// There is no license here to do that with.
    #[error("there is no license here to do that with")]
    NoLicense,
    /// The system has no random bytes to give.
    #[error("{what} failed: {why}")]
    System {
        /// What failed.
        what: &'static str,
        /// What the system says.
        why: String,
    },
}

/// How a contact with the issuer failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No reply came.
    #[error("the license server could not be reached: {0}")]
    Unreachable(Box<str>),
    /// HTTPS cannot be used on this machine: usually because it has no root
    /// certificates.
    #[error("HTTPS cannot be set up on this machine: {0}")]
    Setup(Box<str>),
    /// Something replied, but not as the issuer does: a portal, a proxy.
    #[error("something other than the license server replied (HTTP status {status})")]
    NotTheIssuer {
        /// Its status.
        status: u16,
    },
    /// The issuer replied that it will not.
    #[error("the license server refused (HTTP status {status}, {code}): {sentence}")]
    Refused {
        /// Its status.
        status: u16,
        /// Its code.
        code: Box<str>,
        /// Its sentence.
        sentence: Box<str>,
    },
}

/// A seat of the license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MachineInfo {
    /// `mac_…`: what frees the seat.
    pub id: String,
    /// What its user calls it.
    pub name: Option<String>,
    /// What it runs.
    pub platform: Option<String>,
    /// When it was last heard of, ISO 8601.
    pub last_seen_at: Option<String>,
    /// Whether it is this machine.
    pub this_machine: bool,
}

impl ClientError {
    /// The word for this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Key(_) => Code::LicenseKeyMalformed,
            Self::NotFound | Self::NoMachine => Code::NotFound,
            Self::MachineLimit { .. } => Code::MachineLimitExceeded,
            Self::FingerprintRequired => Code::FingerprintRequired,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Unusable { code } | Self::OtherApp { code, .. } => *code,
            Self::Token(error) => error.code(),
            Self::Keyset(error) => error.code(),
            Self::File(error) => error.code(),
            Self::OtherRequest | Self::Network(_) => Code::Network,
            Self::NoLicense => Code::NoLicense,
            Self::System { .. } => Code::StoreUnavailable,
        }
    }

    /// The way out, as a sentence for a human.
    #[must_use]
    pub const fn next_step(&self) -> &'static str {
        match self {
            Self::Token(VerifyError::EnvironmentMismatch { .. })
            | Self::OtherApp {
                code: Code::EnvironmentMismatch,
                ..
            } => "Use a real license key in the app as it is sold, and a test one in a test build.",
            Self::OtherRequest => {
                "Make a new offline request, and install the response to that one."
            }
            Self::Network(NetworkError::Setup(_)) => {
                "Install the system's root certificates (ca-certificates on Linux), or exchange an offline request."
            }
            Self::Network(NetworkError::NotTheIssuer { .. }) => {
                "Sign in to the network if it asks for that, and try again."
            }
            Self::Network(NetworkError::Refused { .. }) => {
                "Try again later; if it stays so, tell the vendor."
            }
            Self::System { .. } => "Restart the app; if that does not help, restart the machine.",
            Self::NoMachine => "Ask for the list of machines again.",
            Self::File(_) => "Export the license file again, and import the whole of it.",
            Self::Keyset(KeysetError::Expired { .. }) => {
                "Check this machine's clock; if it is right, ask the vendor, who has to renew the keys."
            }
            Self::RateLimited {
                after: Some(7200..),
                ..
            } => "Wait until then, or ask the vendor.",
            _ => self.code().next_step(),
        }
    }
}

struct Named<'a>(&'a [MachineInfo]);

impl core::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (n, machine) in self.0.iter().enumerate() {
            f.write_str(if n == 0 { ": " } else { ", " })?;
            f.write_str(machine.name.as_deref().unwrap_or(&machine.id))?;
        }
        Ok(())
    }
}

/// The issuer's own sentence is the better one, for it knows what was too much.
struct Patience<'a>(Option<&'a str>, Option<u64>);

impl core::fmt::Display for Patience<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(sentence, after) = self;
        if let Some(sentence) = sentence {
            return f.write_str(sentence);
        }
        f.write_str("the license server asks to wait ")?;
        match after.unwrap_or(60).max(1) {
            seconds @ ..90 => write!(f, "{seconds} seconds"),
            seconds @ ..5400 => write!(f, "{} minutes", seconds.div_ceil(60)),
            seconds @ ..129_600 => write!(f, "{} hours", seconds.div_ceil(3600)),
            seconds => write!(f, "{} days", seconds.div_ceil(86_400)),
        }
    }
}
