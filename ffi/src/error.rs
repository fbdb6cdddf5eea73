//! Why something was not done, in words: for the one who typed a key, or who waits for
//! a network.

use std::ffi::{CString, c_char};
use std::ptr;

#[cfg(feature = "client")]
use sdk::BuildError;
use sdk::{ClientError, Code, LicenseKeyError};

use crate::machines::paidup_machines;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// Why something was not done, in words for a human.
///
/// A function with a parameter "error" sets it to NULL when it has done what it was
/// asked, and else to a new paidup_error: show it, then free it. Whoever is content
/// with the code passes NULL.
pub struct paidup_error {
    code: paidup_result,
    message: CString,
    next_step: CString,
    machines: Option<paidup_machines>,
}

/// The code, the same as the function returned. PAIDUP_OK for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_error_code(error: *const paidup_error) -> paidup_result {
    boundary::value(paidup_result::OK, || {
        // SAFETY: as the header asks.
        unsafe { handle::shared(error) }
            .ok()
            .map(paidup_error::code)
    })
}

/// What happened, as one English sentence that begins with a small letter and has no full
/// stop, to stand behind a colon. It knows more than paidup_result_meaning: which machines
/// have the seats, what is wrong with the key, what the network said. Lives as long as the
/// error. "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_error_message(error: *const paidup_error) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        // SAFETY: as the header asks.
        let error = unsafe { handle::shared(error) }.ok()?;
        Some(error.message.as_ptr())
    })
}

/// The way out, as one English sentence. Lives as long as the error. "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_error_next_step(error: *const paidup_error) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        // SAFETY: as the header asks.
        let error = unsafe { handle::shared(error) }.ok()?;
        Some(error.next_step.as_ptr())
    })
}

/// Under PAIDUP_MACHINE_LIMIT_EXCEEDED the machines that have the seats: free one of
/// them and activate again. NULL under every other code. It belongs to the error: it
/// lives as long, and is not to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_error_machines(
    error: *const paidup_error,
) -> *const paidup_machines {
    boundary::value(ptr::null(), || {
        // SAFETY: as the header asks.
        let error = unsafe { handle::shared(error) }.ok()?;
        error.machines.as_ref().map(ptr::from_ref)
    })
}

/// Frees an error. NULL is allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_error_free(error: *mut paidup_error) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(error) }
}

impl paidup_error {
    pub(crate) fn code(&self) -> paidup_result {
        self.code
    }

    /// The program has done something that it must not.
    #[cfg(feature = "client")]
    pub(crate) fn misuse(message: &str) -> Self {
        Self {
            message: text::owned(message),
            ..paidup_result::INVALID_ARGUMENT.into()
        }
    }
}

impl From<paidup_result> for paidup_error {
    fn from(code: paidup_result) -> Self {
        let (meaning, next_step) = code.sentences();
        let mut letters = meaning.trim_end_matches('.').chars();
        let first = letters.next().map(|it| it.to_ascii_lowercase());
        let message: String = first.into_iter().chain(letters).collect();
        Self {
            code,
            message: text::owned(&message),
            next_step: text::owned(next_step),
            machines: None,
        }
    }
}

impl From<Code> for paidup_error {
    fn from(code: Code) -> Self {
        paidup_result::from(code).into()
    }
}

impl From<ClientError> for paidup_error {
    fn from(error: ClientError) -> Self {
        let message = text::owned(&error.to_string());
        let next_step = text::owned(error.next_step());
        let code = error.code().into();
        let machines = match error {
            ClientError::MachineLimit { machines, .. } => Some(machines.into()),
            _ => None,
        };
        Self {
            code,
            message,
            next_step,
            machines,
        }
    }
}

impl From<LicenseKeyError> for paidup_error {
    fn from(error: LicenseKeyError) -> Self {
        ClientError::from(error).into()
    }
}

#[cfg(feature = "client")]
impl From<BuildError> for paidup_error {
    fn from(error: BuildError) -> Self {
        Self {
            message: text::owned(&error.to_string()),
            ..paidup_result::INVALID_ARGUMENT.into()
        }
    }
}
