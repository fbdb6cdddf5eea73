//! Stripe at the edge: signatures, and JSON of any version.

mod api;
mod shapes;
mod signature;
