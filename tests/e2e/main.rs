//! The main job, from outside: a checkout becomes a license that an app verifies
//! offline, on SQLite and on PostgreSQL.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod api;
mod client;
mod connect;
mod converge;
mod deliveries;
mod drills;
mod endpoints;
mod flood;
mod intake;
mod lineage;
mod long_lists;
mod machines;
mod management;
mod moments;
mod offline;
mod parked;
mod purchase;
mod restored;
mod seats;
mod secrets;
mod startup;
mod status;
mod stuck;
mod texts;
mod tokens;
mod versions;
mod why;
