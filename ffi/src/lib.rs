//! The C ABI: the same verify path and the same client as everywhere, behind opaque
//! handles. `include/paidup.h` is made of this crate's declarations and comments by
//! `cargo run -p paidup-header`, and is what a C programmer reads.
//!
//! One file for each C type. Underneath lie four that make the border: [`boundary`]
//! stops panics, [`handle`] turns pointers into references, [`text`] takes strings in,
//! [`buffer`] gives them out.
//!
//! Nothing here decides anything: what a token or a reply means is the crate
//! `paidup`'s to say, which is called `sdk` here since this library has its name.

#![expect(unsafe_code, reason = "C hands in pointers")]
#![expect(non_camel_case_types, reason = "these are the names in C")]
#![expect(
    clippy::missing_safety_doc,
    reason = "the comments are the header's, whose preamble says what pointers must be"
)]

pub(crate) mod boundary;
pub(crate) mod buffer;
pub(crate) mod handle;
pub(crate) mod text;

// In the order of the header, which the blank lines keep.

pub mod version;

pub mod result;

pub mod error;

pub mod license;

pub mod verifier;

pub mod license_key;

pub mod machines;

pub mod event;

pub mod setup;

#[cfg(feature = "client")]
pub mod client;

pub mod request;

pub mod installation;
