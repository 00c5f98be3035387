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
mod visible;

pub use bounds::{bounds, late};
pub use header::{by_entry, facts, header, title};
pub use page::{Page, Tone};
pub use visible::{visible, visible_json};
