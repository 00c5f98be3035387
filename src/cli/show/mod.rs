//! What a person sees: pages of headings, fields and tables, times with their zone and their distance.
//!
//! Colour is an accent and never carries meaning alone; it is written always, and taken out on the way to
//! anything that is no terminal.

mod ahead;
mod bounds;
mod header;
mod page;

pub use crate::values::{visible, visible_json};
pub use crate::view::{by_cause, by_entry, changes, entries, in_words, statement, time, workflow_at};
pub use ahead::ahead;
pub use bounds::{bounds, late};
pub use header::{header, marked, title};
pub use page::{Page, Tone, width};
