//! Stripe at the edge: signatures, and JSON of any version.

mod api;
mod events;
mod shapes;
mod signature;
