//! A request that the host carries to the issuer.

use std::ffi::{CString, c_char};
use std::ptr;

use sdk::Request;

use crate::text::{self, Secret};
use crate::{boundary, handle};

/// A request of a paidup_installation's, for the host to send: to the issuer's address
/// with the path behind it, over https, without following redirects. It holds secrets.
pub struct paidup_request {
    pub(crate) request: Request,
    method: CString,
    path: CString,
    authorization: Option<Secret>,
    body: Option<Secret>,
}

impl From<Request> for paidup_request {
    fn from(request: Request) -> Self {
        Self {
            method: text::owned(request.method.as_str()),
            path: text::owned(&request.path),
            authorization: request.authorization.as_deref().map(|it| Secret::new(it)),
            body: request.body.as_deref().map(|it| Secret::new(it)),
            request,
        }
    }
}

/// "GET", "POST" or "DELETE". Lives as long as the request, as do all its texts. "" for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_request_method(request: *const paidup_request) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(request, c"".as_ptr(), |it| Some(it.method.as_ptr())) }
}

/// What stands behind the issuer's address: "/api/v1/…". "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_request_path(request: *const paidup_request) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(request, c"".as_ptr(), |it| Some(it.path.as_ptr())) }
}

/// The value of the header "authorization". NULL where there is none. A secret.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_request_authorization(
    request: *const paidup_request,
) -> *const c_char {
    let authorization = |it: &paidup_request| it.authorization.as_ref().map(Secret::as_ptr);
    // SAFETY: as the header asks.
    unsafe { field(request, ptr::null(), authorization) }
}

/// The body, with the header "content-type: application/json". NULL where there is none.
/// A secret.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_request_body(request: *const paidup_request) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe {
        field(request, ptr::null(), |it| {
            it.body.as_ref().map(Secret::as_ptr)
        })
    }
}

/// Frees a request that is not sent after all. One that was given to
/// paidup_installation_receive or paidup_installation_failed is freed by that. NULL is
/// allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_request_free(request: *mut paidup_request) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(request) }
}

/// # Safety
///
/// As [`handle::shared`].
unsafe fn field(
    request: *const paidup_request,
    nothing: *const c_char,
    field: impl FnOnce(&paidup_request) -> Option<*const c_char>,
) -> *const c_char {
    boundary::value(nothing, || {
        // SAFETY: as the caller promises.
        field(unsafe { handle::shared(request) }.ok()?)
    })
}
