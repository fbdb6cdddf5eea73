//! The laws of the lifecycle, and its rules by example.

mod bills;
mod catalog;
mod changes;
mod corrections;
mod earlier;
mod endings;
mod extensions;
mod facts;
mod lacks;
mod laws;
mod lineage;
mod money;
mod moves;
mod one_off;
mod payments;
mod purchases;
mod questions;
mod rules;
mod shop;
mod story;
mod tenures;
mod till;
mod transitions;
mod walk;
mod words;
