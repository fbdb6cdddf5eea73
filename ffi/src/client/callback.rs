//! Knows whether this thread is within a callback, where nothing may wait: the client's
//! thread would wait for itself.

use std::cell::Cell;

use crate::error::paidup_error;

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Calls back.
pub(super) fn within(call: impl FnOnce()) {
    let outer = WITHIN.replace(true);
    call();
    WITHIN.set(outer);
}

/// Refuses what waits, within a callback.
pub(super) fn refuse_to_wait() -> Result<(), paidup_error> {
    match WITHIN.get() {
        false => Ok(()),
        true => Err(paidup_error::misuse(
            "what waits for the issuer was called from within an event's callback",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_callback_refuses_to_wait() {
        assert!(refuse_to_wait().is_ok());
        within(|| {
            within(|| ());
            assert!(refuse_to_wait().is_err());
        });
        assert!(refuse_to_wait().is_ok());
    }
}
