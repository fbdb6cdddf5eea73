//! How many files and connections this process may have open.

/// What is kept for files, the database and connections to others.
const RESERVED: u64 = 256;
/// What is assumed where the system does not say.
#[cfg(not(unix))]
const ASSUMED: u64 = 8192;

/// Raises the limit of open files as far as the system allows, and returns how many
/// connections of peers fit under it.
#[cfg(unix)]
pub(super) fn raise() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "serve.open_files_not_raised");
            limit.current
        }
    };
    room(current.unwrap_or(u64::MAX))
}

/// How many connections of peers fit under the limit of open files.
#[cfg(not(unix))]
pub(super) fn raise() -> usize {
    room(ASSUMED)
}

fn room(descriptors: u64) -> usize {
    let room = descriptors.saturating_sub(RESERVED.min(descriptors / 2));
    usize::try_from(room).unwrap_or(usize::MAX).max(1)
}
