//! Stripe's signature over a delivery.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries it.
pub(crate) const HEADER: &str = "stripe-signature";

/// `t=<at>,v1=<hex>,v0=<hex>`: HMAC-SHA256 over `<at>.<body>`, keyed with the
/// whole secret, its `whsec_` included. `v0` means nothing; Stripe sends one for
/// test events, and only a careless reader accepts it.
pub(crate) fn header(secret: &str, at: i64, body: &str) -> String {
    let genuine = hex(&mac(secret, at, body));
    let meaningless = hex(&mac("v0", at, body));
    format!("t={at},v1={genuine},v0={meaningless}")
}

fn mac(secret: &str, at: i64, body: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return Vec::new();
    };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected value was computed with OpenSSL:
    // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
    #[test]
    fn v1_is_what_openssl_computes() {
        let header = header("whsec_test", 1_700_000_000, r#"{"id":"evt_1"}"#);
        let v1 = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
        assert!(
            header.starts_with(&format!("t=1700000000,v1={v1},v0=")),
            "{header}"
        );
    }
}
