//! The client without a network, a disk or a clock: months in milliseconds.

mod clocks;
mod keys;
mod offline;
mod places;
mod replies;
mod schedule;
mod seats;
mod world;
