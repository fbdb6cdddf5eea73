//! The key for Stripe's API, which is never shown, and the mode it belongs to.

use std::fmt;

use zeroize::Zeroizing;

/// A secret or restricted API key (`sk_…`, `rk_…`).
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

/// Test data or real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "Stripe has these two")]
pub enum StripeMode {
    /// Real money.
    Live,
    /// Test data.
    Test,
}

/// The text is not an API key of Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a secret API key of Stripe's: it begins with sk_live_, sk_test_, rk_live_ or rk_test_"
)]
pub struct InvalidApiKey;

impl ApiKey {
    /// Takes a key as Stripe shows it; white space around it is dropped.
    ///
    /// # Errors
    /// [`InvalidApiKey`] for anything else, a publishable key for instance.
    pub fn new(text: &str) -> Result<Self, InvalidApiKey> {
        let key = Self(Zeroizing::new(text.trim().to_owned()));
        let printable = key.0.bytes().all(|byte| byte.is_ascii_graphic());
        let known = ["sk_live_", "sk_test_", "rk_live_", "rk_test_"];
        match known.iter().any(|prefix| key.0.starts_with(prefix)) && printable {
            true => Ok(key),
            false => Err(InvalidApiKey),
        }
    }

    /// The kind of key and its last four characters.
    pub(super) fn hint(&self) -> String {
        let kind = if self.0.starts_with("rk_") {
            "restricted"
        } else {
            "secret"
        };
        let start = self.0.len().saturating_sub(4).max("sk_test_".len());
        format!("{kind} key …{}", self.0.get(start..).unwrap_or_default())
    }

    /// The key itself, for the header that carries it and for the vault.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The mode it belongs to.
    #[must_use]
    pub fn mode(&self) -> StripeMode {
        let live = self.0.starts_with("sk_live_") || self.0.starts_with("rk_live_");
        if live {
            StripeMode::Live
        } else {
            StripeMode::Test
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey([{:?}, elided])", self.mode())
    }
}
