//! Tells whether a webhook came from Stripe: HMAC-SHA256 over the raw bytes.
//!
//! Source: <https://docs.stripe.com/webhooks#verify-manually>. The header is
//! `t=<Unix seconds>,v1=<hex>[,v1=<hex>…]`; the signed text is `t`, a dot and
//! the body. While a secret is rolled Stripe signs with both, so every `v1` is
//! compared with the signature of every secret, in constant time. Other schemes
//! (`v0` marks test signatures) never count.
//!
//! The header is read before the body is: [`SignatureHeader::parse`] refuses what no body
//! could make valid.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How far a signature's time may be from ours, in seconds, either way.
const TOLERANCE: i64 = 300;

const MAX_HEADER: usize = 4096;
/// How many `v1` signatures of a header count; Stripe sends one for each secret, two at most.
const MAX_CANDIDATES: usize = 8;

/// The signing secret of one webhook endpoint (`whsec_…`).
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<String>);

/// The secret is empty or only white space, with which anyone could sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret is empty; copy the `whsec_…` of the endpoint from Stripe's dashboard")]
pub struct InvalidSecret;

impl WebhookSecret {
    /// Takes a secret as Stripe shows it; white space around it is dropped.
    ///
    /// # Errors
    /// [`InvalidSecret`] where nothing remains.
    pub fn new(text: &str) -> Result<Self, InvalidSecret> {
        match text.trim() {
            "" => Err(InvalidSecret),
            secret => Ok(Self(Zeroizing::new(secret.to_owned()))),
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret([elided])")
    }
}

/// Why a webhook is not taken as Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The header is missing, too long or not of the documented form.
    #[error("the Stripe-Signature header is missing or malformed")]
    Malformed,
    /// The header carries no signature of scheme `v1` that matches.
    #[error("no v1 signature matches: another endpoint's secret, or a changed body")]
    NoMatch,
    /// The signature's time is more than 300 s from ours.
    #[error("the signature's time is {0} s off; more than 300 s are refused")]
    OutOfTolerance(i64),
}

/// A `Stripe-Signature` header of the right form and time, before its body is known.
#[derive(Debug, Clone)]
pub struct SignatureHeader {
    time: String,
    candidates: Vec<[u8; 32]>,
}

impl SignatureHeader {
    /// Reads a header at `now` (Unix seconds). Of more than eight `v1` signatures the first
    /// eight count.
    ///
    /// ```
    /// use paidup_stripe::{SignatureError, SignatureHeader};
    ///
    /// let header = format!("t=1000,v1={}", "00".repeat(32));
    /// assert!(SignatureHeader::parse(&header, 1000).is_ok());
    /// let stale = SignatureHeader::parse(&header, 1301).unwrap_err();
    /// assert_eq!(stale, SignatureError::OutOfTolerance(301));
    /// ```
    ///
    /// # Errors
    /// [`SignatureError`]: which part does not hold.
    pub fn parse(header: &str, now: i64) -> Result<Self, SignatureError> {
        if header.len() > MAX_HEADER {
            return Err(SignatureError::Malformed);
        }
        let mut time = None;
        let mut candidates = Vec::new();
        for part in header.split(',') {
            match part.split_once('=').ok_or(SignatureError::Malformed)? {
                ("t", text) if time.is_none() => time = Some(text),
                ("t", _) => return Err(SignatureError::Malformed),
                // A garbled signature cannot match; others beside it still may.
                ("v1", hex) if candidates.len() < MAX_CANDIDATES => {
                    candidates.extend(decode_hex(hex));
                }
                _ => {}
            }
        }
        let time = time.ok_or(SignatureError::Malformed)?;
        let seconds: i64 = time.parse().map_err(|_| SignatureError::Malformed)?;
        if candidates.is_empty() {
            return Err(SignatureError::NoMatch);
        }
        let off = now.saturating_sub(seconds);
        if off.unsigned_abs() > TOLERANCE.unsigned_abs() {
            return Err(SignatureError::OutOfTolerance(off));
        }
        Ok(Self {
            time: time.to_owned(),
            candidates,
        })
    }

    /// Whether one of the signatures is that of the raw `body` under one of the secrets. The
    /// body is read once for each secret.
    ///
    /// # Errors
    /// [`SignatureError::NoMatch`].
    pub fn verify(&self, body: &[u8], secrets: &[WebhookSecret]) -> Result<(), SignatureError> {
        let mut genuine = false;
        for secret in secrets {
            // HMAC takes keys of any length, so this never refuses one.
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()) else {
                continue;
            };
            mac.update(self.time.as_bytes());
            mac.update(b".");
            mac.update(body);
            let expected: [u8; 32] = mac.finalize().into_bytes().into();
            for candidate in &self.candidates {
                genuine |= bool::from(expected.ct_eq(candidate));
            }
        }
        match genuine {
            true => Ok(()),
            false => Err(SignatureError::NoMatch),
        }
    }
}

/// Checks `header` over the raw `body` at `now` (Unix seconds).
///
/// ```
/// use paidup_stripe::{SignatureError, WebhookSecret, verify_signature};
///
/// let secrets = [WebhookSecret::new("whsec_test")?];
/// let forged = format!("t=1000,v1={}", "00".repeat(32));
/// assert_eq!(verify_signature(b"{}", &forged, &secrets, 1000), Err(SignatureError::NoMatch));
/// # Ok::<_, paidup_stripe::InvalidSecret>(())
/// ```
///
/// # Errors
/// [`SignatureError`]: which part does not hold.
pub fn verify_signature(
    body: &[u8],
    header: &str,
    secrets: &[WebhookSecret],
    now: i64,
) -> Result<(), SignatureError> {
    SignatureHeader::parse(header, now)?.verify(body, secrets)
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
