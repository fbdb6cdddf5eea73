//! The client with a real disk and a real socket: hostile files, dead networks,
//! portals. Needs the feature `client`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
#[cfg(unix)]
mod hostile_files;
mod machine;
mod missing;
mod neighbors;
mod network;
mod saving;
mod server;

use paidup::{Client, ClientBuilder, UnixTime};

pub(crate) const KEY: &str = "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_795_417_200);

/// An app of the issuer that [`server`] plays, at that address.
pub(crate) fn app(url: &str) -> ClientBuilder {
    Client::builder(server::ISSUER, "notes")
        .url(url)
        .key(server::public())
        .fingerprint("sha256:this-machine")
        .clock(|| NOW)
}
