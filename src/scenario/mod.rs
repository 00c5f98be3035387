//! Agreements played in memory: a workflow's scenarios, and the stage that they and the tests play on.
//!
//! A [`Stage`] is a real [`crate::registry::Registry`] over a store of the caller's choice, with a simulated clock
//! and a key for every officer and panelist. It signs and submits like anybody else, so what it shows is
//! what the product does. It decides nothing.
//!
//! A [`Scenario`] is a story in a file: who does what and when, what must be refused, and what must then
//! be so; `docs/scenarios.md`. [`Scenario::run`] plays it on a stage and audits the log that it leaves.

mod amend;
mod check;
mod expected;
mod judge;
mod meant;
pub mod model;
mod outcome;
mod play;
mod read;
mod stage;
mod suppose;
mod verbs;
mod write;

use std::io;
use std::path::{Path, PathBuf};

pub use outcome::{Failure, Outcome};
pub use stage::{LOG_NAME, Stage, StageError, log_seed, plain_key, public, sign_with, supposed_agreement};
pub use suppose::Supposed;

use crate::values::Instant;
use model::{Officer, Spot, Step};

/// A story that a workflow must make come true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What it shows, as a sentence.
    pub title: String,
    /// More about it, in words.
    pub note: Option<String>,
    /// When the agreement is opened.
    pub opened: Instant,
    /// The officers whose authority has a beginning or an end.
    pub officers: Vec<Officer>,
    /// The file of the workflow with which it is opened, where that is not the one that is tested.
    pub opened_with: Option<Spot<String>>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The text in which findings have their places.
    text: String,
}

impl Scenario {
    /// The text in which findings have their places.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The folder of a workflow's scenarios: `workflows/agi-2025` for `workflows/agi-2025.toml`.
pub fn folder_of(workflow: &Path) -> PathBuf {
    workflow.with_extension("")
}

/// The scenarios of a workflow, by name; none where it has no folder. Of the folders in its folder those files are
/// scenarios that say `scenario = …`: others there are workflows that scenarios name.
///
/// # Errors
/// A folder cannot be read.
pub fn files_of(workflow: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = folder_of(workflow);
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(&folder, true, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, own: bool, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // A link to a folder is not followed: it may lead round in a circle.
        if entry.file_type()?.is_dir() {
            collect(&path, false, files)?;
        } else if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("toml"))
            && (own || says_scenario(&path))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file has the key with which a scenario says what it shows.
fn says_scenario(file: &Path) -> bool {
    let says = |line: &str| {
        let rest = line.trim_start().trim_start_matches(['"', '\'']).strip_prefix("scenario");
        rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with('='))
    };
    std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(says))
}
