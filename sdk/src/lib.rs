//! Whoever has paid can use the app, online or not: license tokens, checked
//! offline.
//!
//! A license token is a signed text (`TOKEN.md` is its format). [`Token::parse`]
//! takes it apart, [`Keyring::verify`] decides whether to trust it, and the
//! [`License`] that comes out answers what holds at a moment. A token that must
//! not be trusted is an error with a [`Code`]; time is never an error but an
//! answer, a [`Standing`].
//!
//! An app that has a network uses `Client` (feature `client`), which keeps all of this
//! together and fresh. Underneath it is an [`Installation`], which needs no network,
//! no disk and no clock, and which every binding drives.
//!
//! Without the feature `client` the crate reads no clock, does no I/O and needs an
//! allocator, not the standard library. It cannot panic and contains no unsafe code.
//!
//! ```
//! use ed25519_dalek::{Signer, SigningKey};
//! use paidup::{Algorithm, Claims, Expected, Keyring, PublicKey, Seen, Standing, Token, UnixTime};
//!
//! // The issuer's side. Its secret key stays with it; this crate only says
//! // what to sign.
//! let secret = SigningKey::from_bytes(&[7; 32]);
//! let public = PublicKey::from_bytes(&secret.verifying_key().to_bytes())?;
//! let issued_at = UnixTime::from_secs(1_795_417_200);
//! let mut claims = Claims::new("https://licenses.example.com", "notes", issued_at);
//! claims.sub = "lic_1".into();
//! claims.jti = "tok_1".into();
//! claims.exp = issued_at.plus(14 * 86_400);
//! claims.entitlements = vec!["export".into()];
//! claims.policy.id = "pol_growth".into();
//! claims.policy.name = "growth_policy".into();
//! let token = claims.seal(&public.key_id(), Algorithm::EdDsa, |bytes| {
//!     secret.sign(bytes).to_bytes()
//! })?;
//!
//! // The app's side.
//! let mut keyring = Keyring::new();
//! keyring.trust(public);
//! let expected = Expected::new("https://licenses.example.com", "notes");
//! let license = keyring.verify(Token::parse(&token)?, &expected, &Seen::default())?;
//!
//! let now = issued_at.plus(60);
//! assert_eq!(license.standing(now), Standing::Valid);
//! assert!(license.allows("export", now));
//! assert!(!license.allows("teleport", now));
//! assert_eq!(license.standing(claims.exp), Standing::RefreshRequired);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(any(test, feature = "client"))]
extern crate std;

mod base64url;
mod check;
mod claims;
#[cfg(feature = "client")]
mod client;
mod code;
mod error;
mod expected;
mod explain;
mod header;
mod installation;
mod json;
mod jws;
mod key;
mod keyring;
mod keyset;
mod license;
mod license_file;
mod license_key;
mod reader;
mod roots;
mod seen;
mod setup;
mod signature;
mod standing;
mod time;
mod token;

pub use check::Check;
pub use claims::{
    Claims, ClaimsError, Grace, GraceReason, PolicyRef, SealError, Status, UnknownWord,
};
#[cfg(feature = "client")]
pub use client::{
    BuildError, Client, ClientBuilder, FileStore, Loaded, Machine, MemoryStore, NoMachineId, Store,
    blocking,
};
pub use code::{Code, UnknownCode};
pub use error::{HeaderMember, VerifyError};
pub use expected::Expected;
pub use explain::{CheckResult, Explanation, LicenseSummary};
pub use header::Algorithm;
pub use installation::{
    Answer, ClientError, Event, Installation, MachineInfo, Method, NetworkError, Nonce,
    OfflineAction, OfflineRequest, OfflineRequestError, Poll, Received, Reply, Request, Unsaved,
};
pub use json::JsonError;
pub use key::{KeyError, KeyId, PublicKey};
pub use keyring::{Keyring, SigningKey};
pub use keyset::{Keyset, KeysetError, KeysetKey, Revocation, Role, Sunset};
pub use license::License;
pub use license_file::{LicenseFile, LicenseFileError};
pub use license_key::{LicenseKey, LicenseKeyError};
pub use roots::{Held, Roots};
pub use seen::Seen;
pub use setup::{Device, MachineClass, Setup};
pub use standing::Standing;
pub use time::UnixTime;
pub use token::{Token, Unverified};
