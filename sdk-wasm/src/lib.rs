//! What JavaScript needs of the core, and nothing that JavaScript does itself: each
//! type here is a thin shell around one of the crate `paidup`.
//!
//! It is not meant to be called by apps. The npm package `paidup` (`js/`) puts names,
//! types, errors, a network, a store and a clock around it. Times are Unix seconds as
//! numbers, structures are JSON texts, and what is thrown is the JSON text of a
//! [`Refusal`].

#![no_std]

extern crate alloc;

mod installation;
mod license;
mod moment;
mod refusal;
mod setup;
mod verifier;

pub use installation::{Installation, Request};
pub use license::License;
pub use refusal::Refusal;
pub use setup::Setup;
pub use verifier::Verifier;
