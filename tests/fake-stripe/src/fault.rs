//! Faults of the API that a test asks for.

/// What the API does wrong at the moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) unreachable: bool,
    pub(crate) failing: u32,
    pub(crate) status: u16,
}

impl Faults {
    /// The status to fail the next request with, if it is to fail.
    pub(crate) fn next(&mut self) -> Option<u16> {
        if self.unreachable {
            return Some(503);
        }
        self.failing = self.failing.checked_sub(1)?;
        Some(self.status)
    }
}
