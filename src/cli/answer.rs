//! What a command answers: a page for a person, a document for a machine, an exit code.

use std::path::Path;

use serde_json::Value;

use super::error::Code;
use super::pretty;
use super::show::Page;

/// A path as JSON. One that is not UTF-8, which serde refuses, is told as well as text can tell it.
pub fn path(path: &Path) -> Value {
    Value::String(path.display().to_string())
}

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

    /// Done, by a server that told what there is to tell when it began.
    pub fn told() -> Self {
        Self { text: String::new(), json: Value::Null, code: Code::Done }
    }

    /// What is printed.
    pub fn shown(&self, json: bool) -> String {
        match json {
            true if self.json.is_null() => String::new(),
            true => pretty(&self.json),
            false => self.text.clone(),
        }
    }

    /// A check found no fault, and did not look at everything.
    pub fn undecided(page: Page, json: Value) -> Self {
        Self { text: page.into_text(), json, code: Code::Undecided }
    }

    /// A check found faults.
    pub fn faults(page: Page, json: Value) -> Self {
        Self { text: page.into_text(), json, code: Code::Faults }
    }

    /// A signal ended the command before it was done.
    pub fn stopped(code: Code, page: Page, json: Value) -> Self {
        Self { text: page.into_text(), json, code }
    }

    /// A document is genuine, and lacks a signature that is asked for.
    pub fn unsigned(page: Page, json: Value) -> Self {
        Self { text: page.into_text(), json, code: Code::Unsigned }
    }
}
