//! The laws of the lifecycle, and its rules by example.

mod laws;
mod money;
mod rules;
mod story;
