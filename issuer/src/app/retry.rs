//! The one place that repeats a transaction which conflicted with another.

use backon::Retryable;

use super::{IssueError, KeysetChangeError, MEETING, OrderError};
use crate::store::StoreError;

/// An error that may be a conflict between two transactions.
pub(super) trait MayConflict {
    /// Whether another transaction was faster, so that a repetition may succeed.
    fn is_conflict(&self) -> bool;
}

/// Runs an attempt, a whole transaction, and again while it conflicts with another one.
pub(super) async fn again<T, E, Attempt>(attempt: impl FnMut() -> Attempt) -> Result<T, E>
where
    E: MayConflict,
    Attempt: Future<Output = Result<T, E>>,
{
    attempt.retry(MEETING).when(E::is_conflict).await
}

impl MayConflict for StoreError {
    fn is_conflict(&self) -> bool {
        self.is_conflict()
    }
}

macro_rules! by_its_store_error {
    ($($error:ident),+) => {$(
        impl MayConflict for $error {
            fn is_conflict(&self) -> bool {
                matches!(self, Self::Store(error) if error.is_conflict())
            }
        }
    )+};
}

by_its_store_error!(IssueError, KeysetChangeError, OrderError);
