//! What a person sees: pages of headings, fields and tables, times with their zone and their distance.
//!
//! Colour is an accent and never carries meaning alone; it is written always, and taken out on the way to
//! anything that is no terminal.

mod bounds;
pub mod changes;
mod header;
mod page;
pub mod statement;
pub mod time;

pub use crate::values::{visible, visible_json};
pub use bounds::{bounds, late};
pub use header::{by_entry, facts, header, mark_json, marked, title, workflow_at, workflows_json};
pub use page::{Page, Tone};

use crate::log::Head;

/// A head in words.
pub fn in_words(head: &Head) -> String {
    format!("{}, root {}", entries(head.size), head.root)
}

/// How many entries: `1 entry`, `27 entries`.
pub fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
