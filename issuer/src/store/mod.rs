//! The one place that speaks SQL. One schema and one set of queries for SQLite
//! and PostgreSQL.
//!
//! Reads take a connection, writes a [`Tx`]; nothing is written that is not
//! committed by name. SQLite has one writer at a time, and in this process the
//! turn is taken before the transaction begins, so that nobody waits inside it.

pub mod api_keys;
pub mod audit;
pub mod catalog;
pub mod changes;
pub mod customers;
pub mod deliveries;
pub mod endpoints;
pub mod events;
pub mod facts;
pub mod instance;
pub mod keysets;
pub mod lanes;
pub mod licenses;
pub mod machines;
pub mod unmapped;
pub mod webhook_endpoints;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::entropy::{Entropy, NoEntropy};
use crate::settings::DatabaseUrl;
use crate::settings::database::{sqlite_url, tidy_sqlite_url};
use crate::vault::VaultError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

const CONNECTIONS: u32 = 8;
const DECIDE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    turn: Arc<Mutex<()>>,
    places: Arc<Places>,
}

/// Numbers what this process writes, apart from what others write.
#[derive(Debug)]
struct Places {
    process: u64,
    next: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// A transaction that writes. Dropped without [`Tx::commit`], it did nothing.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    backend: Backend,
    places: Arc<Places>,
    _turn: Option<OwnedMutexGuard<()>>,
}

/// What went wrong with the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not do as it was asked.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migrate(#[source] MigrateError),
    /// The schema is of a newer version.
    #[error(
        "this database was made by a newer version of Paidup (schema {0}); install that version, \
         or restore a backup from before"
    )]
    Newer(i64),
    /// A migration did not end; another may be holding its lock.
    #[error("the migration did not end within a minute; another process may hold its lock")]
    MigrationStuck,
    /// The address is of no database we know.
    #[error("DATABASE_URL begins with sqlite: or postgres:")]
    UnknownBackend,
    /// The path cannot be written as an address.
    #[error("the path of the data directory is not valid Unicode; choose another with --data-dir")]
    PathNotUnicode,
    /// The data directory cannot be made.
    #[error("cannot make the data directory {}; choose another with --data-dir", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A stored secret cannot be read or made.
    #[error("a stored secret cannot be read")]
    Secret,
    /// A stored secret cannot be decrypted, or none can be encrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// A row says what cannot be.
    #[error("table {table}, row {row}: column {column} cannot be understood")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            error => Self::Migrate(error),
        }
    }
}

impl StoreError {
    /// The database refused what was to be written, and not that it was written now.
    #[must_use]
    pub fn is_of_data(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        // PostgreSQL's class 22 is data that cannot be stored.
        let code = error.code();
        let refused = code.is_some_and(|code| code.len() == 5 && code.starts_with("22"));
        refused || error.is_check_violation() || error.is_foreign_key_violation()
    }

    /// Another writer was faster with a value that must be unique.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        // 40001 and 40P01: PostgreSQL gave up one of two transactions.
        error.is_unique_violation() || matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

/// Where the database is, if no other one is named.
#[must_use]
pub fn sqlite_file(data_dir: &Path) -> PathBuf {
    data_dir.join("paidup.db")
}

impl Store {
    /// Opens the database; an SQLite file is made where there is none.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be reached.
    pub async fn open(url: Option<&DatabaseUrl>, data_dir: &Path) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let url = match url {
            Some(url) => url.expose().to_owned(),
            None => sqlite_url(&sqlite_file(data_dir)).ok_or(StoreError::PathNotUnicode)?,
        };
        let (backend, url) = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => (Backend::Sqlite, tidy_sqlite_url(&url)),
            Some("postgres" | "postgresql") => (Backend::Postgres, url),
            _ => return Err(StoreError::UnknownBackend),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(10))
            // SQLite ends a transaction by itself when the disk is full, and sqlx then
            // takes the connection for one inside a transaction for ever.
            .before_acquire(|connection, _| {
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        // FULL: a licence that was paid for survives a power cut.
                        connection
                            .execute(
                                "PRAGMA busy_timeout = 5000;
                                 PRAGMA journal_mode = WAL;
                                 PRAGMA synchronous = FULL;
                                 PRAGMA foreign_keys = ON;",
                            )
                            .await?;
                    }
                    Ok(())
                })
            })
            .connect(&url)
            .await?;
        Ok(Self {
            pool,
            backend,
            turn: Arc::default(),
            places: Arc::new(Places {
                process: u64::from_be_bytes(Entropy::system().bytes()?),
                next: AtomicU64::default(),
            }),
        })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Migrate`], or [`StoreError::MigrationStuck`].
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let turn = self.turn.lock().await;
        let migrated = tokio::time::timeout(MIGRATION_TIMEOUT, MIGRATIONS.run(&self.pool)).await;
        drop(turn);
        match migrated {
            Ok(result) => Ok(result?),
            Err(_) => Err(StoreError::MigrationStuck),
        }
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`StoreError::Database`] where none is to be had.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins to write rows that stand for themselves.
    ///
    /// # Errors
    /// [`StoreError::Database`] where that is not possible.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        self.begin("BEGIN").await
    }

    /// Begins to write what depends on what was read. Of two such transactions
    /// that meet, PostgreSQL gives one up: [`StoreError::is_conflict`], and the
    /// caller begins anew.
    ///
    /// # Errors
    /// [`StoreError::Database`] where that is not possible.
    pub async fn decide(&self) -> Result<Tx, StoreError> {
        self.begin(DECIDE).await
    }

    async fn begin(&self, on_postgres: &'static str) -> Result<Tx, StoreError> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => on_postgres,
        };
        // Decisions of one process would only give each other up.
        let turn = match self.backend == Backend::Sqlite || on_postgres == DECIDE {
            true => Some(Arc::clone(&self.turn).lock_owned().await),
            false => None,
        };
        Ok(Tx {
            inner: self.pool.begin_with(begin).await?,
            backend: self.backend,
            places: Arc::clone(&self.places),
            _turn: turn,
        })
    }

    /// Ends all connections, in order.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Tx {
    /// Makes what was written last.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }

    /// A text that no other writer has, and that sorts after those of this process before.
    fn place(&self) -> String {
        let Places { process, next } = &*self.places;
        let next = next.fetch_add(1, Ordering::Relaxed);
        format!("{process:016x}-{next:016x}")
    }

    /// The clause with which several issuers share a queue; SQLite has one writer.
    fn skip_locked(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite => "",
            Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// The clause that keeps a row as it was read until the transaction ends; SQLite has
    /// one writer.
    fn for_share(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite => "",
            Backend::Postgres => "FOR SHARE",
        }
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// A column that holds JSON of ours.
fn json<T: serde::de::DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Inconsistent {
        table,
        column,
        row: row.to_owned(),
    })
}

/// JSON of ours for a column. Our types have string keys and finite numbers
/// only, so that encoding them cannot fail.
fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
