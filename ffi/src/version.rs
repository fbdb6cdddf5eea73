//! Which version this is, so that a program can tell whether the library that it
//! found is the one that it was compiled for.

use std::ffi::{CStr, c_char};

/// The version of the library that is running, such as "0.1.0". Compare it with
/// PAIDUP_VERSION, that of the header: before 1.0 both must begin with the same two
/// numbers, from then on with the same one.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_crates() {
        // SAFETY: the pointer is to a static string that ends in NUL.
        let version = unsafe { CStr::from_ptr(paidup_version()) };
        assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }
}
