//! Which machine this is, for programs that must know it before there is a client.

use std::ffi::c_char;

use sdk::{Code, Machine};

use crate::buffer::Buffer;
use crate::result::paidup_result;
use crate::{boundary, text};

/// Which machine this is, as a paidup_client knows it where none is set: for a help desk,
/// or "paidup licenses checkout --fingerprint". It is the system's id and the product's
/// code, hashed, and means nothing elsewhere. Into the caller's buffer.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT;
/// PAIDUP_STORE_UNAVAILABLE where the system has no machine id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_fingerprint(
    product: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let product = unsafe { text::name(product, text::MOST_PRODUCT) }?;
        let machine = Machine::of_system(product);
        let machine = machine.map_err(|_| Code::StoreUnavailable)?;
        buffer.write(&machine.fingerprint)
    })
}
