//! Why Stripe did not answer.

use crate::FactError;

/// Why Stripe did not answer a question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// It could not be reached in time.
    #[error("Stripe could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It refused.
    #[error("Stripe answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Stripe's own words.
        message: String,
    },
    /// Its reply could not be read.
    #[error("Stripe's reply could not be read")]
    Unreadable(#[source] Option<serde_json::Error>),
    /// Its reply lacks what a fact needs.
    #[error("Stripe's reply lacks what is needed")]
    Fact(#[from] FactError),
    /// The key or the base address cannot be used for requests.
    #[error("the Stripe key or STRIPE_API_BASE cannot be used: {0}")]
    Setup(&'static str),
}

impl ApiError {
    /// The object does not exist (any more).
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Stripe does not accept the key, or not for this.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403,
                ..
            }
        )
    }
}
