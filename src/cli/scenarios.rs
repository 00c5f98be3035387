//! `workflow test`: the scenarios of a workflow.

use std::path::Path;

use super::answer::Answer;
use super::error::CliError;

/// Runs every scenario of a workflow.
///
/// # Errors
/// A file cannot be read.
pub fn run(_file: &Path) -> Result<Answer, CliError> {
    Err(CliError::usage("not merged"))
}
