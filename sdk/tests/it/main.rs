//! The token format against its vectors, its laws and its attackers.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod attacks;
mod cases;
mod explain;
mod fixture;
mod installation;
mod keysets;
mod laws;
mod license_files;
mod license_keys;
mod standing;
