//! What happened to a license: for an app that wants to tell its user.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use sdk::{Code, Event};
use serde_json::Value;

use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// Something that happened to the license. Its kind is one of
///
///   unlocked           it is usable, and was not before; time: the lease's end
///   renewed            the issuer has confirmed it; time: the lease's new end
///   graceStarted       it still works, until time; reason: canceled, payment_failed
///   suspended          it was suspended; reason as the issuer says, or NULL
///   revoked            it was revoked, or its grace is over; reason as above
///   expired            it has reached its end
///   banned             it was banned
///   locked             it is not usable for another reason, which a contact with the
///                      issuer heals; code says which
///   refreshFailing     the issuer cannot be reached since time; code says how the
///                      last attempt failed. Nothing is locked by that.
///   refreshRecovered   it can be reached again
///   notStored          what belongs to the license could not be written; it works
///                      for as long as the app runs
///
/// and later versions may add others: ignore what you do not know.
pub struct paidup_event {
    kind: CString,
    reason: Option<CString>,
    code: paidup_result,
    time: i64,
    json: CString,
}

impl From<Event> for paidup_event {
    fn from(event: Event) -> Self {
        let value = serde_json::to_value(&event).unwrap_or_default();
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        let code = member("code").and_then(|it| it.parse::<Code>().ok());
        let times = ["leaseEndsAt", "endsAt", "since"];
        let time = times.iter().find_map(|it| value.get(it)?.as_i64());
        Self {
            kind: text::owned(member("kind").unwrap_or_default()),
            reason: member("reason").map(text::owned),
            code: code.map_or(paidup_result::OK, paidup_result::from),
            time: time.unwrap_or_default(),
            json: text::owned(&value.to_string()),
        }
    }
}

/// What kind of event it is. Lives as long as the event. "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_event_kind(event: *const paidup_event) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        // SAFETY: as the header asks.
        let event = unsafe { handle::shared(event) }.ok()?;
        Some(event.kind.as_ptr())
    })
}

/// The reason that was given. Lives as long as the event. NULL where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_event_reason(event: *const paidup_event) -> *const c_char {
    boundary::value(ptr::null(), || {
        // SAFETY: as the header asks.
        let event = unsafe { handle::shared(event) }.ok()?;
        event.reason.as_deref().map(CStr::as_ptr)
    })
}

/// The code that belongs to it; PAIDUP_OK where none does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_event_code(event: *const paidup_event) -> paidup_result {
    boundary::value(paidup_result::OK, || {
        // SAFETY: as the header asks.
        unsafe { handle::shared(event) }.ok().map(|it| it.code)
    })
}

/// The time that belongs to it, in Unix seconds; 0 where none does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_event_time(event: *const paidup_event) -> i64 {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        unsafe { handle::shared(event) }.ok().map(|it| it.time)
    })
}

/// The event as one flat JSON object, for a log or another language. Lives as long as
/// the event. "" for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_event_json(event: *const paidup_event) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        // SAFETY: as the header asks.
        let event = unsafe { handle::shared(event) }.ok()?;
        Some(event.json.as_ptr())
    })
}

/// Frees an event that paidup_client_next_event or paidup_installation_next_event has
/// returned; one that a callback was given is not the caller's to free. NULL is
/// allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_event_free(event: *mut paidup_event) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(event) }
}

#[cfg(test)]
mod tests {
    use sdk::UnixTime;

    use super::*;

    #[test]
    fn an_event_has_what_belongs_to_it() {
        let event = paidup_event::from(Event::RefreshFailing {
            since: UnixTime::from_secs(7),
            code: Code::Network,
        });
        assert_eq!(event.kind.to_str(), Ok("refreshFailing"));
        assert_eq!((event.code, event.time), (Code::Network.into(), 7));
        assert_eq!(event.reason, None);

        let reason = Some(String::from("refunded"));
        let event = paidup_event::from(Event::Revoked { reason });
        assert_eq!(event.kind.to_str(), Ok("revoked"));
        assert_eq!((event.code, event.time), (paidup_result::OK, 0));
        assert_eq!(event.reason.as_deref(), Some(c"refunded"));
    }
}
