//! What is sent to the issuer, and what it is for. Whoever carries it does not need
//! to know.

use alloc::{format, string::String};
use core::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::{LicenseKey, MachineClass, Setup};

/// A request to the issuer. The path is to be put behind the issuer's address.
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// `/api/v1/…`
    pub path: String,
    /// The value of the header `authorization`, if there is one. A secret.
    pub authorization: Option<Zeroizing<String>>,
    /// The body, JSON, if there is one. A secret.
    pub body: Option<Zeroizing<String>>,
    pub(super) purpose: Purpose,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// What came back.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "it is what HTTP has")]
pub struct Reply<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body; what is beyond [`Reply::MAX_BYTES`] may be left unread.
    pub body: &'a [u8],
    /// The header `retry-after` in seconds, if there is one.
    pub retry_after: Option<u64>,
}

impl Reply<'_> {
    /// No reply of the issuer's is larger, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;
}

/// A random text that is sent and has to come back, signed. At least 16 random
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(pub(super) String);

impl Nonce {
    /// From random bytes.
    #[must_use]
    pub fn from_entropy(bytes: &[u8; 16]) -> Self {
        Self(crate::base64url::encode(bytes))
    }
}

#[derive(Debug)]
pub(super) enum Purpose {
    Activate {
        key: LicenseKey,
        nonce: Nonce,
        /// Nobody has typed the key just now.
        in_background: bool,
    },
    Refresh {
        by: By,
        nonce: Nonce,
    },
    Machines,
    Free {
        this_machine: bool,
    },
}

impl Purpose {
    /// How it went is told as an event.
    pub(super) const fn is_in_background(&self) -> bool {
        matches!(
            self,
            Self::Refresh { .. }
                | Self::Activate {
                    in_background: true,
                    ..
                }
        )
    }
}

/// What a refresh shows as its right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Token,
    Key,
}

#[derive(Serialize)]
struct ActivateBody<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    class: MachineClass,
    /// So that no seat is taken for an app that could not use the token.
    product: &'a str,
    test: bool,
    nonce: &'a str,
}

#[derive(Serialize)]
struct RefreshBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    nonce: &'a str,
}

impl Request {
    pub(super) fn activate(
        setup: &Setup,
        key: LicenseKey,
        nonce: Nonce,
        in_background: bool,
    ) -> Self {
        let body = body(&ActivateBody {
            key: key.expose(),
            fingerprint: setup.fingerprint.as_deref(),
            name: setup.device.name.as_deref(),
            platform: setup.device.platform.as_deref(),
            class: setup.device.class,
            product: &setup.product,
            test: setup.test,
            nonce: &nonce.0,
        });
        Self {
            method: Method::Post,
            path: "/api/v1/tokens".into(),
            authorization: None,
            body: Some(body),
            purpose: Purpose::Activate {
                key,
                nonce,
                in_background,
            },
        }
    }

    pub(super) fn refresh_by_token(token: &str, nonce: Nonce) -> Self {
        let body = body(&RefreshBody {
            token: Some(token),
            fingerprint: None,
            nonce: &nonce.0,
        });
        Self {
            authorization: None,
            ..Self::refresh(By::Token, body, nonce)
        }
    }

    pub(super) fn refresh_by_key(setup: &Setup, key: &str, nonce: Nonce) -> Self {
        let body = body(&RefreshBody {
            token: None,
            fingerprint: setup.fingerprint.as_deref(),
            nonce: &nonce.0,
        });
        Self {
            authorization: Some(authorization(key)),
            ..Self::refresh(By::Key, body, nonce)
        }
    }

    pub(super) fn machines(key: &str) -> Self {
        Self {
            method: Method::Get,
            path: "/api/v1/machines".into(),
            authorization: Some(authorization(key)),
            body: None,
            purpose: Purpose::Machines,
        }
    }

    /// `machine` goes into a path, and must have been checked to be an id.
    pub(super) fn free(key: &str, machine: &str, this_machine: bool) -> Self {
        Self {
            method: Method::Delete,
            path: format!("/api/v1/machines/{machine}"),
            authorization: Some(authorization(key)),
            body: None,
            purpose: Purpose::Free { this_machine },
        }
    }

    fn refresh(by: By, body: Zeroizing<String>, nonce: Nonce) -> Self {
        Self {
            method: Method::Post,
            path: "/api/v1/tokens/refresh".into(),
            authorization: None,
            body: Some(body),
            purpose: Purpose::Refresh { by, nonce },
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn authorization(key: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("License {key}"))
}

/// Strings and words only: encoding them cannot fail.
fn body(value: &impl Serialize) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(value).unwrap_or_default())
}
