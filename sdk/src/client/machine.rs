//! Which machine this is: the system's own id, hashed here with the product's code,
//! so that it leaves the machine as a number that means nothing elsewhere.

use alloc::{format, string::String};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::{MachineClass, base64url};

/// This machine, as far as licensing is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Machine {
    /// `sha256:` and 43 characters: the system's id and the product, hashed.
    pub fingerprint: String,
    /// What kind of machine it is.
    pub class: MachineClass,
}

/// The system does not say which machine it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system has no machine id")]
pub struct NoMachineId;

impl Machine {
    /// Asks the system: `/etc/machine-id` on Linux, `MachineGuid` on Windows, the
    /// host's UUID on macOS. In a container, whose machine id is often its image's,
    /// the host name counts too: it is the container's own. No variable of the
    /// environment changes which machine this is.
    ///
    /// # Errors
    ///
    /// [`NoMachineId`] where it has none, or one that means nothing.
    pub fn of_system(product: &str) -> Result<Self, NoMachineId> {
        let class = class();
        let id = machine_uid::get().map_err(|_| NoMachineId)?;
        let means_something =
            id.len() >= 8 && id.chars().any(|it| it.is_alphanumeric() && it != '0');
        if !means_something || id == "uninitialized" {
            return Err(NoMachineId);
        }
        let host = match is_container() {
            true => hostname().unwrap_or_default(),
            false => String::new(),
        };
        let fingerprint = fingerprint(product, &[&id, &host]);
        Ok(Self { fingerprint, class })
    }
}

/// One way, and another value for each product: no two vendors can compare.
pub(super) fn fingerprint(product: &str, parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in ["paidup machine", product].iter().chain(parts) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(part);
    }
    format!("sha256:{}", base64url::encode(&hasher.finalize()))
}

/// What the machine gives itself away as.
fn class() -> MachineClass {
    if says("CI") || says("GITHUB_ACTIONS") || says("TF_BUILD") || says("JENKINS_URL") {
        return MachineClass::Ci;
    }
    match is_container() {
        true => MachineClass::Container,
        false => MachineClass::Desktop,
    }
}

/// Docker, Podman, Kubernetes and systemd each leave a mark.
fn is_container() -> bool {
    let marks = [
        "/.dockerenv",
        "/run/.containerenv",
        "/run/secrets/kubernetes.io",
        "/run/systemd/container",
    ];
    marks.iter().any(|it| Path::new(it).exists())
}

#[expect(
    clippy::disallowed_methods,
    reason = "build machines say in the environment what they are"
)]
fn says(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|it| !it.is_empty() && it != "false" && it != "0")
}

#[cfg(unix)]
pub(super) fn hostname() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "Windows names the machine there")]
pub(super) fn hostname() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}
