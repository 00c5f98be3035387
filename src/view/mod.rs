//! What is told of an agreement, in words and for machines: the same words and the same documents wherever they are asked for.
//!
//! It decides nothing: the engine does. How a page looks, the command line and the server say.

pub mod changes;
pub mod document;
mod facts;
pub mod licence;
pub mod statement;
pub mod status;
pub mod time;

pub use facts::{SPECIMEN, by_cause, by_entry, entries, in_force, in_words, workflow_at};
