//! Lets outgoing webhooks reach public addresses over HTTPS, and nothing else.
//!
//! The address that was checked is the address that is connected to: names are
//! resolved by [`PublicResolver`] within the request, so that a name that points
//! elsewhere a moment later gains nothing. No redirects, no proxy from the
//! environment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

const TIMEOUT: Duration = Duration::from_secs(15);

/// Why an address is not used for webhooks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not an address at all.
    #[error("this is not an http(s) address")]
    NotAUrl,
    /// Not encrypted.
    #[error("only https is allowed; allow_insecure_webhooks = true permits http for development")]
    NotHttps,
    /// A user name or password in the address.
    #[error("an address with a user name or password is not allowed")]
    Credentials,
    /// Leads into a private network.
    #[error("{0} is not a public address")]
    NotPublic(IpAddr),
}

/// Checks an address as far as that is possible without resolving its name.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn check_url(text: &str, insecure: bool) -> Result<Url, Refusal> {
    let url = Url::parse(text).map_err(|_| Refusal::NotAUrl)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    match url.scheme() {
        "https" => {}
        "http" if insecure => {}
        "http" => return Err(Refusal::NotHttps),
        _ => return Err(Refusal::NotAUrl),
    }
    let literal = match url.host() {
        None => return Err(Refusal::NotAUrl),
        Some(Host::Domain(_)) => None,
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
    };
    match literal.filter(|ip| !insecure && !is_public(*ip)) {
        Some(ip) => Err(Refusal::NotPublic(ip)),
        None => Ok(url),
    }
}

/// An address for people: without user, password and query, which may be secrets.
pub(crate) fn shown(text: &str) -> String {
    let Ok(url) = Url::parse(text) else {
        let plain = text.split(['?', '#']).next().unwrap_or_default();
        return plain.rsplit('@').next().unwrap_or_default().to_owned();
    };
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let query = if url.query().is_some() { "?…" } else { "" };
    let path = url.path().trim_end_matches('/');
    format!("{}://{host}{port}{path}{query}", url.scheme())
}

/// An HTTP client for outgoing webhooks.
///
/// # Errors
/// What the TLS set-up says.
pub(crate) fn client(insecure: bool) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("Paidup/", env!("CARGO_PKG_VERSION")));
    match insecure {
        true => builder.build(),
        false => builder
            .https_only(true)
            .dns_resolver(Arc::new(PublicResolver))
            .build(),
    }
}

/// Resolves names, and refuses them where any of their addresses is not public.
#[derive(Debug, Clone, Copy)]
struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.collect();
            match addresses.iter().find(|address| !is_public(address.ip())) {
                Some(address) => Err(Refusal::NotPublic(address.ip()).into()),
                None => Ok::<Addrs, _>(Box::new(addresses.into_iter())),
            }
        })
    }
}

/// Whether an address is reachable from everywhere, by the IANA special-purpose
/// registries (RFC 6890 and its successors).
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3; what carries an IPv4 address inside could lead
    // to a private one, and is never needed to reach a public one.
    let [a, b, ..] = ip.segments();
    let teredo_and_protocols = a == 0x2001 && b < 0x0200;
    let documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    let six_to_four = a == 0x2002;
    (0x2000..0x4000).contains(&a) && !teredo_and_protocols && !documentation && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_https_addresses_pass() {
        for bad in [
            "http://example.com/hook",
            "ftp://example.com/",
            "https://user@example.com/",
            "https://user:pass@example.com/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://017700000001/",
            "https://0.0.0.0/",
            "https://10.1.2.3/",
            "https://100.64.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.0.0.8/",
            "https://192.168.1.1/",
            "https://198.18.0.1/",
            "https://198.51.100.7/",
            "https://224.0.0.1/",
            "https://240.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:8.8.8.8]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2001::1]/",
            "https://[2001:db8::1]/",
            "https://[2002:7f00:1::]/",
            "https://[fc00::1]/",
            "https://[fe80::1]/",
            "https://[ff02::1]/",
            "not an address",
            "",
        ] {
            assert!(check_url(bad, false).is_err(), "{bad}");
        }
        for good in [
            "https://example.com/hook",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://172.32.0.1/",
        ] {
            assert!(check_url(good, false).is_ok(), "{good}");
        }
        assert!(check_url("http://127.0.0.1:9999/hook", true).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_resolved() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let error = client(false)
            .unwrap()
            .get("https://localhost/")
            .send()
            .await
            .unwrap_err();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        assert!(
            cause.to_string().contains("is not a public address"),
            "{cause}"
        );
    }
}
