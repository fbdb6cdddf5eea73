//! The words for every answer, the same in each language and on the wire.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! codes {
    ($($variant:ident = $number:literal, $word:literal, $meaning:literal, $next:literal;)+) => {
        /// Why the answer is what it is, in one word.
        ///
        /// The words are the same in Rust, C, JavaScript, HTTP and the command
        /// line. Codes are added, never renamed.
        ///
        /// ```
        /// use paidup::Code;
        ///
        /// assert_eq!(Code::ClockRollback.as_str(), "CLOCK_ROLLBACK");
        /// assert_eq!("GRACE".parse(), Ok(Code::Grace));
        /// assert!(Code::Grace.usable());
        /// assert!(!Code::Expired.usable());
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $variant,)+
        }

        impl Code {
            /// Every code, standings first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The integer that stands for this code in C. A number is never
            /// changed and never given to another code. Zero is none, so that
            /// zeroed memory is not taken for a valid license.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// What happened, as one sentence for a human.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// The way out, as one sentence for a human.
            #[must_use]
            pub const fn next_step(self) -> &'static str {
                match self { $(Self::$variant => $next,)+ }
            }
        }
    };
}

codes! {
    Valid = 1, "VALID",
        "The license is valid.",
        "Nothing to do.";
    Grace = 2, "GRACE",
        "The license was canceled or a payment failed, and it still works for a while.",
        "Renew the subscription or correct the payment before the grace ends.";
    Expired = 10, "EXPIRED",
        "The license has reached its end.",
        "Buy or renew the license, then refresh.";
    Suspended = 11, "SUSPENDED",
        "The license is suspended, usually because a payment failed.",
        "Correct the payment, then refresh; the license resumes by itself.";
    Revoked = 12, "REVOKED",
        "The license was revoked.",
        "Buy a new license, or ask the vendor why this one was revoked.";
    Banned = 13, "BANNED",
        "The license is banned.",
        "Ask the vendor.";
    RefreshRequired = 14, "REFRESH_REQUIRED",
        "The license has not been confirmed for some time, and has to be before it works again.",
        "Connect to the internet and refresh; check this machine's clock; or exchange an offline request.";
    NotYetValid = 15, "NOT_YET_VALID",
        "The license begins later than this machine's clock.",
        "This machine's clock looks wrong: set it, or connect to the internet and refresh.";
    ClockRollback = 16, "CLOCK_ROLLBACK",
        "This machine's clock is behind a time it has already seen.",
        "This machine's clock looks wrong: set it, or connect to the internet and refresh.";
    NoLicense = 17, "NO_LICENSE",
        "There is no license here yet.",
        "Enter a license key, or import a license file.";

    TooLarge = 100, "TOO_LARGE",
        "The token is larger than any token may be.",
        "Check that this is a license token, and copy it again.";
    Malformed = 101, "MALFORMED",
        "This is not a well-formed license token.",
        "Copy the whole token again: three parts with two dots, no spaces or line breaks.";
    UnsupportedAlgorithm = 102, "UNSUPPORTED_ALGORITHM",
        "The token is not signed with Ed25519.",
        "Use a token of this product's issuer.";
    UnsupportedHeader = 103, "UNSUPPORTED_HEADER",
        "The token's header has a member that license tokens do not have.",
        "Use a token of this product's issuer.";
    WrongType = 104, "WRONG_TYPE",
        "This is a signed text of another kind than a license token.",
        "Use the license token, not a keyset or another JWT.";
    UnknownKey = 105, "UNKNOWN_KEY",
        "The token is signed by a key that this verifier does not trust for it.",
        "Refresh to receive the newest keys, or update the app.";
    KeyRevoked = 106, "KEY_REVOKED",
        "The key that signed the token was revoked.",
        "Activate again with the license key to receive a new token.";
    KeyNotValid = 107, "KEY_NOT_VALID",
        "The token was issued outside the time in which its key may sign.",
        "Refresh to receive a new token.";
    SignatureInvalid = 108, "SIGNATURE_INVALID",
        "The signature does not fit: the token was changed or is a forgery.",
        "Copy the token again, or activate again with the license key.";
    UnsupportedVersion = 109, "UNSUPPORTED_VERSION",
        "The token is of a version that this verifier does not know.",
        "Update the app.";
    ClaimsInvalid = 110, "CLAIMS_INVALID",
        "The token is signed, but what it says breaks the rules of the format.",
        "Refresh; if that does not help, tell the vendor.";
    IssuerMismatch = 111, "ISSUER_MISMATCH",
        "The license was issued by another vendor's license server than this app expects.",
        "Use the license that was sold for this app.";
    ProductMismatch = 112, "PRODUCT_MISMATCH",
        "The token is for another product.",
        "Use the license of this product.";
    FingerprintMismatch = 113, "FINGERPRINT_MISMATCH",
        "The token is bound to another machine.",
        "Activate this machine with the license key.";
    EnvironmentMismatch = 114, "ENVIRONMENT_MISMATCH",
        "A test token was given to a live app, or a live token to a test build.",
        "Use a token of the same mode as the app.";
    StaleToken = 115, "STALE_TOKEN",
        "A newer token of this license has been seen here.",
        "Refresh to receive the newest token.";
    KeysetRollback = 116, "KEYSET_ROLLBACK",
        "A newer list of signing keys has been seen here.",
        "Refresh to receive the newest keys.";

    Network = 200, "NETWORK",
        "The license server could not be reached, or its reply was not understood.",
        "Check the connection and try again.";
    RateLimited = 201, "RATE_LIMITED",
        "Too many requests in a short time.",
        "Wait a little and try again.";
    MachineLimitExceeded = 202, "MACHINE_LIMIT_EXCEEDED",
        "The license is in use on as many machines as it allows.",
        "Deactivate another machine, or buy more seats.";
    FingerprintRequired = 203, "FINGERPRINT_REQUIRED",
        "This license is bound to machines, and the request named none.",
        "This is an error of the program: tell the vendor.";
    NotFound = 204, "NOT_FOUND",
        "There is no such license.",
        "Check the license key.";
    LicenseKeyMalformed = 205, "LICENSE_KEY_MALFORMED",
        "The license key has a typing error.",
        "Compare the key with the one that was sent, symbol by symbol.";

    StoreUnavailable = 300, "STORE_UNAVAILABLE",
        "What belongs to the license could not be read or written here.",
        "Check the disk and the permissions of the app's folder.";
    InvalidArgument = 301, "INVALID_ARGUMENT",
        "The program called the library with an argument it cannot take.",
        "This is an error of the program: tell the vendor.";
    BufferTooSmall = 302, "BUFFER_TOO_SMALL",
        "The memory that the program offered is too small for the answer.",
        "This is an error of the program: call again with the size that was returned.";
    UnsupportedRuntime = 303, "UNSUPPORTED_RUNTIME",
        "This browser, or the page's security policy, does not let WebAssembly run.",
        "Allow 'wasm-unsafe-eval' in the page's Content-Security-Policy, or use another browser.";
}

impl Code {
    /// Whether the app may be used: [`Code::Valid`] and [`Code::Grace`], no other.
    #[must_use]
    pub const fn usable(self) -> bool {
        matches!(self, Self::Valid | Self::Grace)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == word)
            .ok_or(UnknownCode)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;

        impl de::Visitor<'_> for Word {
            type Value = Code;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a code such as VALID")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Code, E> {
                word.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Word)
    }
}

/// The word is no code that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such code")]
#[non_exhaustive]
pub struct UnknownCode;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_and_numbers_are_unique() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|it| it.as_str()).collect();
        let numbers: BTreeSet<_> = Code::ALL.iter().map(|it| it.number()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert_eq!(numbers.len(), Code::ALL.len());
        assert!(!numbers.contains(&0));
    }

    #[test]
    fn serde_uses_the_word() {
        for code in Code::ALL {
            let text = serde_json::to_string(code).unwrap();
            assert_eq!(text, std::format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&text).unwrap(), *code);
        }
        assert_eq!("valid".parse::<Code>(), Err(UnknownCode));
    }
}
