//! Documents that a report tells of and that are not at hand any more: what of the report holds all the same.

use std::collections::BTreeMap;

use super::check::again_with;
use super::content;
use crate::cli::error::CliError;
use crate::cli::report::kept::Kept;
use crate::engine::State;
use crate::report::texts;
use crate::report::{Format, Made};
use crate::statement::Attachments;
use crate::values::{Digest, Id};

/// What stands for the text of a document that is not at hand: no text in a report has such a letter.
const GAP: char = '\u{e000}';

/// A document whose text stands in a report and is not at hand.
pub(super) struct Missing {
    /// The entry that carries it.
    pub entry: u64,
    /// The name under which it does.
    pub name: Id,
    /// Its digest.
    pub digest: Digest,
    /// The entry that struck it, where it was struck.
    pub struck: Option<u64>,
}

/// The documents without which a report cannot be made again, where everything else in it is what the log gives; none
/// where that is not so.
pub(super) fn missing(
    log: &Kept,
    named: &Made,
    format: Format,
    text: &str,
) -> Result<Vec<Missing>, CliError> {
    let mut missing = Vec::new();
    if !named.documents {
        return Ok(missing);
    }
    let report = again_with(log, named, |attached| {
        let mut texts = texts(attached, |digest| content(log, digest))?;
        for (entry, name, digest) in all(attached) {
            if log.blob(digest)?.is_none() {
                texts.insert(*digest, GAP.to_string());
                let struck = struck(log.state(), digest);
                missing.push(Missing { entry, name: name.clone(), digest: *digest, struck });
            }
        }
        Ok(texts)
    })?;
    let holds = report.is_some_and(|report| fits(&report.write(format), format, text));
    Ok(if holds { missing } else { Vec::new() })
}

fn all(attached: &BTreeMap<u64, Attachments>) -> impl Iterator<Item = (u64, &Id, &Digest)> {
    attached.iter().flat_map(|(entry, attach)| attach.iter().map(|(name, digest)| (*entry, name, digest)))
}

/// The entry that struck a document, wherever it was filed.
fn struck(state: &State, digest: &Digest) -> Option<u64> {
    let filed = state.cases.values().flat_map(|case| &*case.filed).filter(|filed| filed.digest == *digest);
    filed.filter_map(|filed| filed.struck).map(|done| done.entry).max()
}

/// Whether a text is one with gaps in which a document's text stands, and nothing that ends it.
fn fits(with_gaps: &str, format: Format, text: &str) -> bool {
    let mark = match format {
        Format::Markdown => format!("> {GAP}\n"),
        Format::Html | Format::Json => GAP.to_string(),
    };
    let mut pieces = with_gaps.split(mark.as_str());
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    for (place, piece) in pieces.iter().enumerate() {
        let last = place + 1 == pieces.len();
        let gap =
            if last { rest.strip_suffix(piece) } else { rest.find(piece).and_then(|end| rest.get(..end)) };
        let Some(gap) = gap.filter(|gap| within(gap, format)) else { return false };
        rest = rest.get(gap.len() + piece.len()..).unwrap_or_default();
    }
    true
}

/// Whether what stands in a gap is a document's text alone.
fn within(gap: &str, format: Format) -> bool {
    match format {
        Format::Markdown => gap.lines().all(|line| line.starts_with('>')),
        Format::Html => !gap.contains(['<', '>']),
        Format::Json => {
            let mut escaped = false;
            gap.chars().all(|letter| {
                let ends = letter == '"' && !escaped;
                escaped = letter == '\\' && !escaped;
                !ends
            }) && !escaped
        }
    }
}
