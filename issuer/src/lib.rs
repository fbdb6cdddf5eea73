//! The issuer: turns Stripe events into licenses and signs license tokens.
//!
//! From the outside in: [`http`] and [`cli`] are edges, [`app`] is what the
//! issuer does, [`store`] and the signer are what it does it with. Time comes
//! from a [`Clock`], randomness from [`Entropy`], so that tests can hold both.

pub mod app;
mod catalog;
pub mod cli;
mod clock;
#[cfg(feature = "demo")]
mod demo;
mod egress;
mod entropy;
pub mod http;
mod key_file;
mod root;
#[cfg(feature = "demo")]
mod sandbox;
mod serve;
mod settings;
mod signer;
#[cfg(feature = "demo")]
pub mod simulate;
pub mod store;
mod vault;

pub use catalog::{Catalog, CatalogError, Policy, Product, TargetSecret, WebhookTarget};
pub use clock::Clock;
pub use entropy::{Entropy, NoEntropy};
pub use key_file::KeyFileError;
pub use root::{Passphrase, Root, RootError};
pub use serve::{Running, ServeError, serve};
pub use settings::{
    DatabaseUrl, Environment, Flags, Listen, ListenError, Mode, Origin, OriginError,
    PublicUrlError, SecretError, SecretUse, ServerSettings, Settings, SettingsError,
    StripeSettings,
};
pub use signer::Signer;
pub use vault::{Vault, VaultError};
