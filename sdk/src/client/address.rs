//! Where an issuer's address leads: over the network, or no further than this machine.

use std::net::IpAddr;

use reqwest::Url;

/// Whether nobody on the way can listen.
pub(super) fn is_private(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        // Not an address at all: every contact will say so.
        return true;
    };
    url.scheme() == "https" || is_loopback(&url)
}

/// Whether it leads to this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    match address {
        Ok(IpAddr::V4(address)) => address.is_loopback(),
        Ok(IpAddr::V6(address)) => address.to_canonical().is_loopback(),
        Err(_) => matches!(host, "localhost" | "localhost."),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::{Url, is_loopback, is_private};

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "127.0.0.1",
            "127.1",
            "127.200.3.4",
            "0x7f000001",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            let url = Url::parse(&format!("http://{host}:8787")).unwrap();
            assert!(is_loopback(&url), "{host}");
            assert!(is_private(url.as_str()), "{host}");
        }
        for host in [
            "licenses.example.com",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.example.com",
            "128.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::2]",
            "user:127.0.0.1@example.com",
        ] {
            let url = Url::parse(&format!("http://{host}")).unwrap();
            assert!(!is_loopback(&url), "{host}");
            assert!(!is_private(url.as_str()), "{host}");
        }
    }
}
