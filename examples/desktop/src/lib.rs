//! Acme Notes: writes notes for everybody, and exports them for whoever has paid.
//!
//! What an app has to do for its license is in three places: [`build`] makes the
//! client, [`App::export`] asks whether it may, and [`words`] says where things stand.

mod app;
mod build;
mod notes;
mod task;
mod view;
pub mod words;

pub use app::App;
pub use build::{Build, build};
pub use notes::Notes;
pub use view::draw;
