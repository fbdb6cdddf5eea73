//! What the host writes down for an installation, and reads again at the next start.

use std::ffi::{c_char, c_int};
use std::ptr;

use sdk::{Installation, Unsaved};

use super::paidup_installation;
use crate::result::paidup_result;
use crate::text::{self, Secret};
use crate::{boundary, handle};

/// Two texts to write down, each to a place of its own and each as a whole: a file that is
/// written beside the old one and then renamed over it.
pub struct paidup_unsaved {
    state: Secret,
    witness: Secret,
}

impl From<Unsaved> for paidup_unsaved {
    fn from(unsaved: Unsaved) -> Self {
        Self {
            state: Secret::new(&unsaved.state),
            witness: Secret::new(&unsaved.witness),
        }
    }
}

/// Takes what is to be written down; NULL where there is nothing. Say afterwards how that
/// went, with paidup_installation_saved. Free it with paidup_unsaved_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_unsaved(
    installation: *mut paidup_installation,
) -> *mut paidup_unsaved {
    boundary::value(ptr::null_mut(), || {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }.ok()?;
        Some(handle::new(it.installation.unsaved()?.into()))
    })
}

/// Everything, the license key included: a secret, for a file that only its user reads.
/// Lives as long as its paidup_unsaved. "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_unsaved_state(unsaved: *const paidup_unsaved) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        // SAFETY: as the header asks.
        unsafe { handle::shared(unsaved) }
            .ok()
            .map(|it| it.state.as_ptr())
    })
}

/// What a second place remembers, so that putting back an older first one shows. Lives as
/// long as its paidup_unsaved. "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_unsaved_witness(unsaved: *const paidup_unsaved) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        // SAFETY: as the header asks.
        unsafe { handle::shared(unsaved) }
            .ok()
            .map(|it| it.witness.as_ptr())
    })
}

/// Wipes and frees. NULL is allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_unsaved_free(unsaved: *mut paidup_unsaved) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(unsaved) }
}

/// Says how the writing went: written is not 0 where both texts are in their places. Where
/// they are not, the license works for as long as the program runs, an event says so, and
/// there is something to write down again.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_saved(
    installation: *mut paidup_installation,
    written: c_int,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        match written {
            0 => it.installation.not_saved(),
            _ => it.installation.saved(),
        }
        Ok(paidup_result::OK)
    })
}

/// Looks again at what was written down, where another process of the same app may have
/// been in contact since. Whoever was later is right. Before a request, and before
/// writing.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_installation_reload(
    installation: *mut paidup_installation,
    state: *const c_char,
    state_length: usize,
    witness: *const c_char,
    witness_length: usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let it = unsafe { handle::exclusive(installation) }?;
        // SAFETY: as the header asks.
        let state = unsafe { stored(state, state_length) }?;
        // SAFETY: as the header asks.
        let witness = unsafe { stored(witness, witness_length) }?;
        it.installation.reload(state, witness);
        Ok(paidup_result::OK)
    })
}

/// What a place holds. What is larger than any place is not ours.
///
/// # Safety
///
/// As [`text::bytes`].
pub(super) unsafe fn stored<'a>(
    data: *const c_char,
    length: usize,
) -> Result<Option<&'a [u8]>, paidup_result> {
    if length > Installation::MAX_BYTES {
        return Ok(None);
    }
    // SAFETY: as the caller promises.
    let bytes = unsafe { text::bytes(data, length, Installation::MAX_BYTES) }?;
    Ok((!bytes.is_empty()).then_some(bytes))
}
