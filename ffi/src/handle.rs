//! Pointers into references and back. The one place that makes and frees handles.
//!
//! A handle is a box whose owner is the C program until it gives it back. NULL and
//! what is not aligned are refused; what was freed cannot be told from what was not.

use crate::result::paidup_result;

/// A new handle, for the caller to free.
pub(crate) fn new<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Frees a handle; NULL is none.
///
/// # Safety
///
/// `handle` is NULL or from [`new`], and not used again.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    // SAFETY: as the caller promises.
    drop(unsafe { take(handle) });
}

/// Takes a handle back; NULL is none.
///
/// # Safety
///
/// `handle` is NULL or from [`new`], and not used again.
pub(crate) unsafe fn take<T>(handle: *mut T) -> Option<Box<T>> {
    // SAFETY: as the caller promises.
    (!handle.is_null() && handle.is_aligned()).then(|| unsafe { Box::from_raw(handle) })
}

/// Looks at a handle that others may be looking at too.
///
/// # Safety
///
/// `handle` is NULL or from [`new`], not freed as long as the reference is used, and
/// nobody changes it meanwhile.
pub(crate) unsafe fn shared<'a, T>(handle: *const T) -> Result<&'a T, paidup_result> {
    if handle.is_null() || !handle.is_aligned() {
        return Err(paidup_result::INVALID_ARGUMENT);
    }
    // SAFETY: as the caller promises.
    Ok(unsafe { &*handle })
}

/// Looks at a handle in order to change it.
///
/// # Safety
///
/// As [`shared`], and nobody else uses it meanwhile.
pub(crate) unsafe fn exclusive<'a, T>(handle: *mut T) -> Result<&'a mut T, paidup_result> {
    if handle.is_null() || !handle.is_aligned() {
        return Err(paidup_result::INVALID_ARGUMENT);
    }
    // SAFETY: as the caller promises.
    Ok(unsafe { &mut *handle })
}

/// Writes to where the caller wants it. NULL: it is not wanted.
///
/// # Safety
///
/// `out` is NULL, or to where a `T` may be written.
pub(crate) unsafe fn put<T>(out: *mut T, value: T) {
    if !out.is_null() && out.is_aligned() {
        // SAFETY: as the caller promises. What was there is not dropped: it may never
        // have been anything.
        unsafe { out.write(value) };
    }
}

/// Writes a new handle to where the caller wants it. NULL: it is not wanted.
///
/// # Safety
///
/// As [`put`].
pub(crate) unsafe fn put_new<T>(out: *mut *mut T, value: T) {
    if !out.is_null() && out.is_aligned() {
        // SAFETY: as the caller promises.
        unsafe { out.write(new(value)) };
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_handle_comes_and_goes() {
        let handle = new(String::from("a"));
        // SAFETY: the handle is new and freed at the end.
        unsafe {
            exclusive(handle).unwrap().push('b');
            assert_eq!(shared(handle).unwrap(), "ab");
            free(handle);
        }
    }

    #[test]
    fn no_handle_is_refused_or_nothing() {
        let null = ptr::null_mut::<u64>();
        let odd = ptr::without_provenance_mut::<u64>(7);
        // SAFETY: neither pointer is followed.
        unsafe {
            for it in [null, odd] {
                assert_eq!(shared(it).err(), Some(paidup_result::INVALID_ARGUMENT));
                assert_eq!(exclusive(it).err(), Some(paidup_result::INVALID_ARGUMENT));
                assert!(take(it).is_none());
                free(it);
                put(it, 1);
            }
            put_new(ptr::null_mut(), 1);
        }
    }
}
