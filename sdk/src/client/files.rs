//! Two files, each replaced as a whole. What stands in their place and is no file of
//! ours is left alone and read for nothing.

use alloc::{boxed::Box, vec, vec::Vec};
use core::any::Any;
use core::time::Duration;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

use zeroize::Zeroizing;

use super::{Loaded, Store, places};
use crate::{Installation, Setup, Unsaved};

/// Writing takes milliseconds. Whoever holds the lock longer is stopped, or no friend.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Keeps an installation's memory in files of the user's.
///
/// They are written to the first folder that takes them: the user's own, which no
/// environment variable can move, and after it the one that the environment names,
/// where the first cannot be written. They are read from where they were written last.
#[derive(Debug, Clone)]
pub struct FileStore {
    states: Vec<PathBuf>,
    witnesses: Vec<PathBuf>,
}

impl FileStore {
    /// In the platform's application data folder, under [`Setup::storage_name`].
    #[must_use]
    pub fn of_user(setup: &Setup) -> Self {
        let name = setup.storage_name();
        let file = |folder: PathBuf, file: &str| folder.join("paidup").join(&name).join(file);
        Self {
            states: places::data().map(|it| file(it, "license")).collect(),
            witnesses: places::state().map(|it| file(it, "seen")).collect(),
        }
    }

    /// In folders of the app's choice. They should be two: a copy that is put back
    /// into one of them then shows.
    #[must_use]
    pub fn in_folders(state: &Path, witness: &Path) -> Self {
        Self {
            states: vec![state.join("license")],
            witnesses: vec![witness.join("seen")],
        }
    }

    /// Where the license is, or would be.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        newest_first(&self.states).first().copied()
    }
}

impl Store for FileStore {
    fn load(&self) -> Loaded {
        let newest = |paths| newest_first(paths).into_iter().find_map(|it| read(it).ok());
        Loaded {
            state: newest(&self.states),
            witness: newest(&self.witnesses),
        }
    }

    fn save(&self, unsaved: &Unsaved) -> io::Result<()> {
        // The state first: it knows all that the witness does. The other way round, where
        // the state's disk is full, the witness would testify against what is there.
        write_first(&self.states, unsaved.state.as_bytes())?;
        let _ = write_first(&self.witnesses, unsaved.witness.as_bytes());
        Ok(())
    }

    fn lock(&self) -> Box<dyn Any> {
        Box::new(self.states.iter().find_map(|it| lock_beside(it).ok()))
    }
}

/// The system lets go of the lock with the file, even where the process is killed.
fn lock_beside(path: &Path) -> io::Result<File> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = without_waiting(&mut options).open(folder.join(".lock"))?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if waited < LONGEST_WAIT => {
                thread::sleep(LOOK_AGAIN);
                waited = waited.saturating_add(LOOK_AGAIN);
            }
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) | Ok(()) => return Ok(file),
        }
    }
}

/// A pipe in a file's place must not hold up the app.
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, nix::fcntl::OFlag::O_NONBLOCK.bits());
    options
}

/// Where a folder has become read-only, what it holds is older than what was written
/// elsewhere since.
fn newest_first(paths: &[PathBuf]) -> Vec<&Path> {
    let mut paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let written = |it: &&Path| fs::metadata(it).and_then(|it| it.modified()).ok();
    paths.sort_by_key(|it| core::cmp::Reverse(written(it)));
    paths
}

fn write_first(paths: &[PathBuf], bytes: &[u8]) -> io::Result<()> {
    let mut outcome = Err(io::Error::other("there is no folder to write to"));
    for (n, path) in paths.iter().enumerate() {
        outcome = write(path, bytes);
        if outcome.is_ok() {
            // What an earlier folder still holds must not be read instead.
            for stale in paths.iter().take(n) {
                let _ = fs::remove_file(stale);
            }
            break;
        }
    }
    outcome
}

/// Beside the file, to the disk, and then in its place: a crash leaves the old one or
/// the new one.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::Builder::new()
        .prefix(".license")
        .tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = without_waiting(OpenOptions::new().read(true)).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let more_than_any = u64::try_from(Installation::MAX_BYTES).unwrap_or(u64::MAX);
    file.take(more_than_any.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
