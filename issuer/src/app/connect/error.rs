//! Why the connection was not made, and what has to be mended.

use paidup_stripe::{ApiError, MAX_ENDPOINTS};

use crate::settings::{PublicUrlError, SecretError};
use crate::store::StoreError;

/// Why the connection was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no key.
    #[error(
        "there is no Stripe key: set STRIPE_API_KEY, or give --api-key-file. Make a restricted \
         key at https://dashboard.stripe.com/apikeys"
    )]
    NoKey,
    /// The key is of the other mode.
    #[error("this is a {key} key, and the issuer runs in {issuer} mode; use the other key")]
    OtherMode {
        /// What the key is for.
        key: &'static str,
        /// What the issuer is for.
        issuer: &'static str,
    },
    /// The database belongs to another account.
    #[error("this issuer is connected to the account {known}, and the key is of {found}")]
    OtherAccount {
        /// Whose licenses it keeps.
        known: String,
        /// Whose key it is.
        found: String,
    },
    /// The key may not do what is needed.
    #[error("the key lacks permissions:\n{}", in_lines(.0))]
    Permissions(Vec<(&'static str, String)>),
    /// The text is no key of Stripe's.
    #[error("the Stripe API key: {0}")]
    Key(#[from] SecretError),
    /// Events cannot come there.
    #[error("the URL at which Stripe reaches the issuer begins with http:// or https://")]
    Url,
    /// The apps of customers could not reach the issuer there.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// No endpoint can be added.
    #[error(
        "the account has {MAX_ENDPOINTS} webhook endpoints, which is all that Stripe allows, and \
         none of them is ours; delete one at https://dashboard.stripe.com/webhooks"
    )]
    Full,
    /// Stripe does not know the key, or does not let it do what was asked.
    #[error(
        "Stripe does not accept the key ({0}); copy it again from \
         https://dashboard.stripe.com/apikeys"
    )]
    Rejected(String),
    /// Stripe did not do as it was asked.
    #[error("Stripe did not do as it was asked")]
    Api(#[source] ApiError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ApiError> for ConnectError {
    fn from(error: ApiError) -> Self {
        match error.is_unauthorized() {
            true => Self::Rejected(error.to_string()),
            false => Self::Api(error),
        }
    }
}

/// One line for each permission that a key lacks.
pub(in crate::app) fn in_lines(missing: &[(&'static str, String)]) -> String {
    let line = |(name, message): &(&str, String)| format!("  {name}: {message}");
    missing.iter().map(line).collect::<Vec<_>>().join("\n")
}
