//! What an app is built with: whom it trusts, what it is, and on which machine it
//! runs.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::{
    fmt::{self, Write as _},
    str::FromStr,
};

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::{Expected, Keyring, Keyset, PublicKey, Roots, UnknownWord};

/// What an app is built with.
///
/// ```
/// use paidup::{PublicKey, Setup};
///
/// let root = PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?;
/// let setup = Setup::new("https://licenses.example.com", "notes")
///     .root(root)
///     .fingerprint("sha256:BC83NqQw5Cr8mdnF9cNG29Sqr4VgrMBgfAKXNEmsWHU");
/// # let _ = setup;
/// # Ok::<(), paidup::KeyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Setup {
    pub(crate) issuer: String,
    pub(crate) product: String,
    pub(crate) roots: Roots,
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) min_version: u64,
    pub(crate) fingerprint: Option<String>,
    pub(crate) test: bool,
    pub(crate) device: Device,
}

/// How this machine is shown to the one who looks for a seat to free.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Device {
    /// What its user calls it, at most 200 bytes.
    pub name: Option<String>,
    /// What it runs, `linux-x86_64` for instance; at most 200 bytes.
    pub platform: Option<String>,
    /// What kind of machine it is.
    pub class: MachineClass,
}

/// What kind of machine asks for a seat. It decides when a seat that nobody uses
/// becomes free by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum MachineClass {
    /// A computer that stays the same one. It keeps its seat until it is
    /// deactivated.
    #[default]
    Desktop,
    /// A container or virtual machine, whose machine id is often a copy of another's.
    /// Its leases are short, and a seat that is not used for one lease is free.
    Container,
    /// A build machine, which is made anew for each run. As for containers.
    Ci,
    /// A browser, which may forget what it has stored. A seat that is not used for
    /// one lease is free.
    Web,
}

impl MachineClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Desktop, Self::Container, Self::Ci, Self::Web];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Container => "container",
            Self::Ci => "ci",
            Self::Web => "web",
        }
    }
}

impl fmt::Display for MachineClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for MachineClass {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|it| it.as_str() == word)
            .ok_or(UnknownWord)
    }
}

impl Serialize for MachineClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Setup {
    /// An app for one product of one issuer. It trusts nobody yet: pin a root.
    /// `issuer` is what tokens carry as `iss`, byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, product: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self {
            roots: Roots::new(issuer.as_str()),
            issuer,
            product: product.into(),
            keys: Vec::new(),
            min_version: 0,
            fingerprint: None,
            test: false,
            device: Device::default(),
        }
    }

    /// Pins a root, whose keysets say which keys may sign.
    #[must_use]
    pub fn root(self, root: PublicKey) -> Self {
        Self {
            roots: self.roots.pin(root),
            ..self
        }
    }

    /// Pins a signing key directly: for an issuer that has no root.
    #[must_use]
    pub fn key(mut self, key: PublicKey) -> Self {
        self.keys.push(key);
        self
    }

    /// The lowest version of a keyset that is taken over.
    #[must_use]
    pub fn min_version(self, version: u64) -> Self {
        Self {
            min_version: version,
            ..self
        }
    }

    /// Says which machine this is.
    #[must_use]
    pub fn fingerprint(self, fingerprint: impl Into<String>) -> Self {
        Self {
            fingerprint: Some(fingerprint.into()),
            ..self
        }
    }

    /// Says how this machine is called, and of what kind it is.
    #[must_use]
    pub fn device(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// Takes test tokens instead of live ones.
    #[must_use]
    pub fn test_mode(self) -> Self {
        Self { test: true, ..self }
    }

    pub(crate) fn expected(&self) -> Expected {
        let mut expected = Expected::new(self.issuer.as_str(), self.product.as_str());
        if let Some(fingerprint) = &self.fingerprint {
            expected = expected.fingerprint(fingerprint.as_str());
        }
        if self.test {
            expected = expected.test_mode();
        }
        expected
    }

    pub(crate) fn keyring(&self, keyset: Option<&Keyset>) -> Keyring {
        let mut keyring = Keyring::new();
        for key in &self.keys {
            keyring.trust(key.clone());
        }
        if let Some(keyset) = keyset {
            keyring.adopt(keyset);
        }
        keyring
    }

    /// The name under which this app keeps its memory: the product's code, and what
    /// tells apart two vendors with a product of the same code, and a test build from
    /// the app as it is sold. Letters, digits and dashes.
    ///
    /// ```
    /// use paidup::Setup;
    ///
    /// let setup = Setup::new("https://licenses.example.com", "notes");
    /// assert_eq!(setup.storage_name(), "notes-2b43c99d36");
    /// ```
    #[must_use]
    pub fn storage_name(&self) -> String {
        let product = self
            .product
            .chars()
            .map(|it| match it.is_ascii_alphanumeric() {
                true => it,
                false => '-',
            });
        let mode = self.test.to_string();
        let digest = digest(&["paidup storage", &self.issuer, &self.product, &mode]);
        let tail = digest
            .iter()
            .take(5)
            .fold(String::from("-"), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
        product.chain(tail.chars()).collect()
    }

    /// What binds stored state to this app on this machine. Whoever can read the
    /// app can compute it: it keeps editors and accidents out, not attackers.
    pub(crate) fn seal_key(&self) -> [u8; 32] {
        let machine = self.fingerprint.as_deref().unwrap_or_default();
        let mode = self.test.to_string();
        digest(&["paidup state", &self.issuer, &self.product, machine, &mode])
    }
}

/// Each part's length first, so that no two lists read alike.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
