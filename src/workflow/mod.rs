//! The language of workflows: what a file may say, and what it means.
//!
//! [`model`] is the meaning, which the engine runs; reading, checking and explaining a file
//! produce it or report what is wrong with the text.

pub mod model;

pub use model::Workflow;
mod words;
pub struct D;
impl D {
    pub fn first_line(&self) -> String {
        String::new()
    }
}
impl Workflow {
    pub fn parse(_: &str) -> Result<Workflow, D> {
        Err(D)
    }
}
impl std::fmt::Display for model::Condition {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
