//! Brings events to webhook endpoints: [`post`] decides what is due, the courier
//! sends it, and [`signature`] signs it.

mod chaos;
mod courier;
mod log;
mod post;
pub(crate) mod signature;

pub use self::chaos::Chaos;
pub(crate) use self::courier::Courier;
pub use self::log::Delivery;
pub(crate) use self::post::Post;
