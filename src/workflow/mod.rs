//! The language of workflows: what a file may say, and what it means.
//!
//! [`model`] is the meaning, which the engine runs; reading, checking and explaining a file
//! produce it or report what is wrong with the text.

pub mod model;

pub use model::Workflow;
