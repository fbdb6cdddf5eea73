//! A backup of the server, as a careful vendor makes one: of the database, while the
//! issuer is off.

use std::path::Path;

use tempfile::TempDir;

use crate::{Failure, Stage};

/// What the database was. Keys are kept elsewhere, and outlive it.
#[derive(Debug)]
pub struct Backup(TempDir);

impl Stage {
    /// Backs up the SQLite database.
    ///
    /// # Errors
    /// Where a file cannot be copied.
    pub async fn back_up(&mut self) -> Result<Backup, Failure> {
        let backup = Backup(tempfile::tempdir()?);
        self.switch_off().await?;
        copy_database(&self.data_dir(), backup.0.path())?;
        self.switch_on().await?;
        Ok(backup)
    }

    /// Loses the SQLite database, and goes on with what was backed up.
    ///
    /// # Errors
    /// Where a file cannot be copied.
    pub async fn restore(&mut self, backup: &Backup) -> Result<(), Failure> {
        self.switch_off().await?;
        for entry in database_files(&self.data_dir())? {
            std::fs::remove_file(entry)?;
        }
        copy_database(backup.0.path(), &self.data_dir())?;
        self.switch_on().await
    }
}

fn copy_database(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in database_files(from)? {
        std::fs::copy(&file, to.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// With SQLite's log beside it, if there is one.
fn database_files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("paidup.db") {
            files.push(entry.path());
        }
    }
    Ok(files)
}
