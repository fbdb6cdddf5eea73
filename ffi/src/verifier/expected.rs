//! What a token must be besides well signed: for this machine, of this mode, no older
//! than what was seen.

use std::ffi::c_char;

use sdk::{Seen, UnixTime};

use super::paidup_verifier;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// Says which machine this is, in 1 to 256 bytes. Tokens that are bound to a machine are
/// taken if it is this one; without this, none of them is.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_fingerprint(
    verifier: *mut paidup_verifier,
    fingerprint: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        // SAFETY: as the header asks.
        let fingerprint = unsafe { text::name(fingerprint, text::MOST_FINGERPRINT) }?;
        verifier.expected = verifier.expected.clone().fingerprint(fingerprint);
        Ok(paidup_result::OK)
    })
}

/// Takes tokens whatever machine they are bound to: for a server that looks at its
/// customers' tokens, and wrong for an app.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_any_machine(
    verifier: *mut paidup_verifier,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        verifier.expected = verifier.expected.clone().any_machine();
        Ok(paidup_result::OK)
    })
}

/// Takes test tokens instead of live ones: for a test build.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_test_mode(
    verifier: *mut paidup_verifier,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        verifier.expected = verifier.expected.clone().test_mode();
        Ok(paidup_result::OK)
    })
}

/// Says which was the newest token of the license that was seen here, so that an older
/// one is refused: PAIDUP_STALE_TOKEN. The three are those of paidup_license_seq,
/// paidup_license_issued_at and paidup_license_key_id, which a program that keeps one
/// license writes down beside it. key_id may be NULL where it is not known.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where key_id is no key's id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_seen_token(
    verifier: *mut paidup_verifier,
    seq: u64,
    issued_at: i64,
    key_id: *const c_char,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        let key_id = match key_id.is_null() {
            true => None,
            // SAFETY: as the header asks.
            false => Some(unsafe { text::terminated(key_id) }?.parse()),
        };
        verifier.seen = Seen {
            seq: Some(seq),
            issued_at: Some(UnixTime::from_secs(issued_at)),
            key_id: key_id
                .transpose()
                .map_err(|_| paidup_result::INVALID_ARGUMENT)?,
            ..verifier.seen
        };
        Ok(paidup_result::OK)
    })
}

/// Says which was the latest time that was seen here. Where the clock is more than an
/// hour behind it, a license that is verified from now on is PAIDUP_CLOCK_ROLLBACK.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_verifier_set_seen_time(
    verifier: *mut paidup_verifier,
    time: i64,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let verifier = unsafe { handle::exclusive(verifier) }?;
        verifier.seen.time = Some(UnixTime::from_secs(time));
        Ok(paidup_result::OK)
    })
}
