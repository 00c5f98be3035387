//! The language of workflows: what a file may say, and what it means.
//!
//! [`model`] is the meaning, which the engine runs; `lookup` finds things in it. The way of a text: [`read`]
//! turns it into the model and resolves every name, `check` looks for what would make it unsound, and
//! [`diagnostic`] shows what was found with a caret under the very word. [`rule`] holds the small languages
//! inside the file: rules of ballots and conditions of steps, and what an [`invariant`] says; [`weigh`] says what a rule counts
//! of a seat. [`explain`] tells a workflow in plain English; what parts of one are called in words stands in [`words`] alone.
//!
//! An error is part of the meaning of a language: a text that is refused cannot be opened, and one
//! that was taken must be taken by every later version, or an old log would no longer replay. What
//! is found wrong with language 1 from now on can therefore only be a warning.

mod answer;
mod check;
pub mod diagnostic;
pub mod diff;
pub mod draw;
pub mod explain;
pub mod invariant;
mod lookup;
pub mod model;
pub mod read;
pub mod rule;
pub mod weigh;
pub mod words;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use model::Workflow;
pub use read::Checked;

impl Workflow {
    /// Reads and checks a text. Warnings are dropped: [`Checked::from_text`] keeps them.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        Checked::from_text(text).map(|checked| checked.workflow)
    }
}
