//! What a command answers: a page for a person, a document for a machine, an exit code.

use serde_json::Value;

use super::error::Code;
use super::show::Page;

/// The answer to a command.
#[derive(Debug)]
pub struct Answer {
    /// For a person, with colours.
    pub text: String,
    /// For a machine.
    pub json: Value,
    /// How the process ends.
    pub code: Code,
}

impl Answer {
    /// Done.
    pub fn done(page: Page, json: Value) -> Self {
        Self { text: page.into_text(), json, code: Code::Done }
    }

    /// A check found faults.
    pub fn faults(page: Page, json: Value) -> Self {
        Self { text: page.into_text(), json, code: Code::Faults }
    }
}
