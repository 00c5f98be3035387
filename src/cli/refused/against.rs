use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::candidates;
use crate::audit::{Report, Source, Verdict};
use crate::cli::answer;
use crate::cli::error::CliError;
use crate::cli::show::{Page, Tone};
use crate::engine::Refusal;
use crate::statement::{Envelope, Refused};
use crate::values::Digest;

/// Refusals on their way to be held against a log.
pub struct Holder<'a> {
    /// The log that was audited.
    pub source: &'a dyn Source,
    /// Where the statements are that were refused, if not beside the refusals.
    pub statements: &'a [PathBuf],
}

/// A refusal that was held against the log.
pub struct Held {
    file: PathBuf,
    /// What it says; `None` where it is not this log's word, which a finding tells.
    refused: Option<Refused>,
    outcome: Outcome,
}

enum Outcome {
    /// What the rules say.
    Judged(Verdict),
    /// The statement is not at hand as it was submitted; whether it is with other signatures.
    Absent { otherwise_signed: bool },
}

impl Holder<'_> {
    /// Compares a refusal's head with the log, and has the rules judge its statement where that is at hand.
    ///
    /// # Errors
    /// The log or a file that somebody names cannot be read.
    pub fn hold(&self, report: &mut Report, file: &Path, note: &[u8]) -> Result<Held, CliError> {
        let mut held =
            Held { file: file.to_owned(), refused: None, outcome: Outcome::Judged(Verdict::Unjudged) };
        let Some(refused) = report.compare_refusal(note) else { return Ok(held) };
        let envelopes = candidates(Some(file), self.statements, &refused)?;
        held.outcome = match envelopes.iter().find(|envelope| refused.is_of(envelope)) {
            Some(envelope) => Outcome::Judged(report.judge_refusal(self.source, &refused, envelope)?),
            None => {
                Outcome::Absent { otherwise_signed: envelopes.iter().any(|it| same_statement(it, &refused)) }
            }
        };
        held.refused = Some(refused);
        Ok(held)
    }
}

fn same_statement(envelope: &Envelope, refused: &Refused) -> bool {
    Digest::of(envelope.statement.as_bytes()) == refused.statement
}

fn another_rule(page: &mut Page, refused: &Refused, refusal: &Refusal) {
    if refused.rule != refusal.rule {
        page.line(Tone::Notice, &format!("The log named another rule for it, `{}`.", refused.rule));
    }
}

impl Held {
    /// Tells what came out; what is wrong the findings tell.
    pub fn told(&self, page: &mut Page) {
        let Some(refused) = &self.refused else { return };
        let name = self.file.display();
        match &self.outcome {
            Outcome::Judged(Verdict::Stands(refusal)) => {
                let stands = format!("The refusal {name} stands: {} [{}].", refusal.why, refusal.rule);
                page.line(Tone::Good, &stands);
                another_rule(page, refused, refusal);
            }
            Outcome::Judged(Verdict::Doubtful { refusal, entry, time }) => {
                page.line(
                    Tone::Notice,
                    &format!(
                        "The refusal {name} stands only by its date, {}: {} [{}]. Entry {entry} came after it, and is \
                         dated {time}. Either the log's clock was set back in between, or the refusal is dated late.",
                        refused.time, refusal.why, refusal.rule
                    ),
                );
                another_rule(page, refused, refusal);
            }
            Outcome::Judged(Verdict::NotShown) => {
                page.line(
                    Tone::Notice,
                    &format!(
                        "The refusal {name}: the rules admit the statement. It was refused for the documents that came \
                         with it or did not [{}], which no log can show: submit it again with those that it names.",
                        refused.rule
                    ),
                );
            }
            Outcome::Judged(Verdict::Wrong) => {
                page.line(
                    Tone::Bad,
                    &format!("The refusal {name} does not stand: the rules admit the statement."),
                );
            }
            Outcome::Judged(Verdict::Unjudged) => {
                page.line(
                    Tone::Notice,
                    &format!("The refusal {name} was not judged, for the faults listed."),
                );
            }
            Outcome::Absent { otherwise_signed } => {
                let what = if *otherwise_signed {
                    "the statement is here with other signatures than it was submitted with: give --statement those"
                } else {
                    "to have the rules judge it, give the statement as it was submitted, --statement FILE"
                };
                page.line(Tone::Notice, &format!("The refusal {name}: only its head was compared; {what}."));
            }
        }
    }

    /// The same for a machine.
    pub fn json(&self) -> Value {
        let (outcome, by) = match &self.outcome {
            Outcome::Judged(Verdict::Stands(refusal)) => ("stands", Some(refusal.rule)),
            Outcome::Judged(Verdict::Doubtful { refusal, .. }) => ("doubtful", Some(refusal.rule)),
            Outcome::Judged(Verdict::NotShown) => ("not-shown", None),
            Outcome::Judged(Verdict::Wrong) => ("wrongly-refused", None),
            Outcome::Judged(Verdict::Unjudged) => ("not-judged", None),
            Outcome::Absent { .. } => ("statement-absent", None),
        };
        let refused = self.refused.as_ref();
        let next = match &self.outcome {
            Outcome::Judged(Verdict::Doubtful { entry, time, .. }) => {
                Some(json!({ "entry": entry, "time": time }))
            }
            _ => None,
        };
        json!({
            "next": next,
            "file": answer::path(&self.file),
            "outcome": outcome,
            "by": by,
            "statement": refused.map(|it| it.statement),
            "time": refused.map(|it| it.time),
            "head": refused.map(|it| it.head),
            "rule": refused.map(|it| &it.rule),
        })
    }
}
