//! What this app is: the issuer, product, machine and mode a token must name.

use alloc::string::String;

use crate::{Claims, VerifyError};

/// What a token must say to be for this app, on this machine, in this mode.
///
/// ```
/// use paidup::Expected;
///
/// let expected = Expected::new("https://licenses.example.com", "notes")
///     .fingerprint("sha256:BC83NqQw5Cr8mdnF9cNG29Sqr4VgrMBgfAKXNEmsWHU");
/// # let _ = expected;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    issuer: Option<String>,
    product: Option<String>,
    machine: Machine,
    test: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Machine {
    Unknown,
    Fingerprint(String),
    Any,
}

impl Expected {
    /// An app that takes live tokens of this issuer for this product. Both are
    /// compared byte by byte. A token that is bound to a machine is refused until
    /// [`Expected::fingerprint`] or [`Expected::any_machine`] is called.
    #[must_use]
    pub fn new(issuer: impl Into<String>, product: impl Into<String>) -> Self {
        Self::danger_unpinned().issuer(issuer).product(product)
    }

    /// Takes tokens of any issuer and for any product, which is right for a tool
    /// that explains tokens and **wrong for every app**: whoever holds a trusted
    /// key for another product could sign for this one.
    #[must_use]
    pub fn danger_unpinned() -> Self {
        Self {
            issuer: None,
            product: None,
            machine: Machine::Unknown,
            test: false,
        }
    }

    /// Pins the issuer, the token's `iss`.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
    }

    /// Pins the product, the token's `aud`.
    #[must_use]
    pub fn product(self, product: impl Into<String>) -> Self {
        Self {
            product: Some(product.into()),
            ..self
        }
    }

    /// Says which machine this is. Takes tokens that are bound to it, and tokens
    /// that are not bound.
    #[must_use]
    pub fn fingerprint(self, fingerprint: impl Into<String>) -> Self {
        Self {
            machine: Machine::Fingerprint(fingerprint.into()),
            ..self
        }
    }

    /// Takes tokens whatever machine they are bound to: for a server that looks at
    /// its customers' tokens.
    #[must_use]
    pub fn any_machine(self) -> Self {
        Self {
            machine: Machine::Any,
            ..self
        }
    }

    /// Takes test tokens instead of live ones.
    #[must_use]
    pub fn test_mode(self) -> Self {
        Self { test: true, ..self }
    }

    pub(crate) fn pinned_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    pub(crate) fn pinned_product(&self) -> Option<&str> {
        self.product.as_deref()
    }

    pub(crate) fn names_machine(&self) -> bool {
        matches!(self.machine, Machine::Fingerprint(_))
    }

    pub(crate) fn is_test(&self) -> bool {
        self.test
    }

    /// `iss`, `aud`, `test` and `fingerprint`, in this order.
    pub(crate) fn check(&self, claims: &Claims) -> Result<(), VerifyError> {
        if self.pinned_issuer().is_some_and(|it| it != claims.iss) {
            return Err(VerifyError::IssuerMismatch {
                found: claims.iss.as_str().into(),
            });
        }
        if self.pinned_product().is_some_and(|it| it != claims.aud) {
            return Err(VerifyError::ProductMismatch {
                found: claims.aud.as_str().into(),
            });
        }
        if self.test != claims.test {
            return Err(VerifyError::EnvironmentMismatch { test: claims.test });
        }
        let here = match (&claims.fingerprint, &self.machine) {
            (None, _) | (Some(_), Machine::Any) => true,
            (Some(bound), Machine::Fingerprint(this)) => bound == this,
            (Some(_), Machine::Unknown) => false,
        };
        if here {
            Ok(())
        } else {
            Err(VerifyError::FingerprintMismatch)
        }
    }
}
