//! A program that does nothing.

include!("../../memory.rs");

fn main() {
    print_memory();
}
