//! The C ABI: so far, the codes and their names.
//!
//! Strings that come from here are static and NUL-terminated; nobody frees them.
//! Every function may be called from any thread.

#![expect(unsafe_code, reason = "a C symbol is exported by an unsafe attribute")]

use std::ffi::{CStr, c_char};

use sdk::Code;

/// The library's version, as `major.minor.patch`.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// Whether an app may be used under this code: 1 or 0. A number that is no code
/// is not usable.
#[unsafe(no_mangle)]
pub extern "C" fn paidup_code_usable(code: i32) -> i32 {
    i32::from(
        Code::ALL
            .iter()
            .any(|it| it.number() == code && it.usable()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_and_grace_are_usable() {
        let usable: Vec<i32> = (-1000..1000)
            .filter(|number| paidup_code_usable(*number) == 1)
            .collect();
        assert_eq!(usable, [Code::Valid.number(), Code::Grace.number()]);
    }

    #[test]
    fn the_version_is_the_crates() {
        // SAFETY: the pointer is to a static string that ends in NUL.
        let version = unsafe { CStr::from_ptr(paidup_version()) };
        assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }
}
