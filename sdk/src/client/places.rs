//! Where a user's files belong on each platform.
//!
//! The user's own folder comes first, as the system knows it and not as the
//! environment says: an app that is started from another terminal, or with a variable
//! set, must find its license again.

use std::path::PathBuf;

use directories::BaseDirs;

/// Folders for application data, in the order in which they are tried.
pub(super) fn data() -> impl Iterator<Item = PathBuf> {
    let by_environment = BaseDirs::new().map(|it| it.data_dir().to_path_buf());
    let own = own(OWN_DATA).or_else(|| by_environment.clone());
    [own, by_environment].into_iter().flatten()
}

/// Folders for what is remembered besides, in the order in which they are tried. They
/// are others than those for data.
pub(super) fn state() -> impl Iterator<Item = PathBuf> {
    let by_environment = BaseDirs::new().map(|it| {
        let state = it.state_dir().unwrap_or(it.data_local_dir());
        match state == it.data_dir() {
            true => it.preference_dir().to_path_buf(),
            false => state.to_path_buf(),
        }
    });
    let own = own(OWN_STATE).or_else(|| by_environment.clone());
    [own, by_environment].into_iter().flatten()
}

#[cfg(target_vendor = "apple")]
const OWN_DATA: &str = "Library/Application Support";
#[cfg(target_vendor = "apple")]
const OWN_STATE: &str = "Library/Preferences";
#[cfg(not(target_vendor = "apple"))]
const OWN_DATA: &str = ".local/share";
#[cfg(not(target_vendor = "apple"))]
const OWN_STATE: &str = ".local/state";

/// A folder in the home that the user database names.
#[cfg(unix)]
fn own(folder: &str) -> Option<PathBuf> {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok()??;
    Some(user.dir.join(folder))
}

/// Windows asks the system in the first place.
#[cfg(not(unix))]
fn own(_: &str) -> Option<PathBuf> {
    None
}
