//! What the vendor builds into the app.

use paidup::blocking::Client;
use serde::Deserialize;

/// What `paidup keys export` prints. An app that is shipped has it as constants; this
/// one reads it from a file, so that it can be tried with any issuer.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "it is an example")]
pub struct Build {
    /// The issuer's name, and where it is.
    pub issuer: String,
    /// The pinned roots.
    #[serde(default)]
    pub roots: Vec<String>,
    /// The pinned signing keys, for an issuer without a root.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Whether it takes test licenses.
    #[serde(default)]
    pub test: bool,
}

/// Makes the app's license client.
///
/// # Errors
/// [`paidup::BuildError`].
pub fn build(with: &Build) -> Result<Client, paidup::BuildError> {
    let mut builder = Client::builder(with.issuer.as_str(), "notes");
    for root in &with.roots {
        builder = builder.root(root);
    }
    for key in &with.keys {
        builder = builder.key(key);
    }
    if with.test {
        builder = builder.test_mode();
    }
    builder.build_blocking()
}
