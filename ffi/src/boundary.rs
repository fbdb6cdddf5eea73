//! No panic crosses into C. Every exported function does its work in here.
//!
//! The library is written so that it cannot panic. Should it do so all the same, the
//! caller gets `PAIDUP_INTERNAL`, or what the function returns for nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::paidup_error;
use crate::handle;
use crate::result::paidup_result;

/// For a function that returns a result.
pub(crate) fn result(body: impl FnOnce() -> Result<paidup_result, paidup_result>) -> paidup_result {
    caught(body)
        .unwrap_or(Err(paidup_result::INTERNAL))
        .unwrap_or_else(|refusal| refusal)
}

/// For a function that also says in words why it refused.
///
/// # Safety
///
/// `error` is NULL, or to where a pointer may be written.
pub(crate) unsafe fn told(
    error: *mut *mut paidup_error,
    body: impl FnOnce() -> Result<paidup_result, paidup_error>,
) -> paidup_result {
    let told = caught(|| {
        // SAFETY: as the caller promises.
        unsafe { handle::put(error, std::ptr::null_mut()) };
        let refusal = match body() {
            Ok(answer) => return answer,
            Err(refusal) => refusal,
        };
        let code = refusal.code();
        // SAFETY: as the caller promises.
        unsafe { handle::put_new(error, refusal) };
        code
    });
    told.unwrap_or(paidup_result::INTERNAL)
}

/// For a function that returns something else: `nothing` where there is none.
pub(crate) fn value<T>(nothing: T, body: impl FnOnce() -> Option<T>) -> T {
    caught(body).flatten().unwrap_or(nothing)
}

/// For a function that frees.
///
/// # Safety
///
/// As [`handle::free`].
pub(crate) unsafe fn free<T>(handle: *mut T) {
    // SAFETY: as the caller promises.
    let _ = caught(|| unsafe { handle::free(handle) });
}

fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(body)).ok()
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_panic_becomes_an_answer() {
        let mut error = ptr::null_mut();
        assert_eq!(result(|| panic!("on purpose")), paidup_result::INTERNAL);
        assert_eq!(value(-1, || panic!("on purpose")), -1);
        // SAFETY: the pointer is to a variable.
        let told = unsafe { told(&raw mut error, || panic!("on purpose")) };
        assert_eq!((told, error), (paidup_result::INTERNAL, ptr::null_mut()));
    }
}
