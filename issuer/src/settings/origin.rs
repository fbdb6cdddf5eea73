//! The web pages that may ask this issuer from a browser.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use url::{Origin as UrlOrigin, Url};

/// Where a web page comes from: scheme, host and port, RFC 6454 §6.2, as browsers
/// write it into the header `Origin`.
///
/// ```
/// use paidup_issuer::Origin;
///
/// let origin: Origin = "https://app.example.com".parse()?;
/// assert_eq!(origin.as_str(), "https://app.example.com");
/// assert!("https://app.example.com/editor".parse::<Origin>().is_err());
/// assert!("*".parse::<Origin>().is_err());
/// # Ok::<(), paidup_issuer::OriginError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl Origin {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let origin = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url.origin(),
            _ => return Err(OriginError::None(text.into())),
        };
        match origin {
            UrlOrigin::Tuple(..) if origin.ascii_serialization() == text => {
                Ok(Self(text.to_owned()))
            }
            UrlOrigin::Tuple(..) => Err(OriginError::Another {
                text: text.into(),
                origin: origin.ascii_serialization(),
            }),
            UrlOrigin::Opaque(_) => Err(OriginError::None(text.into())),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Not the address of a page.
    #[error(
        "{0:?} is no origin; write one such as \"https://app.example.com\" for each web app, \
         for license keys are sent from there"
    )]
    None(Box<str>),
    /// It says more, or says it in another way, than a browser does.
    #[error("{text:?} is not how a browser names that origin; write {origin:?}")]
    Another {
        /// What was written.
        text: Box<str>,
        /// What to write.
        origin: String,
    },
}
