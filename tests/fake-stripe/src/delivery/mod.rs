//! Brings events to webhook endpoints: [`post`] decides what is due, the courier
//! sends it, and [`signature`] signs it.

mod courier;
mod post;
pub(crate) mod signature;

pub(crate) use self::courier::Courier;
pub use self::post::Delivery;
pub(crate) use self::post::Post;
