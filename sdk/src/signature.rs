//! Accepts a signature exactly when `ed25519-dalek`'s `verify_strict` does, and
//! does not pay for what is known beforehand.
//!
//! For a key `A`, a signature `(R, s)` and the challenge `k`, `verify_strict`
//! asks that `s` is reduced, that `R` decodes, that neither `R` nor `A` is of
//! small order, and that the encoding of `sB − kA` equals `R` byte by byte. The
//! plain `verify` asks for the first and the last alone. What is left:
//!
//! - `A` was checked when the [`PublicKey`] was loaded.
//! - An encoder writes canonical encodings only, so an `R` that equals its
//!   output is canonical, and therefore decodes: the costly decoding of `R`
//!   cannot change the answer.
//! - A point of small order has one canonical encoding, and there are eight such
//!   points. So "`R` is not of small order" is a comparison with eight
//!   constants.
//!
//! Both are cofactorless, as RFC 8032 §5.1.7 permits: the stricter of the two
//! equations.

use ed25519_dalek::{Signature, Verifier as _};

use crate::PublicKey;

/// The canonical encodings of the eight points of small order: order 1, 2, 4
/// (two points) and 8 (four points).
pub(crate) const SMALL_ORDER: [[u8; 32]; 8] = [
    *b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
       \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
       \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
       \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x85",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
       \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
       \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\xfa",
];

/// Whether `key` signed `message`.
pub(crate) fn fits(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    !SMALL_ORDER.contains(signature.r_bytes()) && key.point().verify(message, &signature).is_ok()
}

#[cfg(test)]
mod tests;
