//! How a play ends.

use std::fmt;

use super::StageError;
use crate::values::Instant;
use crate::workflow::Diagnostics;

/// What a scenario that passes has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many statements were admitted, the opening one included: the entries of the log.
    pub entries: u64,
    /// How many statements were refused, as they must be.
    pub refused: usize,
    /// How many expectations were met.
    pub met: usize,
    /// The time of the last step.
    pub ended: Instant,
}

/// Why a scenario does not pass.
#[derive(Debug)]
pub enum Failure {
    /// The workflow is refused; places are in the workflow's text.
    Workflow(Diagnostics),
    /// The scenario names what the workflow does not have; places are in the scenario's text.
    Names(Diagnostics),
    /// A step went otherwise than it must; places are in the scenario's text.
    Step(Diagnostics),
    /// A workflow that the scenario names beside the tested one cannot be read: its name, and why.
    File(String, String),
    /// The play itself could not be held.
    Stage(StageError),
    /// Every step went as it must, but the log does not pass its audit.
    Audit(String),
}

impl Failure {
    /// The failure as a person reads it; each text with the name of its file.
    pub fn render(&self, scenario: (&str, &str), workflow: (&str, &str), colour: bool) -> String {
        match self {
            Self::Workflow(found) => found.render(workflow.0, workflow.1, colour),
            Self::Names(found) | Self::Step(found) => found.render(scenario.0, scenario.1, colour),
            Self::File(..) => format!("{}: {self}\n", scenario.0),
            Self::Stage(error) => format!("{}: {error}\n", scenario.0),
            Self::Audit(finding) => format!("{}: the log does not pass its audit: {finding}\n", scenario.0),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workflow(found) => write!(f, "the workflow does not pass its check: {found}"),
            Self::Names(found) | Self::Step(found) => found.fmt(f),
            Self::File(name, why) => write!(f, "the workflow `{name}` cannot be read: {why}"),
            Self::Stage(error) => error.fmt(f),
            Self::Audit(finding) => write!(f, "the log does not pass its audit: {finding}"),
        }
    }
}

impl std::error::Error for Failure {}

impl<E: Into<StageError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Stage(error.into())
    }
}
