//! The address by which apps reach the issuer, which is its name in tokens too.

use url::{Host, Url};

use super::file::{OneOrMany, SettingsFile};
use super::{Environment, Mode, SettingsError};
use crate::egress;

/// An address that cannot be the issuer's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicUrlError {
    /// Not an http(s) address.
    #[error("{0:?} is not a URL; write one such as \"https://licenses.example.com\"")]
    NotAUrl(Box<str>),
    /// A query, a fragment or a password.
    #[error("the URL has a user, a query or a fragment; write the address alone")]
    Extra,
    /// Apps of customers cannot use it.
    #[error(
        "mode = \"live\" requires a public https address, and {url} {problem}: the apps of \
         customers pin it for good. Set public_url = \"https://licenses.example.com\", with your \
         own host, or use mode = \"test\""
    )]
    NotPublic {
        /// The address.
        url: Box<str>,
        /// What keeps customers from using it.
        problem: &'static str,
    },
    /// It is not set.
    #[error(
        "mode = \"live\" requires the public https address of this issuer, which apps pin for \
         good. Set public_url = \"https://licenses.example.com\" with your own host, or run \
         `paidup stripe connect --url https://licenses.example.com`"
    )]
    Missing,
}

/// The issuer's names, where the settings say them.
pub(super) struct Names {
    /// What tokens carry as `iss`.
    pub(super) issuer: Option<String>,
    /// Where it is reached.
    pub(super) public_url: Option<String>,
}

impl Names {
    pub(super) fn read(
        file: &SettingsFile,
        environment: &Environment,
        mode: Mode,
    ) -> Result<Self, SettingsError> {
        let in_file = file.public_url.as_ref().and_then(OneOrMany::first);
        let (name, url) = match environment.text("PAIDUP_PUBLIC_URL") {
            Some(url) => ("PAIDUP_PUBLIC_URL", Some(url)),
            None => ("public_url", in_file),
        };
        let refused = |name| move |problem| SettingsError::PublicUrl { name, problem };
        let url = url.map(public_url).transpose().map_err(refused(name))?;
        let (name, issuer) = match (environment.text("PAIDUP_ISSUER"), &file.issuer) {
            (Some(issuer), _) => ("PAIDUP_ISSUER", Some(issuer)),
            (None, Some(issuer)) => ("issuer", Some(issuer.as_str())),
            (None, None) => (name, url),
        };
        if let Some(issuer) = issuer.filter(|_| mode.is_live()) {
            check_live(issuer).map_err(refused(name))?;
        }
        Ok(Self {
            issuer: issuer.map(str::to_owned),
            public_url: url.map(str::to_owned),
        })
    }
}

/// The address as apps write it: without a slash at its end.
fn public_url(text: &str) -> Result<&str, PublicUrlError> {
    let text = text.trim().trim_end_matches('/');
    let url = parse(text)?;
    let extra = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    match extra {
        true => Err(PublicUrlError::Extra),
        false => Ok(text),
    }
}

/// Refuses a name that the apps of customers could not reach.
pub(crate) fn check_live(text: &str) -> Result<(), PublicUrlError> {
    let url = parse(text)?;
    let problem = match url.host() {
        _ if url.scheme() != "https" => "is not https",
        Some(Host::Domain(name)) if !is_public_name(name) => "is a name of a private network",
        Some(Host::Ipv4(ip)) if !egress::is_public(ip.into()) => "is not a public address",
        Some(Host::Ipv6(ip)) if !egress::is_public(ip.into()) => "is not a public address",
        _ => return Ok(()),
    };
    Err(PublicUrlError::NotPublic {
        url: text.into(),
        problem,
    })
}

fn parse(text: &str) -> Result<Url, PublicUrlError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(PublicUrlError::NotAUrl(text.into())),
    }
}

/// Names that resolve on one machine or in one network only (RFC 6761, RFC 6762, RFC 8375).
fn is_public_name(name: &str) -> bool {
    const PRIVATE: [&str; 8] = [
        "localhost",
        "local",
        "internal",
        "home.arpa",
        "lan",
        "test",
        "invalid",
        "localdomain",
    ];
    let name = name.trim_end_matches('.');
    let private = |suffix: &&str| {
        name.strip_suffix(*suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    name.contains('.') && !PRIVATE.iter().any(private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_mode_takes_public_https_addresses_only() {
        for url in [
            "https://licenses.example.com",
            "https://example.com:8443/licenses",
            "https://8.8.8.8",
        ] {
            assert_eq!(check_live(url), Ok(()), "{url}");
        }
        for url in [
            "http://licenses.example.com",
            "http://127.0.0.1:8787",
            "https://127.0.0.1:8787",
            "https://[::1]",
            "https://localhost",
            "https://paidup.localhost",
            "https://paidup",
            "https://nas.local",
            "https://issuer.internal.",
            "https://10.0.0.1",
            "https://0.0.0.0",
            "licenses.example.com",
            "acme",
        ] {
            assert!(check_live(url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_address_loses_its_last_slash_and_nothing_else() {
        assert_eq!(public_url(" https://a.example/ "), Ok("https://a.example"));
        assert_eq!(public_url("https://a.example/x"), Ok("https://a.example/x"));
        for text in [
            "a.example",
            "ftp://a.example",
            "https://",
            "https://a.example?x=1",
            "https://a.example/#x",
            "https://user@a.example",
            "",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }
}
