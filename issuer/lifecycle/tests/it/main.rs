//! The laws of the lifecycle, and its rules by example.

mod bills;
mod catalog;
mod lacks;
mod laws;
mod lineage;
mod money;
mod moves;
mod payments;
mod rules;
mod shop;
mod story;
mod transitions;
mod walk;
mod words;
