//! One set of rules for the claims, whether they are written or read.

use alloc::collections::BinaryHeap;

use crate::{Claims, UnixTime};

/// The last second of the year 9999: no claim names a later time.
pub(crate) const MAX_TIME: UnixTime = UnixTime::from_secs(253_402_300_799);

/// 400 days, in seconds: no lease is longer.
const MAX_LEASE: i64 = 400 * 86_400;

/// 2^53 − 1: the largest integer that JavaScript holds exactly.
pub(super) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The most entitlements, and the most limits, of one token.
const MAX_NAMES: usize = 256;

/// A claim is missing, is of the wrong type, or breaks a rule.
///
/// ```
/// use paidup::{Algorithm, Claims, PublicKey, SealError, UnixTime};
///
/// let key = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
/// let claims = Claims::new("", "notes", UnixTime::from_secs(1));
/// let Err(SealError::Claims(error)) = claims.seal(&key.key_id(), Algorithm::EdDsa, |_| [0; 64])
/// else { unreachable!() };
/// assert_eq!(error.to_string(), "the claim iss must have 1 to 512 bytes and no control characters");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim {claim} {rule}")]
pub struct ClaimsError {
    claim: &'static str,
    rule: &'static str,
}

impl ClaimsError {
    pub(crate) const fn new(claim: &'static str, rule: &'static str) -> Self {
        Self { claim, rule }
    }

    /// The claim, as the token names it.
    #[must_use]
    pub const fn claim(&self) -> &'static str {
        self.claim
    }

    /// The rule it breaks, as the rest of a sentence that begins with the claim.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl Claims {
    /// Every rule that is about values. That a claim is there at all, and of the
    /// right type, is what its Rust type says.
    pub(super) fn check(&self) -> Result<(), ClaimsError> {
        text(
            "iss",
            &self.iss,
            512,
            "must have 1 to 512 bytes and no control characters",
        )?;
        text(
            "aud",
            &self.aud,
            128,
            "must have 1 to 128 bytes and no control characters",
        )?;
        id(
            "sub",
            &self.sub,
            "lic_",
            "must be lic_ and 1 to 64 of A-Z a-z 0-9 _ -",
        )?;
        id(
            "jti",
            &self.jti,
            "tok_",
            "must be tok_ and 1 to 64 of A-Z a-z 0-9 _ -",
        )?;
        integer("seq", self.seq)?;
        self.check_times()?;
        optional_text("reason", self.reason.as_deref())?;
        text(
            "policy",
            &self.policy.id,
            128,
            "must have an id of 1 to 128 bytes",
        )?;
        text(
            "policy",
            &self.policy.name,
            256,
            "must have a name of 1 to 256 bytes",
        )?;
        self.check_names()?;
        optional_text("fingerprint", self.fingerprint.as_deref())?;
        optional_text("nonce", self.nonce.as_deref())
    }

    fn check_times(&self) -> Result<(), ClaimsError> {
        let times = [
            ("iat", Some(self.iat)),
            ("nbf", self.nbf),
            ("exp", Some(self.exp)),
            ("expiresAt", self.expires_at),
            ("renewsAt", self.renews_at),
            ("graceEndsAt", self.grace.map(|grace| grace.ends_at)),
            ("refreshAfter", self.refresh_after),
        ];
        for (claim, it) in times {
            it.map_or(Ok(()), |it| time(claim, it))?;
        }
        if self.iat > self.exp {
            return Err(ClaimsError::new("iat", "must not be after exp"));
        }
        if self.nbf.is_some_and(|nbf| nbf > self.exp) {
            return Err(ClaimsError::new("nbf", "must not be after exp"));
        }
        if self.exp > self.iat.plus(MAX_LEASE) {
            return Err(ClaimsError::new(
                "exp",
                "must be at most 400 days after iat",
            ));
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), ClaimsError> {
        const GRAMMAR: &str = "must be named [a-z0-9][a-z0-9._-]{0,63}";

        if self.entitlements.len() > MAX_NAMES {
            return Err(ClaimsError::new("entitlements", "must be at most 256"));
        }
        if !self.entitlements.iter().all(|it| is_code(it)) {
            return Err(ClaimsError::new("entitlements", GRAMMAR));
        }
        if !all_differ(&self.entitlements) {
            return Err(ClaimsError::new("entitlements", "must each be listed once"));
        }
        if self.limits.len() > MAX_NAMES {
            return Err(ClaimsError::new("limits", "must be at most 256"));
        }
        if !self.limits.keys().all(|it| is_code(it)) {
            return Err(ClaimsError::new("limits", GRAMMAR));
        }
        self.limits
            .values()
            .try_for_each(|limit| integer("limits", *limit))
    }
}

/// Entitlements, limits: `[a-z0-9][a-z0-9._-]{0,63}`.
fn is_code(text: &str) -> bool {
    let inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    match text.as_bytes() {
        [b'a'..=b'z' | b'0'..=b'9', rest @ ..] => rest.len() < 64 && rest.iter().all(inner),
        _ => false,
    }
}

pub(crate) fn all_differ<T: Ord>(items: &[T]) -> bool {
    let ascending = |a: &T, b: &T| a < b;
    items.is_sorted_by(ascending) || {
        let sorted = items.iter().collect::<BinaryHeap<&T>>().into_sorted_vec();
        sorted.is_sorted_by(|a, b| a < b)
    }
}

pub(crate) fn time(claim: &'static str, value: UnixTime) -> Result<(), ClaimsError> {
    if UnixTime::from_secs(0) < value && value <= MAX_TIME {
        Ok(())
    } else {
        Err(ClaimsError::new(
            claim,
            "must be from 1 to 253402300799 seconds",
        ))
    }
}

pub(crate) fn integer(claim: &'static str, value: u64) -> Result<(), ClaimsError> {
    if value <= MAX_INTEGER {
        Ok(())
    } else {
        Err(ClaimsError::new(
            claim,
            "must be an integer from 0 to 2^53 - 1",
        ))
    }
}

fn id(claim: &'static str, id: &str, prefix: &str, rule: &'static str) -> Result<(), ClaimsError> {
    let fits = id.strip_prefix(prefix).is_some_and(|rest| {
        (1..=64).contains(&rest.len())
            && rest
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-'))
    });
    if fits {
        Ok(())
    } else {
        Err(ClaimsError::new(claim, rule))
    }
}

pub(crate) fn text(
    claim: &'static str,
    text: &str,
    max: usize,
    rule: &'static str,
) -> Result<(), ClaimsError> {
    let fits = (1..=max).contains(&text.len()) && !text.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        Err(ClaimsError::new(claim, rule))
    }
}

pub(crate) fn optional_text(claim: &'static str, value: Option<&str>) -> Result<(), ClaimsError> {
    let rule = "must have 1 to 256 bytes and no control characters";
    value.map_or(Ok(()), |value| text(claim, value, 256, rule))
}
