//! What end-to-end tests are told with: a [`Stage`] on which the real issuer runs
//! between a fake Stripe and a vendor's app, on either database, by one clock that
//! the test moves.

mod app;
mod backup;
mod catalog;
mod computer;
mod database;
mod script;
mod stage;
mod stripe;
mod vendor;

pub use app::{App, Reply};
pub use backup::Backup;
pub use catalog::Catalog;
pub use computer::Computer;
pub use database::{Database, SERVER};
pub use script::tell;
pub use stage::{Setting, Stage};
pub use stripe::{Hook, event};
pub use vendor::{Received, Vendor};

/// A test that cannot go on has failed.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a test returns.
pub type Outcome = Result<(), Failure>;

/// The time at which every story begins: 2026-09-21T14:13:20Z.
pub const START: i64 = 1_790_000_000;

/// A day, in seconds.
pub const DAY: i64 = 86_400;

/// Runs each test once on SQLite and once on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: Database) -> Outcome $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            async fn run($database: $crate::Database) -> $crate::Outcome $body

            #[tokio::test]
            async fn sqlite() -> $crate::Outcome {
                run($crate::Database::Sqlite).await
            }

            #[tokio::test]
            async fn postgres() -> $crate::Outcome {
                run($crate::Database::Postgres).await
            }
        }
    )+};
}
