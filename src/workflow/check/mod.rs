//! What makes a workflow unsound though every word of it can be read.

use super::diagnostic::Diagnostic;
use super::model::Workflow;
use super::read::Places;

/// All findings.
pub(super) fn check(_workflow: &Workflow, _places: &Places, _text: &str) -> Vec<Diagnostic> {
    Vec::new()
}
