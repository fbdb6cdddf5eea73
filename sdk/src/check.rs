//! The checks a token passes, in the order in which it meets them.

use core::fmt;

use serde::{Serialize, Serializer};

macro_rules! checks {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal;)+) => {
        /// One check of a token. The order of the variants is the order in which
        /// they are made; each presumes that all before it have passed.
        ///
        /// ```
        /// use paidup::Check;
        ///
        /// assert!(Check::Signature < Check::Payload);
        /// assert_eq!(Check::KeyPeriod.name(), "key_period");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])+ $variant,)+
        }

        impl Check {
            /// Every check, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The check's name, which does not change.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

checks! {
    /// At most 16 KiB.
    Size = "size";
    /// The characters of base64url, and exactly two dots.
    Structure = "structure";
    /// Base64url without padding and with zero unused bits.
    Encoding = "encoding";
    /// The header is one JSON object of at most 512 bytes.
    Header = "header";
    /// `alg` names Ed25519.
    Algorithm = "algorithm";
    /// The header has no other members.
    HeaderMembers = "header_members";
    /// `typ` is that of a license token.
    Type = "type";
    /// `kid` is a key id.
    KeyId = "key_id";
    /// The key is known, not revoked, and allowed for this role and product.
    Key = "key";
    /// The signature fits.
    Signature = "signature";
    /// The payload is one JSON object, strictly read.
    Payload = "payload";
    /// `v` is 1.
    Version = "version";
    /// The claims follow the rules of the format.
    Claims = "claims";
    /// `iat` is within the time in which the key may sign.
    KeyPeriod = "key_period";
    /// `iss` is the pinned issuer.
    Issuer = "issuer";
    /// `aud` is this product.
    Product = "product";
    /// `test` fits the build.
    Environment = "environment";
    /// `fingerprint` is this machine's, or absent.
    Fingerprint = "fingerprint";
    /// No newer token of the license has been seen.
    Sequence = "sequence";
    /// The clock is neither behind what was seen nor before the token's
    /// beginning. Part of a [`Standing`](crate::Standing), never an error.
    Clock = "clock";
    /// What the claims say at this moment. Part of a
    /// [`Standing`](crate::Standing), never an error.
    Standing = "standing";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
