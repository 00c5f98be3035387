//! `workflow test`: the scenarios of a workflow.

use std::path::Path;

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::documents::read_text;
use super::error::{CliError, file_error};
use super::show::{Page, Tone};
use super::workflow::{drawn, read};
use crate::scenario::{Outcome, Scenario, files_of, folder_of};

/// Runs every scenario of a workflow.
///
/// # Errors
/// The workflow or the folder of its scenarios cannot be read, or the workflow does not pass.
pub fn run(file: &Path) -> Result<Answer, CliError> {
    let (text, workflow) = read(file)?;
    let scenarios = files_of(file).map_err(file_error("list", &folder_of(file)))?;
    if scenarios.is_empty() {
        return Err(CliError::usage(format!(
            "{} has no scenarios: they are TOML files in the folder {}",
            file.display(),
            folder_of(file).display()
        )));
    }
    let mut page = Page::default();
    page.title(&workflow.title);
    let mut results = Vec::new();
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for path in &scenarios {
        let played = play(path, (file, &text));
        let name = path.strip_prefix(folder_of(file)).unwrap_or(path).with_extension("");
        let name = name.to_string_lossy().into_owned();
        rows.push(match &played {
            Ok((title, _)) => {
                vec![("pass".to_owned(), Tone::Good), (name, Tone::Plain), (title.clone(), Tone::Plain)]
            }
            Err(_) => {
                vec![("FAIL".to_owned(), Tone::Bad), (name, Tone::Plain), ("see below".to_owned(), Tone::Bad)]
            }
        });
        results.push(result(path, &played));
        failures.extend(played.err());
    }
    page.table(&["", "scenario", "what it shows"], rows);
    for failure in &failures {
        page.blank().drawn(failure.trim_end());
    }
    page.blank();
    let failed = failures.len();
    let (passed, tone) = (scenarios.len() - failed, if failed == 0 { Tone::Good } else { Tone::Bad });
    page.line(tone, &format!("{passed} scenarios pass, {failed} fail."));
    let json =
        json!({ "workflow": workflow.digest, "passed": passed, "failed": failed, "scenarios": results });
    if failed == 0 { Ok(Answer::done(page, json)) } else { Ok(Answer::faults(page, json)) }
}

/// A scenario's title and what it showed, or the failure as a person reads it.
type Played = Result<(String, Outcome), String>;

fn play(path: &Path, workflow: (&Path, &str)) -> Played {
    // A file that cannot be read is a scenario that fails: the others are run all the same.
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) => return Err(error.to_string()),
    };
    let name = path.display().to_string();
    let scenario = match Scenario::parse(&text) {
        Ok(scenario) => scenario,
        Err(found) => return Err(drawn(|colour| found.render(&name, &text, colour))),
    };
    let workflow_name = workflow.0.display().to_string();
    let folder = workflow.0.parent().unwrap_or_else(|| Path::new(""));
    let failure = match scenario.run_beside(workflow.1, folder) {
        Ok(outcome) => return Ok((scenario.title, outcome)),
        Err(failure) => failure,
    };
    let texts = ((name.as_str(), scenario.text()), (workflow_name.as_str(), workflow.1));
    Err(drawn(|colour| failure.render(texts.0, texts.1, colour)))
}

fn result(path: &Path, played: &Played) -> Value {
    match played {
        Ok((title, outcome)) => json!({
            "file": answer::path(path), "title": title, "passes": true, "entries": outcome.entries,
            "refused": outcome.refused, "expectations": outcome.met,
        }),
        Err(failure) => {
            json!({ "file": answer::path(path), "passes": false, "failure": anstream::adapter::strip_str(failure).to_string() })
        }
    }
}
