//! `workflow diff`: what one workflow says otherwise than another.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::error::CliError;
use super::show::{Page, Tone};
use super::workflow::read;
use crate::engine::amend::{Officer, OfficerChange};
use crate::engine::holders::Authority;
use crate::values::Instant;
use crate::view::time;
use crate::workflow::Workflow;
use crate::workflow::diff::{Difference, How};

/// Two workflow files.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The workflow as it is
    old: PathBuf,
    /// The workflow as it would be
    new: PathBuf,
}

/// Runs `workflow diff`.
///
/// # Errors
/// A file cannot be read, or does not pass.
pub fn run(args: &DiffArgs) -> Result<Answer, CliError> {
    let ((_, old), (_, new)) = (read(&args.old)?, read(&args.new)?);
    let differences = old.diff(&new);
    let mut page = Page::default();
    page.title(&format!("From {} to {}", args.old.display(), args.new.display()));
    page.fields([("from", old.digest.to_string()), ("to", new.digest.to_string())]);
    told(&mut page, (&old, &new), &differences);
    let json = json!({ "from": old.digest, "to": new.digest, "differences": differences });
    Ok(Answer::done(page, json))
}

/// What one workflow says otherwise than another, part by part.
pub fn told(page: &mut Page, (old, new): (&Workflow, &Workflow), differences: &[Difference]) {
    for difference in differences {
        tell(page, difference);
    }
    if differences.is_empty() {
        page.blank();
        let words = if old.digest == new.digest {
            "They are the same text."
        } else {
            "They say the same: the texts differ in comments, order or spelling alone."
        };
        page.line(Tone::Good, words);
    }
}

/// Which officers an amendment makes others: nothing of that is in the texts.
pub fn officers(page: &mut Page, changes: &[OfficerChange]) {
    for OfficerChange { name, before, after } in changes {
        let part = format!("officer {name}");
        let (how, lines) = match (before, after) {
            (Some(before), Some(after)) => (How::Changed, changed(before, after)),
            (Some(officer), None) => (How::Gone, lines(officer).into()),
            (None, Some(officer)) => (How::New, lines(officer).into()),
            (None, None) => continue,
        };
        tell(page, &Difference { part, how, lines });
    }
}

fn lines(officer: &Officer) -> [String; 3] {
    let Authority { from, until } = officer.authority;
    let edge = |at: Option<Instant>, none: &str| at.map_or_else(|| none.to_owned(), time::bare);
    [
        format!("person: {}", officer.person),
        format!("key: {}", officer.key.fingerprint()),
        format!("authority: from {} until {}", edge(from, "the opening"), edge(until, "further notice")),
    ]
}

fn changed(before: &Officer, after: &Officer) -> Vec<String> {
    let pairs = lines(before).into_iter().zip(lines(after));
    let differing = pairs.filter(|(before, after)| before != after);
    differing
        .map(|(before, after)| {
            let after = after.split_once(": ").map_or(after.as_str(), |(_, words)| words);
            format!("{before} → {after}")
        })
        .collect()
}

fn tell(page: &mut Page, difference: &Difference) {
    let Difference { part, how, lines } = difference;
    let (words, tone) = match how {
        How::Changed => ("", Tone::Plain),
        How::New => (", new", Tone::Good),
        How::Gone => (", no longer there", Tone::Notice),
    };
    page.title(&format!("{part}{words}"));
    for line in lines {
        page.line(tone, &format!("  {line}"));
    }
}
