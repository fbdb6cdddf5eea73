//! The laws of the lifecycle, and its rules by example.

mod bills;
mod catalog;
mod corrections;
mod lacks;
mod laws;
mod lineage;
mod money;
mod moves;
mod one_off;
mod payments;
mod rules;
mod shop;
mod story;
mod till;
mod transitions;
mod walk;
mod words;
