//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// Prints rows under headings, or a sentence where there are none.
pub(super) fn print(headings: &[&str], rows: Vec<Vec<String>>, nothing: &str) {
    if rows.is_empty() {
        println!("{nothing}");
        return;
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings);
    table.add_rows(rows);
    println!("{}", table.trim_fmt());
}
