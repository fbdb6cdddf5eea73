//! A fresh database for each test.

use sqlx::{Connection, Executor, PgConnection};

use crate::Failure;

/// Which database the issuer keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the issuer knows these two")]
pub enum Database {
    /// A file in the data directory.
    Sqlite,
    /// A database of its own on the server that `tests/run` started.
    Postgres,
}

/// The variable that says where that server is.
pub const SERVER: &str = "PAIDUP_TEST_POSTGRES";

impl Database {
    /// An address for `DATABASE_URL`; none where the issuer's default will do.
    ///
    /// # Errors
    /// Where there is no server to make the database on.
    pub async fn make(self) -> Result<Option<String>, Failure> {
        if self == Self::Sqlite {
            return Ok(None);
        }
        #[expect(clippy::disallowed_methods, reason = "this is where tests find it")]
        let server = std::env::var(SERVER).map_err(|_| {
            format!(
                "{SERVER} is not set: tests/run starts a scratch PostgreSQL and sets it; or set it \
                 to postgres://USER@HOST/postgres of a server on which databases may be created"
            )
        })?;
        let name = format!("paidup_{}", ulid::Ulid::generate()).to_lowercase();
        let mut admin = PgConnection::connect(&server).await?;
        let create = format!("CREATE DATABASE {name}");
        admin.execute(sqlx::AssertSqlSafe(create)).await?;
        admin.close().await?;
        let (host, _) = server
            .rsplit_once('/')
            .ok_or("the address names no database")?;
        Ok(Some(format!("{host}/{name}")))
    }
}
