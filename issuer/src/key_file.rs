//! Files that hold a key: written once, for their owner only, and refused where
//! anybody else could read them.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::entropy::NoEntropy;

const MAX_BYTES: u64 = 16 * 1024;

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It is gone, and a new key would orphan what the old one made.
    #[error(
        "the key file {} is missing. The database already knows this key, so no new one is made; \
         restore the file from your backup", .0.display()
    )]
    Missing(PathBuf),
    /// Others can read it.
    #[error("the key file {} can be read by others; run: chmod 600 {}", .0.display(), .0.display())]
    Exposed(PathBuf),
    /// Its content is not a key.
    #[error("the key file {} does not hold {expected}", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// It cannot be read or written.
    #[error("the key file {} cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// No random bytes to make a key of.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Reads the file; where it does not exist and `create` allows, writes what
/// `make` makes, with mode 0600, and never over a file that came in between.
pub(crate) fn read_or_create(
    path: &Path,
    create: bool,
    make: impl FnOnce() -> Result<Zeroizing<String>, NoEntropy>,
) -> Result<Zeroizing<String>, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
        Ok(Some(text)) => return Ok(text),
        Ok(None) => return Err(KeyFileError::Exposed(path.to_owned())),
    }
    if !create {
        return Err(KeyFileError::Missing(path.to_owned()));
    }
    let text = make()?;
    match write_new(path, &text) {
        Ok(()) => Ok(text),
        // Another process was faster, and its key is the one.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path)
            .map_err(io)?
            .ok_or_else(|| KeyFileError::Exposed(path.to_owned())),
        Err(error) => Err(io(error)),
    }
}

/// Reads a file that has to be there.
pub(crate) fn open(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    match read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(KeyFileError::Exposed(path.to_owned())),
        Err(source) => Err(KeyFileError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a file that is not there yet.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), KeyFileError> {
    write_new(path, text).map_err(|source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file in the place of the one that is there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let replaced = draft(path, text).and_then(|draft| {
        fs::rename(&draft, path)?;
        sync_folder(path)
    });
    replaced.map_err(|source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    let file = fs::File::open(path)?;
    if is_exposed(&file.metadata()?) {
        return Ok(None);
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Writes beside the file and then gives it its name, so that a crash leaves
/// either no key or a whole one.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let draft = draft(path, text)?;
    let named = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    named?;
    sync_folder(path)
}

/// Writes beside the file.
fn draft(path: &Path, text: &str) -> io::Result<PathBuf> {
    let mut draft = path.to_owned().into_os_string();
    draft.push(format!(".{}.new", std::process::id()));
    let draft = PathBuf::from(draft);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

/// The name must be as durable as the content: losing it loses the key.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => {
            fs::File::open(folder)?.sync_all()
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

/// A folder for what nobody else may read, with those above it.
pub(crate) fn make_private_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
